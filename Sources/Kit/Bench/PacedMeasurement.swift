/// Clicks at a steady rate, whatever becomes of them (open loop): what a delivery costs, and how late it is from when its click was due.
///
/// A server that does not keep up shows in the latencies, and where it drops, as loss.
struct PacedMeasurement {
    private static let patience = 2 * MonotonicClock.second

    private let window: MeasuredWindow
    private let crowd: Crowd
    private let rate: Double
    private var latencies = BenchHistogram()
    private var start: UInt64 = 0
    private var clicks = 0
    private var lastProgress = MonotonicClock.now()

    /// - Parameter rate: Clicks a second.
    init(_ window: MeasuredWindow, _ endpoint: BenchEndpoint, rate: Double) throws {
        self.window = window
        self.rate = rate
        crowd = try Crowd(of: window.plan.subscribers, at: endpoint)
    }

    mutating func run() throws -> [BenchSample] {
        start = MonotonicClock.now()
        var before = 0
        let outcome = try window.measure {
            latencies.reset()
            before = crowd.subscribers.received
        } work: {
            try step()
        }
        let deliveries = crowd.subscribers.received - before
        try drain()
        let expected = clicks * crowd.subscribers.count
        let name = "fan-out, \(Int(rate)) clicks/s"
        let rate = BenchSample("\(name): deliveries", "/s", Double(deliveries) / outcome.seconds)
        let lost = BenchSample("\(name): lost", "messages", Double(expected - crowd.subscribers.received))
        return window.costs(name, per: "delivery", outcome.bill, over: deliveries) + [rate]
            + BenchSample.latencies(name, latencies) + [lost]
    }

    private func due(_ click: Int) -> UInt64 { start + UInt64(Double(click) / rate * Double(MonotonicClock.second)) }

    private mutating func step() throws {
        let now = MonotonicClock.now()
        var count = 0
        while due(clicks + count) <= now { count += 1 }
        if count > 0 {
            try crowd.clicker.send(count)
            clicks += count
        }
        let next = due(clicks)
        try receive(Int64(next > now ? next - now : 0))
    }

    private mutating func receive(_ nanoseconds: Int64) throws {
        try crowd.poll(nanoseconds: nanoseconds) { before, after in
            let now = MonotonicClock.now()
            for click in before..<after { latencies.record(nanoseconds: now - min(now, due(click))) }
        }
    }

    /// Until everyone has everything, or nothing has come for 2 s: the rest is lost.
    private mutating func drain() throws {
        let expected = clicks * crowd.subscribers.count
        lastProgress = MonotonicClock.now()
        while crowd.subscribers.received < expected, MonotonicClock.now() - lastProgress < Self.patience {
            let seen = crowd.subscribers.received
            try receive(10_000_000)
            if crowd.subscribers.received > seen { lastProgress = MonotonicClock.now() }
        }
        guard crowd.subscribers.received <= expected else { throw crowd.tooMany(expected: expected) }
    }
}
