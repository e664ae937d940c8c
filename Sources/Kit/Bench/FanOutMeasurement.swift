/// A burst of clicks to every subscriber, and the next when all have it: what a delivery costs, and how late it is. Bursts of
/// one are what nothing can be batched in.
struct FanOutMeasurement {
    private static let patience = 2 * MonotonicClock.second
    private let burst: Int

    private let window: MeasuredWindow
    private let crowd: Crowd
    private var latencies = BenchHistogram()
    private var expected = 0

    init(_ window: MeasuredWindow, _ endpoint: BenchEndpoint, burst: Int) throws {
        self.window = window
        self.burst = burst
        crowd = try Crowd(of: window.plan.subscribers, at: endpoint)
    }

    mutating func run() throws -> [BenchSample] {
        var before = 0
        let outcome = try window.measure {
            latencies.reset()
            before = crowd.subscribers.received
        } work: {
            try click()
        }
        let deliveries = crowd.subscribers.received - before
        let name = burst == 1 ? "fan-out, one at a time" : "fan-out, bursts of \(burst) (floor: \(burst) a send)"
        return window.costs(name, per: "delivery", outcome.bill, over: deliveries)
            + BenchSample.latencies(name, latencies)
    }

    /// One burst, until everyone has it and the clicker its answer.
    private mutating func click() throws {
        expected += burst * crowd.subscribers.count
        let clicked = MonotonicClock.now()
        try crowd.clicker.send(burst)
        while crowd.subscribers.received < expected || crowd.clicker.outstanding > 0 {
            try crowd.poll { before, after in
                let late = MonotonicClock.now() - clicked
                for _ in before..<after { latencies.record(nanoseconds: late) }
            }
            if MonotonicClock.now() - clicked > Self.patience {
                throw crowd.missing(expected: expected, after: "2 s")
            }
        }
        guard crowd.subscribers.received == expected else { throw crowd.tooMany(expected: expected) }
    }
}
