import NIOCore
import NIOHTTP1

/// Everything below `/api/v1/`: its names are the operations of the OpenAPI document.
enum Operation: String, CaseIterable {
    case createLink, listLinks, checkAlias, getLink, changeLink, switchLink, deleteLink
    case statistics, exportStatistics, exportLinks, exportClicks
    case createKey, listKeys, revokeKey
    case createTicket, verifyTicket, revokeTicket
    case register, login, refresh, me, changePassword, accountSummary
    case events, feed, publish
    case listNotifications, readNotification, readAllNotifications
    case server, connections

    /// Method and path; a part in braces stands for one segment.
    var route: (method: HTTPMethod, template: String) {
        switch self {
        case .createLink: (.POST, "/api/v1/urls")
        case .listLinks: (.GET, "/api/v1/urls")
        case .checkAlias: (.GET, "/api/v1/urls/check-alias")
        case .getLink: (.GET, "/api/v1/urls/code/{shortCode}")
        case .changeLink: (.PATCH, "/api/v1/urls/{id}")
        case .switchLink: (.PATCH, "/api/v1/urls/{id}/active")
        case .deleteLink: (.DELETE, "/api/v1/urls/{id}")
        case .statistics: (.GET, "/api/v1/analytics/stats")
        case .exportStatistics: (.GET, "/api/v1/analytics/stats/export")
        case .exportLinks: (.GET, "/api/v1/export/links")
        case .exportClicks: (.GET, "/api/v1/export/clicks")
        case .createKey: (.POST, "/api/v1/keys")
        case .listKeys: (.GET, "/api/v1/keys")
        case .revokeKey: (.DELETE, "/api/v1/keys/{id}")
        case .createTicket: (.POST, "/api/v1/tickets")
        case .verifyTicket: (.POST, "/api/v1/tickets/verify")
        case .revokeTicket: (.POST, "/api/v1/tickets/revoke")
        case .register: (.POST, "/api/v1/auth/register")
        case .login: (.POST, "/api/v1/auth/login")
        case .refresh: (.POST, "/api/v1/auth/refresh")
        case .me: (.GET, "/api/v1/auth/me")
        case .changePassword: (.PATCH, "/api/v1/auth/me/password")
        case .accountSummary: (.GET, "/api/v1/auth/me/summary")
        case .events: (.GET, "/api/v1/events")
        case .feed: (.GET, "/api/v1/feed")
        case .publish: (.POST, "/api/v1/publish")
        case .listNotifications: (.GET, "/api/v1/notifications")
        case .readNotification: (.POST, "/api/v1/notifications/{id}/read")
        case .readAllNotifications: (.POST, "/api/v1/notifications/read-all")
        case .server: (.GET, "/api/v1/server")
        case .connections: (.GET, "/api/v1/server/connections")
        }
    }

    /// - Parameter value: What the path has where the template has braces.
    private func respond(_ call: Call, _ value: String) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        switch self {
        case .createLink: try LinkRoutes.create(call)
        case .listLinks: try LinkRoutes.list(call)
        case .checkAlias: call.answer(try LinkRoutes.checkAlias(call))
        case .getLink: call.answer(try LinkRoutes.get(value, call))
        case .changeLink: try LinkRoutes.change(value, call)
        case .switchLink: try LinkRoutes.setActive(value, call)
        case .deleteLink: try LinkRoutes.delete(value, call)
        case .statistics: try StatisticsRoutes.show(call)
        case .exportStatistics: try StatisticsRoutes.export(call)
        case .exportLinks: try ExportRoutes.links(call)
        case .exportClicks: try ExportRoutes.clicks(call)
        case .createKey: try KeyRoutes.create(call)
        case .listKeys: call.answer(try KeyRoutes.list(call))
        case .revokeKey: try KeyRoutes.revoke(value, call)
        case .createTicket: call.answer(try TicketRoute.create(call))
        case .verifyTicket: call.answer(try TicketRoute.verify(call))
        case .revokeTicket: try RevocationRoute.revoke(call)
        case .register: try AccountRoutes.register(call)
        case .login: try AccountRoutes.login(call)
        case .refresh: call.answer(try AccountRoutes.refresh(call))
        case .me: call.answer(try AccountRoutes.me(call))
        case .changePassword: try AccountRoutes.changePassword(call)
        case .accountSummary: call.answer(try AccountRoutes.summary(call))
        case .events: try FeedRoutes.events(call)
        case .feed: call.answer(try FeedRoutes.feed(call))
        case .publish: try PublishRoute.publish(call)
        case .listNotifications: try NotificationRoutes.list(call)
        case .readNotification: try NotificationRoutes.read(value, call)
        case .readAllNotifications: try NotificationRoutes.readAll(call)
        case .server: try StatusRoute.server(call)
        case .connections: try StatusRoute.connections(call)
        }
    }

    private static let table = allCases.map { operation in
        (operation: operation, method: operation.route.method, parts: parts(of: operation.route.template))
    }

    private static func parts(of path: String) -> [String] {
        path.split(separator: "/" as Character, omittingEmptySubsequences: false).map(String.init)
    }

    /// Answers what is below `/api/v1/`; nil for any other path. Of two operations for one path that with fewer braces is meant.
    static func respond(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse>? {
        guard call.request.path.hasPrefix("/api/v1/") else { return nil }
        let path = parts(of: call.request.path)
        let matching = table.compactMap { entry in value(of: path, in: entry.parts).map { (entry, $0) } }
        let exact = matching.filter { $0.1.isEmpty }
        let found = exact.isEmpty ? matching : exact
        guard !found.isEmpty else { return nil }
        guard let (entry, value) = found.first(where: { $0.0.method == call.request.head.method }) else {
            return call.answer(
                .methodNotAllowed(call.request.path, call.request.head.method, allowed: found.map(\.0.method)))
        }
        return try entry.operation.respond(call, value)
    }

    /// What stands in the place of the braces, empty when there are none; nil when the path is another one.
    private static func value(of path: [String], in template: [String]) -> String? {
        guard path.count == template.count else { return nil }
        var value = ""
        for (part, wanted) in zip(path, template) where part != wanted {
            guard wanted.hasPrefix("{"), !part.isEmpty else { return nil }
            value = part
        }
        return value
    }
}

extension HTTPResponse {
    /// 405 with the methods there are (RFC 9110 §15.5.6).
    static func methodNotAllowed(_ path: String, _ method: HTTPMethod, allowed: [HTTPMethod]) -> HTTPResponse {
        var response = HTTPResponse(
            KitError(.invalid, "\(path) does not take \(method)"), status: .methodNotAllowed)
        response.headers.append(("Allow", allowed.map(\.rawValue).joined(separator: ", ")))
        return response
    }
}
