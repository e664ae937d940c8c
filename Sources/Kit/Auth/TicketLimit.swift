import Synchronization

/// How many tickets a user may get in a minute. Bounded: at 100,000 users in one minute further ones wait for the next.
final class TicketLimit: Sendable {
    private static let capacity = 100_000
    private let most: Int
    private let state = Guarded((minute: Int64(0), counts: [UserID: Int]()))

    init(perMinute most: Int) { self.most = most }

    /// Counts one more; false when that is too many.
    func allows(_ user: UserID, now: Timestamp) -> Bool {
        state.withLock { state in
            let minute = now.seconds / 60
            if state.minute != minute { state = (minute, [:]) }
            let count = state.counts[user] ?? 0
            guard count < most, count > 0 || state.counts.count < Self.capacity else { return false }
            state.counts[user] = count + 1
            return true
        }
    }
}
