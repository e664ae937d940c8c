/// Clicks faster than they can be delivered: what batching is worth.
///
/// No subscriber is ever more than 240 clicks behind. quikko drops for whoever is 256 behind, so a message that is
/// missing here was lost and not dropped.
struct SaturatedWorkload: Workload {
    private static let window = 240
    private static let perWrite = 16
    private static let patience = 2 * MonotonicClock.second
    private static let name = "fan-out, saturated (floor: up to 16 a send)"

    private let crowd: Crowd
    private var clicks = 0
    /// Runs of 16 clicks that every subscriber has in full.
    private var finishedRuns = 0
    /// How many subscribers have finished each run after those, by its number modulo the size.
    private var finishers = [Int](repeating: 0, count: window / perWrite + 1)
    private var lastProgress = MonotonicClock.now()

    init(of crowd: Crowd) { self.crowd = crowd }

    var count: Int { crowd.subscribers.received }
    mutating func begin() { lastProgress = MonotonicClock.now() }
    mutating func forget() {}

    func samples(_ cost: TurnCost) -> [BenchSample] {
        cost.samples(Self.name, per: "delivery") + [BenchSample("\(Self.name): deliveries", "/s", cost.rate)]
    }

    mutating func step() throws {
        try clickWithinWindow()
        try receive()
    }

    private mutating func clickWithinWindow() throws {
        while clicks + Self.perWrite - finishedRuns * Self.perWrite <= Self.window {
            try crowd.click(Self.perWrite)
            clicks += Self.perWrite
        }
    }

    private mutating func receive() throws {
        let seen = crowd.subscribers.received
        try crowd.poll { before, after in
            for run in before / Self.perWrite..<after / Self.perWrite where run * Self.perWrite < clicks {
                finishers[run % finishers.count] += 1
            }
        }
        while finishers[finishedRuns % finishers.count] == crowd.audience {
            finishers[finishedRuns % finishers.count] = 0
            finishedRuns += 1
        }
        guard crowd.subscribers.received <= clicks * crowd.audience else {
            throw crowd.tooMany(expected: clicks * crowd.audience)
        }
        let now = MonotonicClock.now()
        if crowd.subscribers.received > seen { lastProgress = now }
        guard now - lastProgress <= Self.patience else {
            throw crowd.missing(expected: clicks * crowd.audience, after: "2 s without any")
        }
    }

    /// Whatever was clicked must arrive, or the figures are not worth printing.
    mutating func rest() throws {
        lastProgress = MonotonicClock.now()
        while finishedRuns * Self.perWrite < clicks || crowd.unanswered > 0 { try receive() }
    }
}
