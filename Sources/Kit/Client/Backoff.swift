/// Delays between attempts: 1, 2, 4 … 30 s, each shortened by up to a fifth at random, so that a thousand clients cut off
/// together do not come back together.
struct Backoff {
    static let first = Duration.seconds(1)
    static let most = Duration.seconds(30)

    private var next = first

    /// - Parameter jitter: From 0 to 1.
    mutating func delay(jitter: Double) -> Duration {
        defer { next = min(next * 2, Self.most) }
        return next * (1 - jitter / 5)
    }

    /// The last attempt worked.
    mutating func reset() { next = Self.first }
}
