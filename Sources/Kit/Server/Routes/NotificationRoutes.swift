import NIOCore

/// `/api/v1/notifications`: what is kept for the caller. Foreign ones are as good as absent.
enum NotificationRoutes {
    private static func account(_ call: Call) throws(KitError) -> AccountID {
        try call.services.authenticator.callerAccount(call.bearer(), now: call.now)
    }

    static func list(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        let account = try account(call)
        let start = try call.number("startIndex", usual: 0, 0...1_000_000_000)
        let limit = try call.number("perPage", usual: 20, 1...100)
        return call.services.reader.notifications(of: account, from: start, limit: limit, on: call.server.loop)
            .map { page in
                HTTPResponse([
                    "notifications": .array(page.notifications.map(\.json)), "startIndex": .int(start),
                    "total": .int(page.total), "unread": .int(page.unread),
                ])
            }
    }

    static func read(_ id: String, _ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        // Who asks comes first: to nobody it is said what there is.
        _ = try account(call)
        guard let id = Int(id), id > 0 else { throw .noNotification }
        return try read(id, call)
    }

    static func readAll(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> { try read(nil, call) }

    /// One, or all.
    private static func read(_ id: Int?, _ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        let account = try account(call)
        return call.services.recorder.apply(.read(account, id), on: call.server.loop)
            .map { HTTPResponse(["success": true]) }
    }
}
