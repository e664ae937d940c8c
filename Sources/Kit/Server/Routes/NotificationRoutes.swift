import NIOCore
import NIOHTTP1

/// `/api/v1/notifications`: what is kept for the caller. Foreign ones are as good as absent.
enum NotificationRoutes {
    private static let path = "/api/v1/notifications"

    /// Nil for what is not there.
    static func respond(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse>? {
        guard call.request.path.hasPrefix(path) else { return nil }
        let parts = call.request.path.dropFirst(path.count)
            .split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch (parts.first, parts.dropFirst()) {
        case ("", []):
            if let refusal = check(.GET, call) { return refusal }
            return try list(call)
        case ("", ["read-all"]):
            if let refusal = check(.POST, call) { return refusal }
            return try read(nil, call)
        case ("", let rest) where rest.count == 2 && rest.last == "read":
            if let refusal = check(.POST, call) { return refusal }
            guard let id = Int(rest.first ?? ""), id > 0 else { throw .noNotification }
            return try read(id, call)
        default: return nil
        }
    }

    private static func check(_ method: HTTPMethod, _ call: Call) -> EventLoopFuture<HTTPResponse>? {
        guard call.request.head.method != method else { return nil }
        return call.answer(
            HTTPResponse(
                KitError(.invalid, "\(call.request.path) does not take \(call.request.head.method)"),
                status: .methodNotAllowed))
    }

    private static func account(_ call: Call) throws(KitError) -> AccountID {
        try call.services.authenticator.callerAccount(call.bearer(), now: call.now)
    }

    private static func list(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
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

    /// One, or all.
    private static func read(_ id: Int?, _ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        let account = try account(call)
        return call.services.recorder.apply(.read(account, id), on: call.server.loop)
            .map { HTTPResponse(["success": true]) }
    }
}
