import NIOCore

/// How often consumers could not keep up on one loop, by what became of it.
struct ConsumerCounters: Sendable, Equatable {
    /// Times a connection began to lose messages.
    var slow = 0
    /// Times one fell back to reading from the log.
    var replayed = 0
    /// Connections closed because they took nothing.
    var stalled = 0
    /// Position notices sent.
    var positions = 0

    mutating func note(_ condition: Outbox.Condition) {
        switch condition {
        case .slow: slow += 1
        case .replaying: replayed += 1
        case .live: break
        }
    }

    static func += (total: inout ConsumerCounters, part: ConsumerCounters) {
        total.slow += part.slow
        total.replayed += part.replayed
        total.stalled += part.stalled
        total.positions += part.positions
    }
}

/// The books of one connection, open or closed.
struct ConnectionRecord: Sendable {
    let number: Int
    let user: UserID
    let audience: Audience
    let condition: Outbox.Condition
    let openedAt: NIODeadline
    let closedAt: NIODeadline?
    let closeCode: CloseCode?
    let books: Outbox.Books
    let pending: Int
    /// When the click of its oldest waiting message was served.
    let oldest: Timestamp?

    /// - Parameter now: When it closed; nil while it is open.
    init?(_ connection: LiveConnection, now: NIODeadline? = nil) {
        guard let subscriber = connection.subscriber else { return nil }
        let isReplaying = subscriber.follower?.isReplaying ?? false
        number = connection.admission.number
        user = connection.admission.identity.user
        audience = connection.admission.audience
        condition = isReplaying ? .replaying : subscriber.outbox.condition
        openedAt = connection.openedAt
        closedAt = now
        closeCode = connection.closeCode
        books = subscriber.outbox.books
        pending = subscriber.outbox.pending
        oldest = subscriber.outbox.oldest
    }
}

/// The books of connections that have closed, for a while; their sums are kept for ever in the totals.
///
/// Bounded: the newest, 10,000 on all loops together, and none older than ten minutes.
struct ClosedRecords {
    static let age = TimeAmount.minutes(10)

    private let capacity: Int
    private var records: [ConnectionRecord] = []
    private var next = 0

    init(loops: Int) { capacity = max(10_000 / loops, 1) }

    mutating func add(_ record: ConnectionRecord) {
        if records.count < capacity {
            records.append(record)
        } else {
            records[next] = record
            next = (next + 1) % capacity
        }
    }

    func recent(_ now: NIODeadline) -> [ConnectionRecord] {
        records.filter { ($0.closedAt ?? now) + Self.age > now }
    }
}

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
            guard let record = ConnectionRecord(connection) else { continue }
            books += record.books
            pending += record.pending
            if record.condition == .slow { slow += 1 }
            if record.condition == .replaying { replaying += 1 }
            if let time = record.oldest { oldest = min(oldest ?? time, time) }
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
