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
