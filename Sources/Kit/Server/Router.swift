import NIOCore
import NIOHTTP1

/// Method and path → route. Static routes win over codes.
enum Router {
    static func respond(to request: HTTPRequest, on server: ServerLoop) -> EventLoopFuture<HTTPResponse> {
        do throws(KitError) {
            return try route(request, on: server)
        } catch {
            return server.loop.makeSucceededFuture(HTTPResponse(error))
        }
    }

    private static func route(_ request: HTTPRequest, on server: ServerLoop) throws(KitError) -> EventLoopFuture<
        HTTPResponse
    > {
        let call = Call(request: request, server: server)
        if request.head.method == .OPTIONS, request.head.headers.contains(name: "access-control-request-method") {
            return call.answer(HTTPResponse(status: .noContent))
        }
        return try request.entrance.respond(call)
    }

    /// Everything this server has.
    static func shared(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        let request = call.request
        if let answer = QuickbackRoutes.respond(call) { return answer }
        if let answer = try NotificationRoutes.respond(call) { return answer }
        if let answer = EngineRoutes.respond(call) { return answer }
        if let answer = DashboardRoutes.respond(call) { return answer }
        switch (request.head.method, request.path) {
        case (.GET, "/"), (.HEAD, "/"): return call.answer(try PageRoute.file(call))
        case (.GET, let path) where path.hasPrefix("/-/"), (.HEAD, let path) where path.hasPrefix("/-/"):
            return call.answer(try PageRoute.file(call))
        case (.GET, "/health"), (.HEAD, "/health"): return call.answer(StatusRoute.health(call))
        case (.GET, "/health/ready"), (.HEAD, "/health/ready"): return call.answer(StatusRoute.ready(call))
        case (.GET, "/ws"): return call.answer(try SocketRoute.explain(call))
        case (.POST, "/api/v1/urls"): return try LinkRoutes.create(call)
        case (.POST, "/api/v1/tickets"): return call.answer(try TicketRoute.create(call))
        case (.POST, "/api/v1/tickets/verify"): return call.answer(try TicketRoute.verify(call))
        case (.POST, "/api/v1/tickets/revoke"): return try RevocationRoute.revoke(call)
        case (.POST, "/api/v1/publish"): return try PublishRoute.publish(call)
        case (.GET, "/api/v1/auth/me/summary"): return call.answer(try AccountRoutes.summary(call))
        case (.GET, "/api/v1/events"): return try FeedRoutes.events(call)
        case (.GET, "/api/v1/feed"): return call.answer(try FeedRoutes.feed(call))
        case (.GET, "/api/v1/server"): return try StatusRoute.server(call)
        case (.GET, "/api/v1/server/connections"): return try StatusRoute.connections(call)
        case (.GET, "/metrics"): return try StatusRoute.metrics(call)
        case (.GET, let path), (.HEAD, let path):
            let segment = path.dropFirst()
            guard !segment.contains("/"), !ShortCode.reserved.contains(String(segment)) else { throw unknown(path) }
            return try RedirectRoute.follow(String(segment), call)
        case (_, "/"), (_, "/health"), (_, "/health/ready"), (_, "/ws"), (_, "/api/v1/urls"), (_, "/api/v1/tickets"),
            (_, "/api/v1/auth/me/summary"), (_, "/api/v1/server"), (_, "/api/v1/server/connections"),
            (_, "/api/v1/events"), (_, "/api/v1/feed"), (_, "/api/v1/publish"), (_, "/api/v1/tickets/verify"),
            (_, "/api/v1/tickets/revoke"),
            (_, "/metrics"):
            return call.answer(
                HTTPResponse(
                    KitError(.invalid, "\(request.path) does not take \(request.head.method)"),
                    status: .methodNotAllowed))
        case (_, let path): throw unknown(path)
        }
    }

    private static func unknown(_ path: String) -> KitError { KitError(.notFound, "nothing is served at this path") }
}
