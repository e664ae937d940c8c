import NIOCore
import NIOHTTP1
import Synchronization

/// `/health`, `/health/ready`, `/api/v1/server`.
enum StatusRoute {
    /// Exactly `{"status":"ok"}` when all is well.
    static func health(_ call: Call) -> HTTPResponse {
        let complaints = call.services.complaints
        guard !complaints.isEmpty else { return HTTPResponse(plain: ["status": "ok"]) }
        return HTTPResponse(plain: ["status": "degraded", "reasons": .array(complaints.map(JSON.string))])
    }

    /// 503 while it should get no new traffic.
    static func ready(_ call: Call) -> HTTPResponse {
        guard call.services.isStopping else { return HTTPResponse(plain: ["status": "ready"]) }
        return HTTPResponse(status: .serviceUnavailable, plain: ["status": "stopping"])
    }

    /// Totals of the running server, for administrators.
    static func server(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        guard try call.caller().isAdmin else {
            throw KitError(.forbidden, "only administrators see the server's totals")
        }
        let services = call.services
        let books = services.loops.map { server in server.loop.submit { server.books } }
        return EventLoopFuture.whenAllSucceed(books, on: call.server.loop).map { books in
            var total = Outbox.Books()
            for each in books { total += each.total }
            let counters = services.sequencer.counters
            return HTTPResponse([
                "version": .string(Kit.version), "connections": .int(services.connectionCount.load(ordering: .relaxed)),
                "links": .int(services.links.count),
                "clicks": [
                    "numbered": .int(counters.clicks), "unlogged": .int(services.sequencer.unlogged),
                    "lost": .int(counters.lost), "undelivered": .int(counters.undelivered),
                ],
                "messages": [
                    "accepted": .int(total.accepted), "delivered": .int(total.delivered),
                    "dropped": ["full": .int(total.droppedFull), "closed": .int(total.droppedClosed)],
                    "pending": .int(books.reduce(0) { $0 + $1.pending }),
                ],
            ])
        }
    }
}
