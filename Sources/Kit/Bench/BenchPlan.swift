/// One thing to measure. The raw value is its name on the command line.
public enum BenchMeasurement: String, CaseIterable, Sendable {
    /// The next click only after every subscriber has the last one.
    case fanOut = "fan-out"
    /// The same with 8 clicks at a time; the floor puts 8 frames into a send.
    case fanOut8 = "fan-out-8"
    /// The same with 32.
    case fanOut32 = "fan-out-32"
    /// 50 clicks a second, whatever becomes of them: a quarter of a core's time.
    case fanOutCalm = "fan-out-calm"
    /// 4,000 clicks a second; the floor puts 16 frames into a send.
    case fanOutOpen = "fan-out-open"
    /// Up to 240 clicks under way, 16 per write; the floor puts 16 frames into a send.
    case fanOutSaturated = "fan-out-saturated"
    /// 64 keep-alive connections, one request under way on each.
    case redirect
    /// The same with a link of its own for each connection.
    case redirectSpread = "redirect-spread"
    /// The first with 16 requests at a time on each.
    case redirectPipelined = "redirect-pipelined"
    /// 10,000 WebSocket connections that nobody speaks on.
    case idle
}

extension BenchMeasurement {
    /// Messages the floor puts into one send.
    var floorBatch: Int {
        switch self {
        case .fanOut8: 8
        case .fanOut32: 32
        case .fanOutSaturated, .fanOutOpen: 16
        default: 1
        }
    }

    /// Short links it needs.
    var links: Int { self == .redirectSpread ? RedirectMeasurement.connections : 1 }
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
