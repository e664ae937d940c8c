/// A burst of clicks to every subscriber, and the next when all have it: what a delivery costs, and how late it is. Bursts of
/// one are what nothing can be batched in.
struct FanOutWorkload: Workload {
    private static let patience = 2 * MonotonicClock.second
    private let name: String
    private let burst: Int
    private let crowd: Crowd
    private var latencies = BenchHistogram()
    private var expected = 0

    init(_ name: String, of crowd: Crowd, burst: Int) {
        (self.name, self.crowd, self.burst) = (name, crowd, burst)
    }

    var count: Int { crowd.subscribers.received }
    mutating func begin() {}
    mutating func rest() {}
    mutating func forget() { latencies.reset() }

    func samples(_ cost: TurnCost) -> [BenchSample] {
        cost.samples(name, per: "delivery") + BenchSample.latencies(name, latencies)
    }

    /// One burst, until everyone has it and the clicker its answer.
    mutating func step() throws {
        expected += burst * crowd.audience
        let clicked = MonotonicClock.now()
        try crowd.click(burst)
        while crowd.subscribers.received < expected || crowd.unanswered > 0 {
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
