/// Clicks faster than they can be delivered: what batching is worth.
///
/// No subscriber is ever more than 240 clicks behind. quikko drops for whoever is 256 behind, so a message that is
/// missing here was lost and not dropped.
struct SaturatedMeasurement {
    private static let window = 240
    private static let perWrite = 16
    private static let patience = 2 * MonotonicClock.second
    private static let name = "fan-out, saturated (floor: 16 a send)"

    private let measured: MeasuredWindow
    private let crowd: Crowd
    private var clicks = 0
    /// Runs of 16 clicks that every subscriber has in full.
    private var finishedRuns = 0
    /// How many subscribers have finished each run after those, by its number modulo the size.
    private var finishers = [Int](repeating: 0, count: window / perWrite + 1)
    private var lastProgress = MonotonicClock.now()

    init(_ measured: MeasuredWindow, _ endpoint: BenchEndpoint) throws {
        self.measured = measured
        crowd = try Crowd(of: measured.plan.subscribers, at: endpoint)
    }

    mutating func run() throws -> [BenchSample] {
        var before = 0
        var deliveries = 0
        lastProgress = MonotonicClock.now()
        let outcome = try measured.measure {
            before = crowd.subscribers.received
        } work: {
            try clickWithinWindow()
            try receive()
            deliveries = crowd.subscribers.received - before
        }
        try drain()
        return measured.costs(Self.name, per: "delivery", outcome.bill, over: deliveries) + [
            BenchSample("\(Self.name): deliveries", "/s", Double(deliveries) / outcome.seconds)
        ]
    }

    private mutating func clickWithinWindow() throws {
        while clicks + Self.perWrite - finishedRuns * Self.perWrite <= Self.window {
            try crowd.clicker.send(Self.perWrite)
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
        while finishers[finishedRuns % finishers.count] == crowd.subscribers.count {
            finishers[finishedRuns % finishers.count] = 0
            finishedRuns += 1
        }
        guard crowd.subscribers.received <= clicks * crowd.subscribers.count else {
            throw crowd.tooMany(expected: clicks * crowd.subscribers.count)
        }
        let now = MonotonicClock.now()
        if crowd.subscribers.received > seen { lastProgress = now }
        guard now - lastProgress <= Self.patience else {
            throw crowd.missing(expected: clicks * crowd.subscribers.count, after: "2 s without any")
        }
    }

    /// Whatever was clicked must arrive, or the figures are not worth printing.
    private mutating func drain() throws {
        lastProgress = MonotonicClock.now()
        while finishedRuns * Self.perWrite < clicks || crowd.clicker.outstanding > 0 { try receive() }
    }
}
