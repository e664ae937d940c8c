import Foundation
import NIOCore
import NIOFoundationCompat
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
        switch (request.head.method, request.path) {
        case (.GET, "/"), (.HEAD, "/"): return call.answer(PageRoute.page)
        case (.GET, "/health"), (.HEAD, "/health"): return call.answer(StatusRoute.health(call))
        case (.GET, "/health/ready"), (.HEAD, "/health/ready"): return call.answer(StatusRoute.ready(call))
        case (.GET, "/ws"): return call.answer(try SocketRoute.explain(call))
        case (.POST, "/api/v1/urls"): return try LinkRoutes.create(call)
        case (.POST, "/api/v1/tickets"): return call.answer(try TicketRoute.create(call))
        case (.GET, "/api/v1/auth/me/summary"): return call.answer(try AccountRoutes.summary(call))
        case (.GET, "/api/v1/server"): return try StatusRoute.server(call)
        case (.GET, let path), (.HEAD, let path):
            let segment = path.dropFirst()
            guard !segment.contains("/"), !ShortCode.reserved.contains(String(segment)) else { throw unknown(path) }
            return call.answer(try RedirectRoute.follow(String(segment), call))
        case (_, "/"), (_, "/health"), (_, "/health/ready"), (_, "/ws"), (_, "/api/v1/urls"), (_, "/api/v1/tickets"),
            (_, "/api/v1/auth/me/summary"), (_, "/api/v1/server"):
            return call.answer(
                HTTPResponse(
                    KitError(.invalid, "\(request.path) does not take \(request.head.method)"),
                    status: .methodNotAllowed))
        case (_, let path): throw unknown(path)
        }
    }

    private static func unknown(_ path: String) -> KitError { KitError(.notFound, "nothing is served at this path") }
}

/// One request being answered, with what a route needs.
struct Call {
    let request: HTTPRequest
    let server: ServerLoop
    let now = Timestamp.now

    var services: Services { server.services }

    func answer(_ response: HTTPResponse) -> EventLoopFuture<HTTPResponse> { server.loop.makeSucceededFuture(response) }

    /// The credential of `Authorization: Bearer …`; the scheme's case does not matter.
    ///
    /// - Throws: `.unauthorized` when there is none.
    func bearer() throws(KitError) -> String {
        let parts = request.head.headers.first(name: "authorization")?.split(separator: " ", maxSplits: 1) ?? []
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw KitError(.unauthorized, "this needs the header Authorization: Bearer with an API key or a token")
        }
        return String(parts[1])
    }

    func caller() throws(KitError) -> Identity {
        try services.authenticator.callerIdentity(.bearer(bearer()), now: now)
    }

    /// The body as JSON; an empty one counts as `{}`.
    ///
    /// - Throws: `.invalid` when it is not what the route takes.
    func body<Body: Decodable>(_ type: Body.Type) throws(KitError) -> Body {
        let body = request.body.readableBytes == 0 ? ByteBuffer(string: "{}") : request.body
        do {
            return try JSONDecoder().decode(type, from: Data(buffer: body))
        } catch let error as DecodingError {
            throw KitError(.invalid, "the body is not what is expected here: \(error.explanation)")
        } catch {
            throw KitError(.invalid, "the body is not JSON")
        }
    }
}

extension DecodingError {
    /// Where and what, in a few words and without the library's.
    fileprivate var explanation: String {
        func path(_ context: Context) -> String { context.codingPath.map(\.stringValue).joined(separator: ".") }
        return switch self {
        case .keyNotFound(let key, _): "\(key.stringValue) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            path(context).isEmpty ? "it must be a JSON object" : "\(path(context)) has the wrong type"
        case .dataCorrupted(let context): path(context).isEmpty ? "it is not JSON" : "\(path(context)) is not valid"
        @unknown default: "it was not understood"
        }
    }
}
