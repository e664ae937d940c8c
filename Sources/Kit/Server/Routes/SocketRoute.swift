/// `GET /ws` without an upgrade.
enum SocketRoute {
    /// 401 without a good credential, 400 with one. A ticket is not burnt by asking wrongly.
    static func explain(_ call: Call) throws(KitError) -> HTTPResponse {
        let request = UpgradeRequest(target: call.request.target)
        if case .token = try QuikkoServerCodec.credential(in: request) {
            _ = try call.services.authenticator.socketIdentity(QuikkoServerCodec.credential(in: request), now: call.now)
        }
        throw KitError(.invalid, "this address speaks WebSocket; send an upgrade request")
    }
}
