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
        if let answer = try Operation.respond(call) { return answer }
        if let answer = EngineRoutes.respond(call) { return answer }
        if let answer = DashboardRoutes.respond(call) { return answer }
        switch (request.head.method, request.path) {
        case (.GET, "/"), (.HEAD, "/"): return call.answer(try PageRoute.file(call))
        case (.GET, let path) where path.hasPrefix("/-/"), (.HEAD, let path) where path.hasPrefix("/-/"):
            return call.answer(try PageRoute.file(call))
        case (.GET, "/health"), (.HEAD, "/health"): return call.answer(StatusRoute.health(call))
        case (.GET, "/health/ready"), (.HEAD, "/health/ready"): return call.answer(StatusRoute.ready(call))
        case (.GET, "/docs"), (.HEAD, "/docs"): return call.answer(DocsRoute.html)
        case (.GET, "/docs/openapi.json"), (.HEAD, "/docs/openapi.json"): return call.answer(DocsRoute.json)
        case (.GET, "/docs/openapi.yaml"), (.HEAD, "/docs/openapi.yaml"): return call.answer(DocsRoute.yaml)
        case (.GET, "/ws"): return call.answer(try SocketRoute.explain(call))
        case (.GET, "/metrics"): return try StatusRoute.metrics(call)
        case (.GET, let path), (.HEAD, let path):
            let segment = path.dropFirst()
            guard !segment.contains("/"), !ShortCode.reserved.contains(String(segment)) else { throw unknown(path) }
            guard !segment.hasSuffix("+") else { return call.answer(try PreviewRoute.show(segment.dropLast(), call)) }
            return try RedirectRoute.follow(String(segment), call)
        case (_, "/"), (_, "/health"), (_, "/health/ready"), (_, "/ws"), (_, "/metrics"):
            return call.answer(.methodNotAllowed(request.path, request.head.method, allowed: [.GET]))
        case (_, let path): throw unknown(path)
        }
    }

    private static func unknown(_ path: String) -> KitError { KitError(.notFound, "nothing is served at this path") }
}
