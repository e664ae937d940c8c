/// Today's hash of visitors, as one loop has it at hand.
struct VisitorDay {
    private let key: VisitorKey
    /// Days since the Unix epoch.
    private(set) var day = Int32.min
    private var microseconds: Range<Int64> = 0..<0
    private var hash = SipHash(0, 0)

    init(_ key: VisitorKey) { self.key = key }

    /// - Returns: never 0.
    @inline(__always)
    mutating func visitor(_ address: ClientAddress, agent: UInt64, at now: Timestamp) -> UInt64 {
        if !microseconds.contains(now.microseconds) { begin(now) }
        return max(hash.hash(address.high, address.low, agent), 1)
    }

    private mutating func begin(_ now: Timestamp) {
        day = RollupSpan.day.bucket(of: now)
        let start = RollupSpan.day.start(of: day).microseconds
        microseconds = start..<start + RollupSpan.day.seconds * 1_000_000
        hash = key.hash(onDay: day)
    }
}
