/// Everything the generator measures, as it happens. Belongs to its thread.
final class Scoreboard {
    /// A distribution of latencies, in microseconds.
    enum Latency: Int, CaseIterable {
        case connect, upgrade, firstMessage, scheduleLag, loopLag, spread, staleness, fresh
    }

    /// A piece of the isolation test, in which one feed's link is clicked.
    struct Block: Sendable {
        /// Of no side: the time between two.
        static let neither = 2
        /// 0 or 1.
        let feed: Int
        var events = 0

        init(feed: Int) { self.feed = feed }

        /// From the first delivery until ten seconds after the block's end: steps are 26 KiB, and long runs have many blocks.
        private var latencies: LatencyHistogram?
        private var isClosed = false
        /// Of what came in that time.
        private(set) var summary = (count: 0, p50: 0, p95: 0, p99: 0, max: 0)

        mutating func record(_ microseconds: Int64) {
            guard !isClosed else { return }
            if latencies == nil { latencies = LatencyHistogram() }
            latencies?.record(microseconds)
        }

        mutating func close() {
            isClosed = true
            guard let steps = latencies else { return }
            summary = (
                steps.count, Int(steps.percentile(50)), Int(steps.percentile(95)), Int(steps.percentile(99)),
                Int(steps.max)
            )
            latencies = nil
        }
    }

    /// Of the measured part.
    private(set) var latencies = Latency.allCases.map { _ in LatencyHistogram() }
    private(set) var endToEnd: [LatencyHistogram]
    private(set) var service: [LatencyHistogram]
    private(set) var clicks: [LatencyHistogram]
    var blocks: [Block] = []
    private(set) var times: [EventTimes]
    /// Monotonic nanoseconds between which an event must be due to count; empty before anything is measured.
    var window: Range<Int64> = 0..<0
    /// Of a block, in nanoseconds.
    static let blockLength: Int64 = 250_000_000

    private var closedBlocks = 0
    private static let blockPatience: Int64 = 10_000_000_000

    var sent = 0
    /// Of those, sent while measured; by feed.
    private(set) var measuredSent: [Int]
    var acknowledged: [Int]
    /// The highest number that was.
    var lastAcknowledged: [Int64]
    /// Numbers whose requests were refused or not answered: the first ten thousand.
    var refused: [Int64] = []
    /// Set before the server is asked for its heads: an answer after that may be to an event behind them.
    var isSettling = false
    private(set) var tooLate = 0
    var missed = 0
    private(set) var fast = 0
    private(set) var slow = 0
    var named = 0
    /// Of the messages that were events.
    var eventBytes = 0
    /// The server's names for all connections there were.
    var connections: [String] = []
    /// Events the schedule had while measured, sent or not.
    var due = 0
    private(set) var errors: [String: Int] = [:]
    private var errorWindow = WindowCount()
    private(set) var samples: [String] = []
    private(set) var closes: [String: Int] = [:]

    private(set) var seconds: [LoadReport.Second] = []
    private var second = LoadReport.Second()
    private var secondLatencies = LatencyHistogram()
    private var secondClicks = LatencyHistogram()
    private var secondLag = LatencyHistogram()
    private var before = (sent: 0, acknowledged: 0, fast: 0, slow: 0, named: 0, errors: 0)

    /// - Parameter horizon: Events of one feed whose times are remembered.
    init(feeds: Int, horizon: Int) {
        endToEnd = Array(repeating: LatencyHistogram(), count: feeds)
        service = endToEnd
        clicks = endToEnd
        measuredSent = Array(repeating: 0, count: feeds)
        times = Array(repeating: EventTimes(capacity: horizon), count: feeds)
        acknowledged = Array(repeating: 0, count: feeds)
        lastAcknowledged = Array(repeating: 0, count: feeds)
    }

    @inline(__always)
    func record(_ latency: Latency, _ nanoseconds: Int64) {
        latencies[latency.rawValue].record(nanoseconds / 1_000)
    }

    /// - Parameter number: 0 when it is not known which one it will be.
    func noteSent(_ number: Int64, feed: Int, due: Int64, at now: Int64) {
        if number > 0, let old = times[feed].set(number, due: due, sent: now) { noteSpread(old.due, old.spread) }
        sent += 1
        secondLag.record((now - due) / 1_000)
        guard window.contains(due) else { return }
        measuredSent[feed] += 1
        record(.scheduleLag, now - due)
        if !blocks.isEmpty { blocks[block(of: due)].events += 1 }
    }

    /// - Parameter number: The event's.
    func noteAnswer(_ number: Int64, due: Int64, feed: Int, at now: Int64) {
        guard !isSettling else {
            tooLate += 1
            return
        }
        acknowledged[feed] += 1
        lastAcknowledged[feed] = max(lastAcknowledged[feed], number)
        secondClicks.record((now - due) / 1_000)
        if window.contains(due) { clicks[feed].record((now - due) / 1_000) }
    }

    /// An event reached a client for the first time.
    ///
    /// - Parameters:
    ///   - isMeasured: Of a fast client, whose latency is looked at; others only count.
    ///   - dueInside: When the message itself says when it was due.
    /// - Returns: how late it was, in microseconds; nil when that is not known or not asked for.
    @inline(__always)
    func noteDelivery(
        _ number: Int64, feed: Int, isFast: Bool, isMeasured: Bool, dueInside: Int64?, at now: Int64
    ) -> Int64? {
        if isFast { fast += 1 } else { slow += 1 }
        let due: Int64
        var sent: Int64?
        if let entry = times[feed].see(number, at: now, isCounted: isMeasured) {
            (due, sent) = (dueInside ?? entry.due, entry.sent)
        } else if let dueInside {
            due = dueInside
        } else {
            return nil
        }
        guard isMeasured else {
            if !isFast, window.contains(due) { record(.staleness, now - due) }
            return nil
        }
        let late = (now - due) / 1_000
        secondLatencies.record(late)
        guard window.contains(due) else { return nil }
        endToEnd[feed].record(late)
        if let sent { service[feed].record((now - sent) / 1_000) }
        if !blocks.isEmpty { blocks[block(of: due)].record(late) }
        return late
    }

    /// A client that read again had its first event due after that.
    func noteFresh(since resumed: Int64, at now: Int64) {
        if window.contains(resumed) { record(.fresh, now - resumed) }
    }

    /// When an event was due; nil when that is not known.
    func due(_ number: Int64, feed: Int) -> Int64? { times[feed].due(number) }

    /// - Parameter sample: What exactly happened; the first twenty are kept.
    func noteError(_ kind: String, _ sample: String? = nil) {
        errors[kind, default: 0] += 1
        if samples.count < 20 { samples.append(sample.map { "\(kind): \($0)" } ?? kind) }
    }

    /// - Parameter code: Nil when the connection ended without one.
    func noteClose(_ code: UInt16?) { closes["\(code ?? 0)", default: 0] += 1 }

    /// What counts as measured begins now.
    ///
    /// - Parameter feeds: Whose each block is; none but in the isolation test.
    func beginMeasuring(_ window: Range<Int64>, blocks feeds: [Int]) {
        self.window = window
        blocks = feeds.map { Block(feed: $0) }
        errorWindow.mark(failures)
    }

    func endMeasuring() { errorWindow.mark(failures) }

    /// All errors so far.
    var failures: Int { errors.values.reduce(0, +) }

    func finish() {
        closeBlocks(before: .max)
        for feed in times.indices {
            times[feed].forEachSpread { noteSpread($0, $1) }
        }
    }

    private func noteSpread(_ due: Int64, _ spread: Int64) {
        if window.contains(due) { record(.spread, spread) }
    }

    func endSecond(atMs: Int, phase: String, connections: Int) {
        let acknowledged = acknowledged.reduce(0, +)
        second.atMs = atMs
        second.phase = phase
        second.connections = connections
        second.sent = sent - before.sent
        second.acknowledged = acknowledged - before.acknowledged
        second.fast = fast - before.fast
        second.slow = slow - before.slow
        second.named = named - before.named
        second.errors = failures - before.errors
        if secondLatencies.count > 0 {
            second.p50Us = Int(secondLatencies.percentile(50))
            second.p99Us = Int(secondLatencies.percentile(99))
            second.maxUs = Int(secondLatencies.max)
        }
        if secondClicks.count > 0 { second.clickP99Us = Int(secondClicks.percentile(99)) }
        if secondLag.count > 0 { second.scheduleLagP99Us = Int(secondLag.percentile(99)) }
        seconds.append(second)
        before = (sent, acknowledged, fast, slow, named, failures)
        second = LoadReport.Second()
        secondLatencies = LatencyHistogram()
        secondClicks = LatencyHistogram()
        secondLag = LatencyHistogram()
    }

    func write(to results: inout LoadResults) {
        results.latencies = latencies
        (results.endToEnd, results.service, results.clicks) = (endToEnd, service, clicks)
        results.blocks = blocks
        (results.connections, results.due) = (connections, due)
        results.refused = refused
        results.bytesPerEvent = eventBytes / max(fast + slow, 1)
        (results.sent, results.sentByFeed, results.missed) = (sent, measuredSent, missed)
        (results.acknowledged, results.errors, results.samples) = (acknowledged, errors, samples)
        (results.closes, results.seconds) = (closes, seconds)
        results.errorsWhileMeasured = errorWindow.counted(failures)
        results.forgotten = times.reduce(0) { $0 + $1.forgotten }
    }

    /// Long runs have many blocks, and their steps are 26 KiB each.
    func closeBlocks(before now: Int64) {
        while closedBlocks < blocks.count,
            now > window.lowerBound + Int64(closedBlocks) * Self.blockLength + Self.blockPatience
        {
            blocks[closedBlocks].close()
            closedBlocks += 1
        }
    }

    private func block(of due: Int64) -> Int {
        min(Int((due - window.lowerBound) / Self.blockLength), blocks.count - 1)
    }
}
