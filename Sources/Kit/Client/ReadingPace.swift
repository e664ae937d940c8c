/// How slowly a client reads, for being a slow consumer on purpose.
public struct ReadingPace: Sendable, Equatable {
    /// Bytes a second; nil reads as they come.
    public var bytesPerSecond: Int?
    /// Reads for the first, reads nothing for the second, and so on.
    public var stall: Stall?

    public struct Stall: Sendable, Equatable {
        public var on: Duration
        public var off: Duration

        public init(on: Duration, off: Duration) {
            self.on = on
            self.off = off
        }
    }

    public init(bytesPerSecond: Int? = nil, stall: Stall? = nil) {
        self.bytesPerSecond = bytesPerSecond
        self.stall = stall
    }

    /// Reads as fast as it can.
    public var isFull: Bool { bytesPerSecond == nil && stall == nil }

    /// How long to wait before reading on.
    ///
    /// - Parameters:
    ///   - count: Bytes read so far.
    ///   - elapsed: Since the first.
    func pause(after count: Int, elapsed: Duration) -> Duration {
        var pause = Duration.zero
        if let bytesPerSecond {
            pause = max(pause, .seconds(Double(count) / Double(bytesPerSecond)) - elapsed)
        }
        if let stall {
            let cycle = stall.on + stall.off
            let rounds = Int(elapsed / cycle)
            let within = elapsed - cycle * rounds
            if within >= stall.on { pause = max(pause, cycle - within) }
        }
        return pause
    }
}
