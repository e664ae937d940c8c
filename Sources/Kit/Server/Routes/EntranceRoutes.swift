import NIOCore
import NIOHTTP1

extension Entrance {
    /// What is answered at an entrance of one protocol: its own routes and nothing else.
    ///
    /// - Throws: what the route throws; `.notFound` for what the original does not have either.
    func respond(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        if let answer = try own(call) { return answer }
        switch (call.request.head.method, call.request.path) {
        case (.GET, "/health"), (.HEAD, "/health"): return call.answer(StatusRoute.detailedHealth(call))
        default:
            throw KitError(
                .notFound,
                "nothing is served at this path of the port for \(rawValue); the rest is at \(call.services.baseURL)")
        }
    }

    private func own(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse>? {
        switch self {
        case .shared: return try Router.shared(call)
        case .quickback: return QuickbackRoutes.respond(call)
        case .quickdapp:
            if call.request.path.hasPrefix("/api/v1/notifications"), let answer = try Operation.respond(call) {
                return answer
            }
            guard call.request.head.method == .GET, call.request.path == "/ws" else { return nil }
            return call.answer(try SocketRoute.explain(call))
        }
    }
}
