/// One click at a time to every subscriber: what a delivery costs when nothing can be batched, and how late it is.
struct FanOutMeasurement {
    private static let patience = 2 * MonotonicClock.second
    private static let name = "fan-out, one at a time"

    private let window: MeasuredWindow
    private let crowd: Crowd
    private var latencies = BenchHistogram()
    private var expected = 0

    init(_ window: MeasuredWindow, _ endpoint: BenchEndpoint) throws {
        self.window = window
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
        return window.costs(Self.name, per: "delivery", outcome.bill, over: deliveries) + [
            BenchSample("\(Self.name): median latency", "µs", Double(latencies.quantile(0.5)) / 1_000),
            BenchSample("\(Self.name): p99 latency", "µs", Double(latencies.quantile(0.99)) / 1_000),
        ]
    }

    /// One click, until everyone has it and the clicker its answer.
    private mutating func click() throws {
        expected += crowd.subscribers.count
        let clicked = MonotonicClock.now()
        try crowd.clicker.send(1)
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
