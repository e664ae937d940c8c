import Synchronization

/// How often somebody may do something in a window of time; windows begin at whole multiples of their length.
///
/// Bounded: at 100,000 different callers in one window further ones wait for the next.
final class RateLimit<Key: Hashable & Sendable>: Sendable {
    private let most: Int
    private let seconds: Int64
    private let capacity = 100_000
    private let state = Guarded((window: Int64(0), counts: [Key: Int]()))

    /// - Parameters:
    ///   - most: In a window; 0 sets no limit.
    ///   - seconds: The window's length.
    init(_ most: Int, perSeconds seconds: Int64) {
        self.most = most
        self.seconds = seconds
    }

    /// Counts one more; false when that is too many.
    func allows(_ key: Key, now: Timestamp) -> Bool {
        guard most > 0 else { return true }
        return state.withLock { state in
            let window = now.seconds / seconds
            if state.window != window { state = (window, [:]) }
            let count = state.counts[key] ?? 0
            guard count < most, count > 0 || state.counts.count < capacity else { return false }
            state.counts[key] = count + 1
            return true
        }
    }

    /// Counts one more.
    ///
    /// - Throws: `.limitExceeded` with the seconds left of the window.
    func check(_ key: Key, now: Timestamp, _ message: String) throws(KitError) {
        guard !allows(key, now: now) else { return }
        var error = KitError(.limitExceeded, message)
        error.retryAfter = Int(seconds - now.seconds % seconds)
        throw error
    }
}
