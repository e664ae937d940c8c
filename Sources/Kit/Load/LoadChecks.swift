/// What every run must show, whatever thresholds were asked for.
struct LoadChecks {
    /// What the report does not say.
    struct Facts {
        var isSettled: Bool
        /// Every delivery that should have a latency has one.
        var isComplete: Bool
        var seesBooks: Bool
        var filledAfterMs: Int?
        /// The restart test has read the log back.
        var isLogRead = false
        /// The private server's process ended by itself.
        var serverHasEnded = false
        /// Any WebSocket feed: nobody promised that its readers are told what they miss.
        var isForeign: Bool
        /// Numbers the server gave to our events; nil where it does not say.
        var numbered: Int?
    }

    private typealias Check = LoadReport.Check
    /// Growth of the server's memory while measured that is put down to a leak.
    private static let leak = 8 << 20

    private let report: LoadReport
    private let results: LoadResults
    private let facts: Facts

    init(_ report: LoadReport, _ results: LoadResults, _ facts: Facts) {
        (self.report, self.results, self.facts) = (report, results, facts)
    }

    var all: [LoadReport.Check] {
        let books = [alive, loss, doubt, duplicates, order, notices, protocolErrors, barrier, agreement, numbers]
        // The books alone: they say yes or no.
        guard report.plan.kind != .smoke else {
            return (books + [acknowledged, joined, silence]).compactMap { $0 }.compactMap(decided)
        }
        return (books + [acknowledged, joined, handshakes, silence] + kindOfRun + [rate, memory]).compactMap { $0 }
    }

    /// What smoke could not be shown has not passed, but for books nobody may read.
    private func decided(_ check: LoadReport.Check) -> LoadReport.Check? {
        guard check.verdict == .inconclusive else { return check }
        guard check.name != "server.books" else { return nil }
        var check = check
        check.verdict = .fail
        return check
    }

    private var kindOfRun: [LoadReport.Check?] {
        switch report.plan.kind {
        case .load, .smoke: []
        case .isolation: [stalled, fastLost, samples, BlockComparison.check(report.isolation?.comparisons ?? [])]
        case .restart: [returned, log, unrefused]
        }
    }

    private func check(
        _ name: String, _ verdict: LoadReport.Verdict, _ words: String, isCorrectness: Bool = true
    ) -> LoadReport.Check {
        LoadReport.Check(name: name, verdict: verdict, words: words, isCorrectness: isCorrectness)
    }

    private func must(_ name: String, _ holds: Bool, _ words: String) -> LoadReport.Check {
        check(name, holds ? .pass : .fail, words)
    }

    // MARK: The books

    /// Everything else that is wrong follows from it.
    private var alive: LoadReport.Check? {
        guard facts.serverHasEnded else { return nil }
        return check(
            "server.alive", .fail, "the server's process ended before the run did: it crashed, or someone ended it")
    }

    private var loss: LoadReport.Check? {
        guard results.clients.contains(where: \.hasJoined) else { return nil }
        let sum = report.accounting
        return must(
            "loss.unexplained", sum.unexplained == 0,
            "\(ReportText.count(sum.unexplained)) of \(ReportText.count(sum.owed)) numbers owed are unexplained")
    }

    /// Nobody can say what became of these.
    private var doubt: LoadReport.Check? {
        let count = report.accounting.inDoubt
        guard count > 0 else { return nil }
        return check(
            "in.doubt", .inconclusive, "\(ReportText.count(count)) events were lost with a connection, or never sent")
    }

    private var protocolErrors: LoadReport.Check? {
        guard let count = report.errors.byKind["protocol"] else { return nil }
        return check(
            "protocol", .fail, "\(ReportText.count(count)) times something came that the protocol does not have")
    }

    /// Each request that is not answered, or answered with an error, is an event nobody is owed.
    private var acknowledged: LoadReport.Check? {
        guard report.plan.kind != .restart, results.sent > 0 else { return nil }
        let answered = report.accounting.published
        let isEnough = Double(answered) >= 0.99 * Double(results.sent)
        return check(
            "load.acknowledged", isEnough ? .pass : .fail,
            "\(ReportText.count(answered)) of \(ReportText.count(results.sent)) events sent were acknowledged",
            isCorrectness: false)
    }

    /// A server that waits for ever for the rest of an upgrade can be kept busy by anyone.
    private var handshakes: LoadReport.Check? {
        let slow = results.clients.filter { $0.model == .slowHandshake }
        guard !slow.isEmpty else { return nil }
        let ended = slow.count { $0.outcomes > 0 }
        return check(
            "handshakes.ended", ended == slow.count ? .pass : .inconclusive,
            "\(ended) of \(slow.count) upgrades that came a byte a second were ended by the server",
            isCorrectness: false)
    }

    private var duplicates: LoadReport.Check? {
        guard report.accounting.received > 0 else { return nil }
        return must(
            "dup", report.accounting.duplicates == 0,
            "\(ReportText.count(report.accounting.duplicates)) events came twice")
    }

    private var order: LoadReport.Check? {
        // Two publishers have no order between them.
        guard report.accounting.received > 0, !facts.isForeign || report.plan.clickers == 1 else { return nil }
        let count = report.accounting.orderViolations
        return must("order.violations", count == 0, "\(ReportText.count(count)) events came behind a later one")
    }

    private var notices: LoadReport.Check? {
        guard !facts.isForeign else { return nil }
        let wrong = results.clients.reduce(0) { $0 + $1.tally.falselyNamed }
        return must(
            "gapnotice.mismatch", wrong == 0, "\(ReportText.count(wrong)) numbers were named as missed and had come")
    }

    private var barrier: LoadReport.Check? {
        guard results.clients.contains(where: \.owesItsEnd) else { return nil }
        guard !facts.isSettled else { return check("end.barrier", .pass, "every client was seen to have its end") }
        guard !facts.isForeign else {
            return check("end.barrier", .inconclusive, "some clients did not get the end of the feed in time")
        }
        return check(
            "end.barrier", .fail,
            "some clients did not get the end of their feed within \(DurationText.exact(report.plan.drain))")
    }

    private var agreement: LoadReport.Check? {
        guard let wrong = report.accounting.bookMismatches else {
            guard !facts.isForeign, !facts.serverHasEnded else { return nil }
            return check(
                "server.books", .inconclusive, "the server's books need an administrator's key, and were not compared")
        }
        guard results.clients.contains(where: { $0.isOpen && $0.connection != nil }) || results.clients.isEmpty else {
            return check("server.books", .inconclusive, "no connection was left to compare the server's books with")
        }
        return must(
            "server.books", wrong == 0, "\(ReportText.count(wrong)) clients and the server's books of them disagree")
    }

    private var numbers: LoadReport.Check? {
        guard let numbered = facts.numbered, report.plan.kind != .restart else { return nil }
        let answered = report.accounting.published
        let words =
            "\(ReportText.count(answered)) events acknowledged, \(ReportText.count(numbered)) numbered, \(ReportText.count(results.unanswered)) without an answer"
        return must("numbers", (answered...answered + results.unanswered).contains(numbered), words)
    }

    private var joined: LoadReport.Check? {
        let expected = results.clients.filter { !$0.model.isPassing }
        let missing = expected.count { !$0.hasJoined }
        guard missing > 0 else { return nil }
        let isOurs = results.errors.keys.contains { $0.hasPrefix("local_") }
        return check(
            "clients.joined", isOurs ? .inconclusive : .fail, "\(missing) of \(expected.count) clients never got in",
            isCorrectness: false)
    }

    /// The socket stays open while its server is down: whoever comes then waits.
    private var unrefused: LoadReport.Check {
        let count = report.errors.byKind["refused"] ?? 0
        return must("connections.refused", count == 0, "\(ReportText.count(count)) connections were refused")
    }

    /// The run's own resets are not among them.
    private var silence: LoadReport.Check? {
        guard report.plan.kind != .restart, let count = report.closes["0"], count > 0 else { return nil }
        return check(
            "closes.silent", .fail, "\(ReportText.count(count)) connections ended without a close frame",
            isCorrectness: false)
    }

    // MARK: Isolation

    private var stalled: LoadReport.Check? {
        if facts.isForeign { return foreignStalled }
        guard facts.filledAfterMs == nil else {
            let drops = report.isolation?.dropsWhileMeasured ?? 0
            return check(
                "stalled.full", drops > 0 ? .pass : .inconclusive,
                "the stalled clients were kept full: \(ReportText.count(drops)) messages dropped for them while measured",
                isCorrectness: false)
        }
        return check(
            "stalled.full", .inconclusive,
            facts.seesBooks
                ? "the stalled clients' buffers did not fill before the measuring began"
                : "without an administrator's key nobody knows whether the stalled clients were full",
            isCorrectness: false)
    }

    /// Without the server's books: what was published for them must be more than the kernels can hold.
    private var foreignStalled: LoadReport.Check {
        let host = report.host
        let held = (host.tcpWriteBuffer.last ?? 4 << 20) + 65_536
        let late = report.isolation?.blocks.first { $0.feed == "B" }.map(\.startMs) ?? 0
        let join = report.isolation?.blocks.last { $0.feed == "A" }.map(\.endMs) ?? 0
        let bytes = Int(Double(late - join) / 1_000 * report.load.achievedRate * Double(results.bytesPerEvent))
        return check(
            "stalled.full", bytes > held ? .pass : .inconclusive,
            """
            \(ReportText.count(bytes)) bytes were published for each stalled client before B began, and the kernels may hold \(ReportText.count(held)); \
            \(bytes > held ? "it was full" : "take a higher rate, a longer run or a larger --payload")
            """, isCorrectness: false)
    }

    private var fastLost: LoadReport.Check? {
        let lost = results.clients.reduce(0) { $1.model == .fast ? $0 + $1.tally.named : $0 }
        return check(
            "fast.lost", lost == 0 ? .pass : .fail, "fast clients lost \(ReportText.count(lost)) events",
            isCorrectness: false)
    }

    /// Deliveries without a time may be the slow ones.
    private var samples: LoadReport.Check? {
        guard !facts.isComplete else { return nil }
        return check(
            "isolation.samples", .inconclusive,
            "which event is whose was not known throughout, so deliveries are missing", isCorrectness: false)
    }

    // MARK: Restart

    private var returned: LoadReport.Check? {
        guard let stops = report.restart?.stops else { return nil }
        let lost = stops.count { $0.recoveredMs == nil }
        guard !stops.isEmpty else { return check("restart.stops", .inconclusive, "the server was never stopped") }
        return must(
            "restart.returned", lost == 0, "after \(stops.count - lost) of \(stops.count) stops every client was back")
    }

    private var log: LoadReport.Check? {
        guard let restart = report.restart else { return nil }
        guard facts.isLogRead, let numbered = facts.numbered else {
            return must("restart.log", false, "the server did not show its log at the end")
        }
        // A click is durable within a tenth of a second; a second's worth for each kill leaves room for a slow disk.
        let kills = restart.stops.count { $0.how == "kill" }
        let mostLost = kills > 0 ? Int(Double(kills) * report.load.targetRate) + 1 : 0
        let isWhole =
            restart.logged == numbered && restart.logged <= restart.acknowledged + restart.unanswered
            && restart.lost <= mostLost
        return must(
            "restart.log", isWhole,
            """
            \(ReportText.count(restart.acknowledged)) events acknowledged, \(ReportText.count(restart.logged)) in the log, \(ReportText.count(restart.lost)) lost behind the ends of \
            epochs the server named, \(ReportText.count(restart.unanswered)) requests without an answer
            """)
    }

    // MARK: Load and memory

    private var rate: LoadReport.Check? {
        let load = report.load
        guard report.plan.kind != .restart, load.targetRate > 0, load.sent > 0 else { return nil }
        // Against what the schedule had: chance makes it more or less than its mean.
        let share = Double(results.measuredSent) / Double(max(results.due, 1))
        let isMissing = Double(load.missed) > 0.001 * Double(max(load.sent, 1))
        let isReached = share > 0.98 && !isMissing
        return check(
            "load.rate", isReached ? .pass : .inconclusive,
            "\(ReportText.count(results.measuredSent)) of the schedule's \(ReportText.count(results.due)) events sent in its time, \(load.missed) missed",
            isCorrectness: false)
    }

    private var memory: LoadReport.Check? {
        guard report.plan.kind != .restart, let memory = report.server.memory, let low = memory.slopeLow,
            let slope = memory.slope
        else { return nil }
        let growth = slope * (report.plan.duration / .seconds(1))
        let isLeak = low > 0 && growth > Double(Self.leak)
        return check(
            "server.memory", isLeak ? .fail : .pass,
            "the server's memory moved by \(Int(slope / 1_024)) KiB a second while measured",
            isCorrectness: false)
    }
}
