import NIOCore
import NIOHTTP1

/// `GET /ws` without an upgrade.
enum SocketRoute {
    /// 400 in the words of the protocol whose socket it would be; the native one answers 401 without a good credential first.
    /// A ticket is not burnt by asking wrongly.
    static func explain(_ call: Call) throws(KitError) -> HTTPResponse {
        let request = UpgradeRequest(target: call.request.target, at: call.request.entrance)
        guard Handshake.wire(of: request, call.services, call.now) != .quickdapp else {
            var response = HTTPResponse(status: .badRequest)
            response.body.writeString("Expected a websocket connection")
            response.headers.append(("Content-Type", "text/plain; charset=utf-8"))
            return response
        }
        if case .token = try QuikkoServerCodec.credential(in: request) {
            _ = try call.services.authenticator.socketIdentity(QuikkoServerCodec.credential(in: request), now: call.now)
        }
        throw KitError(.invalid, "this address speaks WebSocket; send an upgrade request")
    }
}
