/// One thing to measure. The raw value is its name on the command line.
public enum BenchMeasurement: String, CaseIterable, Sendable {
    /// The next click only after every subscriber has the last one.
    case fanOut = "fan-out"
    /// Up to 240 clicks under way, 16 per write; the floor puts 16 frames into a send.
    case fanOutSaturated = "fan-out-saturated"
    /// 64 keep-alive connections, one request under way on each.
    case redirect
    /// The same with 16 requests at a time on each.
    case redirectPipelined = "redirect-pipelined"
    /// 10,000 WebSocket connections that nobody speaks on.
    case idle
}

/// How much to measure. Each round measures the floor and quikko one after the other, with a fresh server each.
public struct BenchPlan: Sendable {
    /// 1...100.
    public let rounds: Int
    /// Length of a measured window, 0.1...60; warm-up comes on top, a quarter of it and at most 0.5 s.
    public let seconds: Double
    /// In the fan-outs, 1...50,000.
    public let subscribers: Int
    /// In the order they run.
    public let measurements: [BenchMeasurement]

    /// - Throws: `SystemError.failed` when a number is out of its range.
    public init(
        rounds: Int = 5,
        seconds: Double = 2,
        subscribers: Int = 1_000,
        measurements: [BenchMeasurement] = BenchMeasurement.allCases
    ) throws {
        guard (1...100).contains(rounds) else { throw SystemError.failed("--rounds takes 1 to 100") }
        guard (0.1...60).contains(seconds) else { throw SystemError.failed("--seconds takes 0.1 to 60") }
        guard (1...50_000).contains(subscribers) else { throw SystemError.failed("--subscribers takes 1 to 50000") }
        self.rounds = rounds
        self.seconds = seconds
        self.subscribers = subscribers
        self.measurements = measurements
    }

    var warmUp: Double { min(0.5, seconds / 4) }
}
