/// What one loop has to say about its connections at one moment.
struct LoopReport: Sendable {
    var books: Outbox.Books
    var pending = 0
    var rooms = 0
    var slow = 0
    var replaying = 0
    var oldest: Timestamp?
    var counters: ConsumerCounters
    var latency: LatencyHistogram

    init(_ server: ServerLoop) {
        books = server.shard.closedBooks
        rooms = server.shard.roomCount
        counters = server.counters
        latency = server.shard.meter.histogram
        for connection in server.connections.values {
            guard let subscriber = connection.subscriber else { continue }
            books += subscriber.books
            pending += subscriber.outbox.pending
            switch subscriber.condition {
            case .slow: slow += 1
            case .replaying: replaying += 1
            case .live: break
            }
            if let time = subscriber.outbox.oldest { oldest = min(oldest ?? time, time) }
        }
    }

    static func += (total: inout LoopReport, part: LoopReport) {
        total.books += part.books
        total.pending += part.pending
        total.rooms += part.rooms
        total.slow += part.slow
        total.replaying += part.replaying
        total.oldest = [total.oldest, part.oldest].compactMap { $0 }.min()
        total.counters += part.counters
        total.latency += part.latency
    }
}
