import Foundation
import Glibc

/// The report of a run: everything in one value, with what follows from it.
extension LoadConductor {
    func report(_ results: LoadResults) async -> LoadReport {
        var report = LoadReport()
        report.runId = Self.runID()
        report.arguments = test.arguments
        report.plan = plan
        report.startedAt = Self.text(startedAt)
        report.endedAt = Self.text(Date())
        report.wallSeconds = Double(Int64(MonotonicClock.now()) - beginning) / 1e9
        report.host = LoadReport.Host(.live)
        let clients =
            results.clients.enumerated().map { summary($0.offset, $0.element, refused: results.refused) }
            + frozenSummaries
        report.clientCount = clients.count
        report.clients = Array(clients.sorted { Self.badness($0) > Self.badness($1) }.prefix(100))
        report.load = offered(results)
        report.accounting = accounting(results, clients)
        report.server = await serverSide(results)
        report.isolation = isolation(results)
        report.restart = restart(results)
        report.generator = generator(results)
        report.errors.byKind = results.errors
        report.errors.samples = results.samples
        report.closes = results.closes
        report.timeline = results.seconds.map(annotated)
        report.notes = notes + self.notes(results)
        var measured = measured(results, clients)
        measured.isolation = report.isolation
        report.metrics = measured.summaries()
        let isComplete = isComplete(results)
        report.thresholds = test.thresholds.map { threshold in
            var outcome = measured.outcome(of: threshold)
            outcome.isAborted = threshold == aborted
            // It failed when it ended the run, whatever the end made of it.
            if outcome.isAborted { outcome.verdict = .fail }
            if !isComplete, threshold.metric.needsEvents, outcome.verdict == .pass {
                outcome.verdict = .inconclusive
                outcome.note = "some deliveries have no time, and they may be the slow ones"
            }
            return outcome
        }
        report.checks = LoadChecks(report, results, facts(isComplete: isComplete)).all
        LoadVerdict.judge(&report, isInterrupted: isInterrupted)
        return report
    }

    /// What checks must know and the report does not say.
    private func facts(isComplete: Bool) -> LoadChecks.Facts {
        LoadChecks.Facts(
            isSettled: isSettled, isComplete: isComplete, seesBooks: books != nil,
            filledAfterMs: filledAfterMs, isLogRead: logged != nil, serverHasEnded: serverHasEnded,
            isForeign: subject.kind == "foreign", numbered: numbered)
    }

    /// Numbers the server gave to our events; nil where it does not say.
    private var numbered: Int? {
        guard subject.client != nil else { return nil }
        return zip(heads, subject.setup.feeds).reduce(Optional(0)) { sum, feed in
            guard let sum, let head = feed.0 else { return nil }
            return sum + Int(head.number - feed.1.base)
        }
    }

    /// Whether every delivery that should have a latency has one.
    private func isComplete(_ results: LoadResults) -> Bool {
        if plan.kind == .restart || plan.clickers > 1 || subject.setup.carriesTime { return true }
        return results.isMapped && results.forgotten == 0
    }

    // MARK: Clients

    /// The processes among the clients: they resume and replay, so they are owed everything.
    private var frozenSummaries: [LoadReport.ClientSummary] {
        thawed.enumerated().map { index, tally in
            var summary = LoadReport.ClientSummary()
            summary.id = plan.connections + index
            summary.role = ClientModel.frozen.role.rawValue
            summary.model = ClientModel.frozen.description
            summary.feed = subject.setup.feeds.last?.name ?? ""
            let head = (heads.last ?? nil)?.number ?? tally.last.number
            let behind = Int(max(0, head - tally.last.number))
            summary.received = tally.received
            (summary.duplicates, summary.orderViolations) = (tally.duplicates, tally.orderViolations)
            summary.unexplained = tally.unexplained + behind
            summary.owed = tally.owed + behind
            summary.firstNumber = tally.first.map(Int.init)
            summary.lastNumber = Int(tally.last.number)
            return summary
        }
    }

    func summary(
        _ id: Int, _ client: LoadResults.Client, refused: [Int64] = []
    ) -> LoadReport.ClientSummary {
        var summary = LoadReport.ClientSummary()
        var tally = client.tally
        if subject.client == nil {
            for number in refused { tally.excuse(number) }
        }
        if heads.indices.contains(client.feed), let head = heads[client.feed] { tally.end(at: head) }
        summary.id = id
        summary.role = client.model.role.rawValue
        summary.model = client.model == .fast ? nil : client.model.description
        summary.feed = subject.setup.feeds[client.feed].name
        summary.connection = client.connection
        let behind = numbersBehind(client, tally)
        summary.received = tally.received
        summary.named = tally.named
        summary.inHoles = tally.inHoles
        summary.inDoubt = tally.inDoubt
        summary.duplicates = tally.duplicates
        summary.orderViolations = tally.orderViolations
        summary.unexplained = tally.unexplained + behind
        summary.owed = tally.owed + behind
        summary.firstNumber = tally.first.map(Int.init)
        summary.lastNumber = tally.received > 0 ? Int(tally.last.number) : nil
        summary.reconnects = client.reconnects
        summary.closeCode = client.closeCode.map(Int.init)
        (summary.e2eP50Us, summary.e2eP99Us) = (client.p50, client.p99)
        if let record = client.connection.flatMap({ books?[$0] }) {
            summary.serverDelivered = record.delivered
            summary.serverDropped = record.dropped.whileOpen
        }
        return summary
    }

    /// Numbers up to the head that never came: without the end barrier a lost tail would be invisible.
    private func numbersBehind(_ client: LoadResults.Client, _ tally: Tally) -> Int {
        guard client.owesItsEnd, heads.indices.contains(client.feed), let head = heads[client.feed],
            tally.last < head
        else { return 0 }
        return Int(max(0, head.number - tally.last.number))
    }

    private static func badness(_ client: LoadReport.ClientSummary) -> (Int, Int, Int, Int) {
        (
            client.unexplained + client.duplicates + client.orderViolations, client.named + client.inDoubt,
            client.e2eP99Us ?? 0, -client.id
        )
    }

    // MARK: Sums

    private func offered(_ results: LoadResults) -> LoadReport.Offered {
        var offered = LoadReport.Offered()
        offered.targetRate = plan.schedule.targetRate
        offered.sent = results.sent
        offered.missed = results.missed
        offered.phases = results.phases
        if let measured = results.phases.first(where: { $0.name == LoadRun.Phase.measure.rawValue }) {
            offered.achievedRate =
                Double(results.measuredSent) * 1_000 / Double(max(measured.endMs - measured.startMs, 1))
        }
        return offered
    }

    private func accounting(
        _ results: LoadResults, _ clients: [LoadReport.ClientSummary]
    ) -> LoadReport.Accounting {
        var sum = LoadReport.Accounting()
        sum.published = results.acknowledged.reduce(0, +)
        // A field at a time: with all of them in one loop the optimizer needs more than ten minutes for this function.
        let total = { (count: KeyPath<LoadReport.ClientSummary, Int>) in
            clients.reduce(0) { HistogramSteps.sum($0, $1[keyPath: count]) }
        }
        (sum.owed, sum.received) = (total(\.owed), total(\.received))
        (sum.named, sum.inHoles, sum.inDoubt) = (total(\.named), total(\.inHoles), total(\.inDoubt))
        (sum.duplicates, sum.orderViolations) = (total(\.duplicates), total(\.orderViolations))
        sum.unexplained = total(\.unexplained)
        guard books != nil else { return sum }
        // A restart takes the books of the connections before it along.
        if plan.kind != .restart {
            let records = Set(results.connections).compactMap { books?[$0] }
            sum.serverDelivered = records.reduce(0) { $0 + $1.delivered }
            sum.serverDropped = records.reduce(0) { $0 + $1.dropped.whileOpen }
        }
        sum.bookMismatches = results.clients.count { client in
            // Of the latest connection, while it is open: the one both sides can still look at.
            guard client.isOpen, !client.model.isPassing, let record = client.connection.flatMap({ books?[$0] }) else {
                return false
            }
            return record.delivered != client.receivedHere || record.dropped.whileOpen != client.namedHere
                // Of totals nothing is announced: the next one says it all.
                || (!subject.setup.dialect.isTotals && record.announced != client.namedHere)
        }
        return sum
    }

    private func serverSide(_ results: LoadResults) async -> LoadReport.ServerSide {
        var server = LoadReport.ServerSide()
        server.kind = subject.kind
        server.url = subject.url
        server.version = serverVersion
        server.isOnThisHost = subject.isOnThisHost
        let during = measuredSamples(results)
        if let first = before?.memory, let peak = during.compactMap(\.memory).max() {
            var memory = LoadReport.ServerSide.Memory()
            memory.beforeBytes = first
            memory.measuredPeakBytes = peak
            memory.afterBytes = samples.last?.memory ?? peak
            if let slope = Slope(
                during.compactMap { sample in
                    sample.memory.map { (Double(sample.at) / 1e9, Double($0)) }
                })
            {
                (memory.slope, memory.slopeLow, memory.slopeHigh) = (slope.value, slope.low, slope.high)
            }
            server.memory = memory
        }
        let shares = processorShares(during)
        if !shares.isEmpty {
            server.cpuShare = shares.reduce(0, +) / Double(shares.count)
            server.cpuSeconds = server.cpuShare! * (plan.duration / .seconds(1))
        }
        server.descriptorsBefore = before?.descriptors
        server.descriptorsAfter = await descriptorsAfter()
        return server
    }

    private func restart(_ results: LoadResults) -> LoadReport.Restart? {
        guard plan.kind == .restart else { return nil }
        var restart = LoadReport.Restart()
        restart.stops = stops
        restart.logged = logged ?? 0
        restart.acknowledged = results.acknowledged.reduce(0, +)
        restart.unanswered = results.unanswered
        restart.lost = max(0, restart.acknowledged - restart.logged)
        return restart
    }

    private func isolation(_ results: LoadResults) -> LoadReport.Isolation? {
        guard plan.kind == .isolation else { return nil }
        var isolation = LoadReport.Isolation()
        isolation.blockMs = Int(Scoreboard.blockLength / 1_000_000)
        isolation.fastPerFeed = plan.count(.fast)
        isolation.stalled = plan.count(.slow)
        let start = results.phases.first { $0.name == LoadRun.Phase.measure.rawValue }?.startMs ?? 0
        isolation.blocks = results.blocks.enumerated().compactMap { index, block in
            guard block.feed != Scoreboard.Block.neither else { return nil }
            let begin = start + index * isolation.blockMs
            let summary = block.summary
            return LoadReport.Isolation.Block(
                feed: block.feed == 0 ? "A" : "B", startMs: begin, endMs: begin + isolation.blockMs,
                events: block.events, deliveries: summary.count, p50Us: summary.p50, p95Us: summary.p95,
                p99Us: summary.p99, maxUs: summary.max, drops: nil)
        }
        isolation.comparisons = BlockComparison(blocks: isolation.blocks).comparisons()
        isolation.swallowedBytes = swallowed.map { $0 * results.bytesPerEvent }
        isolation.filledAfterMs = filledAfterMs
        let dropped = measuredSamples(results).compactMap(\.dropped)
        isolation.dropsWhileMeasured = max(0, (dropped.last ?? 0) - (dropped.first ?? 0))
        return isolation
    }

    private func notes(_ results: LoadResults) -> [String] {
        guard !subject.setup.carriesTime else { return [] }
        var notes: [String] = []
        if results.forgotten > 0 {
            notes.append(
                "\(results.forgotten) deliveries came so late that their times were forgotten; e2e lacks them.")
        }
        if !results.isMapped, results.clients.contains(where: \.hasJoined) {
            notes.append("Which event is whose was not known throughout, so e2e may lack deliveries.")
        }
        return notes
    }

    private static func runID() -> String {
        (0..<6).map { _ in
            let digits = String(UInt8.random(in: 0...255), radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    private static func text(_ date: Date) -> String {
        Timestamp(microseconds: Int64(date.timeIntervalSince1970 * 1e6)).secondsDescription
    }
}
