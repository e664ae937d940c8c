import NIOCore
import NIOHTTP1
import Synchronization

/// The WebSocket opening handshake, server side (RFC 6455 §4.2). Everything is decided here, before the 101: a peer that may
/// not come in gets an ordinary HTTP answer.
struct Handshake {
    enum Answer {
        /// The bytes of the 101.
        case accepted(ByteBuffer, Admission, any ServerCodec)
        case refused(HTTPResponse)
    }

    let target: String
    let entrance: Entrance
    let key: String
    let version: String
    let origin: String?
    let host: String

    /// Verifies the credential and, when it is a ticket, burns it.
    func answer(by server: ServerLoop, now: Timestamp) -> Answer {
        let request = UpgradeRequest(target: target, at: entrance)
        guard let wire = Self.wire(of: request, server.services, now) else {
            return .refused(
                HTTPResponse(KitError(.notFound, "no WebSocket is served here; native sockets open at /ws")))
        }
        guard version == "13", Base64.isNonce(key) else { return .refused(Self.badHandshake) }
        guard OriginRule(server.services.configuration, at: entrance).allows(origin, host: host) else {
            return .refused(
                HTTPResponse(KitError(.forbidden, "this origin may not open sockets; name it in ALLOWED_ORIGINS")))
        }
        do throws(KitError) {
            let credential = try wire.serverCodec.credential(in: request)
            let codec = try wire.serverCodec.init(request, server.services.protocols)
            // Before a ticket is burnt: whoever is turned away here may come again with it.
            try Admission.check(server.services)
            let identity = try server.services.authenticator.socketIdentity(credential, now: now)
            let audience = try codec.audience(of: identity)
            let admission = try Admission(
                codec.following, identity: identity, audience: audience, services: server.services, now: now)
            return .accepted(reply(admission.headers(server.services)), admission, codec)
        } catch {
            let own = wire.serverCodec.refusal(error, of: request)
            return .refused(
                own.map { HTTPResponse(status: HTTPResponse.status(of: error.code), plain: $0) } ?? HTTPResponse(error))
        }
    }

    /// The protocol whose upgrade this is.
    static func wire(of request: UpgradeRequest, _ services: Services, _ now: Timestamp) -> WireProtocol? {
        WireProtocol.claiming(request, services.protocols) { services.authenticator.namesAccount($0, now: now) }
    }

    private func reply(_ headers: [(name: String, value: String)]) -> ByteBuffer {
        var reply = ByteBuffer()
        reply.reserveCapacity(256)
        reply.writeStaticString(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ")
        reply.writeString(WebSocketAccept.value(for: key))
        reply.writeStaticString("\r\n")
        for (name, value) in headers {
            reply.writeString(name)
            reply.writeStaticString(": ")
            reply.writeString(value)
            reply.writeStaticString("\r\n")
        }
        reply.writeStaticString("\r\n")
        return reply
    }

    private static var badHandshake: HTTPResponse {
        var response = HTTPResponse(KitError(.invalid, "not a WebSocket version 13 handshake (RFC 6455 §4.2.1)"))
        response.headers.append(("Sec-WebSocket-Version", "13"))
        return response
    }
}
