/// Clicks at a steady rate, whatever becomes of them (open loop): what a delivery costs, and how late it is from when its click was due.
///
/// A server that does not keep up shows in the latencies, and where it drops, as loss.
struct PacedWorkload: Workload {
    private static let patience = 2 * MonotonicClock.second

    private let name: String
    private let crowd: Crowd
    private let rate: Double
    private var latencies = BenchHistogram()
    /// Of this turn: when it began, its clicks, and what each subscriber had before.
    private var start: UInt64 = 0
    private var clicks = 0
    private var before = 0
    /// Of all turns.
    private var expected = 0

    /// - Parameter rate: Clicks a second.
    init(_ name: String, of crowd: Crowd, rate: Double) {
        (self.name, self.crowd, self.rate) = (name, crowd, rate)
    }

    var count: Int { crowd.subscribers.received }

    mutating func begin() {
        start = MonotonicClock.now()
        clicks = 0
        // With losses a mean: whoever lost more is taken to be later than it is.
        before = crowd.subscribers.received / crowd.audience
    }

    mutating func forget() { latencies.reset() }

    func samples(_ cost: TurnCost) -> [BenchSample] {
        cost.samples(name, per: "delivery")
            + [BenchSample("\(name): deliveries", "/s", cost.rate)]
            + BenchSample.latencies(name, latencies)
            + [BenchSample("\(name): lost", "messages", Double(expected - crowd.subscribers.received))]
    }

    private func due(_ click: Int) -> UInt64 { start + UInt64(Double(click) / rate * Double(MonotonicClock.second)) }

    mutating func step() throws {
        let now = MonotonicClock.now()
        var count = 0
        while due(clicks + count) <= now { count += 1 }
        if count > 0 {
            try crowd.click(count)
            clicks += count
            expected += count * crowd.audience
        }
        let next = due(clicks)
        try receive(Int64(next > now ? next - now : 0))
    }

    private mutating func receive(_ nanoseconds: Int64) throws {
        try crowd.poll(nanoseconds: nanoseconds) { before, after in
            let now = MonotonicClock.now()
            for click in before..<after {
                latencies.record(nanoseconds: now - min(now, due(max(0, click - self.before))))
            }
        }
    }

    /// Until everyone has everything, or nothing has come for 2 s: the rest is lost.
    mutating func rest() throws {
        var lastProgress = MonotonicClock.now()
        while crowd.subscribers.received < expected, MonotonicClock.now() - lastProgress < Self.patience {
            let seen = crowd.subscribers.received
            try receive(10_000_000)
            if crowd.subscribers.received > seen { lastProgress = MonotonicClock.now() }
        }
        guard crowd.subscribers.received <= expected else { throw crowd.tooMany(expected: expected) }
    }
}
