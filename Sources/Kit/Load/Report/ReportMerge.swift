/// Several generators' reports as one, or several runs': what was counted is added, what was judged keeps the worst word.
///
/// Reports whose times overlap are of generators that worked together, and their rates add up; those of runs one after the other are
/// averaged over their lengths. Nothing is judged anew, and the notes say so.
public enum ReportMerge {
    public struct Part: Sendable {
        /// What the report is called in sentences, such as its file's name.
        public var name: String
        public var report: LoadReport

        public init(name: String, report: LoadReport) {
            self.name = name
            self.report = report
        }
    }

    /// One report comes back as it is.
    /// - Throws: `.invalid` when there is none, when kinds differ, or when a run is there twice.
    public static func merge(_ parts: [Part]) throws(KitError) -> LoadReport {
        guard let first = parts.first else { throw KitError(.invalid, "nothing to merge; name a report.json") }
        guard parts.count > 1 else { return first.report }
        var names: [String: String] = [:]
        for part in parts {
            let kinds = [first, part].map(\.report.plan.kind.rawValue)
            guard kinds[0] == kinds[1] else {
                throw KitError(
                    .invalid,
                    "\(first.name) is a run of \(kinds[0]), \(part.name) of \(kinds[1]); merge runs of one kind")
            }
            guard let other = names.updateValue(part.name, forKey: part.report.runId) else { continue }
            throw KitError(.invalid, "\(other) and \(part.name) are the same run; give each once")
        }

        let clock = MergedClock(parts.map(\.report))
        var merged = judged(parts)
        merged.runId = parts.map(\.report.runId).joined(separator: "+")
        merged.startedAt = clock.startedAt
        merged.endedAt = clock.endedAt
        merged.wallSeconds = clock.wallSeconds
        merged.load = clock.offered(parts.map(\.report.load))
        merged.timeline = clock.timeline(parts.map(\.report.timeline))
        merged.metrics = MergedMetrics(clock).merge(parts.map(\.report.metrics))
        counted(&merged, parts.map(\.report))
        merged.notes = notes(parts, clock) + prefixed(parts, \.notes)
        return merged
    }

    /// From the worst of them, so that verdict, exit code and what they rest on belong together.
    private static func judged(_ parts: [Part]) -> LoadReport {
        let ranked = parts.enumerated().sorted {
            (rank($1.element.report.verdict), $0.offset) < (rank($0.element.report.verdict), $1.offset)
        }.map(\.element)
        var merged = parts[0].report
        merged.verdict = ranked[0].report.verdict
        merged.exitCode = ranked[0].report.exitCode
        merged.reasons = prefixed(ranked, \.reasons)
        merged.checks = grouped(parts, \.checks, by: \.name).map { group in
            var check = worst(group, \.verdict).value
            check.words = group.map { "\($0.part): \($0.value.words)" }.joined(separator: "; ")
            return check
        }
        merged.thresholds = grouped(parts, \.thresholds, by: \.expression).map { group in
            let decisive = worst(group, \.verdict)
            var threshold = decisive.value
            threshold.samples = sum(group.map(\.value.samples))
            threshold.isAborted = group.contains(where: \.value.isAborted)
            let note = "of \(decisive.part), the worst of \(group.count)"
            threshold.note = threshold.note.map { "\($0); \(note)" } ?? note
            return threshold
        }
        return merged
    }

    private static func counted(_ merged: inout LoadReport, _ reports: [LoadReport]) {
        let books = reports.map(\.accounting)
        merged.accounting.published = sum(books.map(\.published))
        merged.accounting.owed = sum(books.map(\.owed))
        merged.accounting.received = sum(books.map(\.received))
        merged.accounting.named = sum(books.map(\.named))
        merged.accounting.inHoles = sum(books.map(\.inHoles))
        merged.accounting.inDoubt = sum(books.map(\.inDoubt))
        merged.accounting.duplicates = sum(books.map(\.duplicates))
        merged.accounting.orderViolations = sum(books.map(\.orderViolations))
        merged.accounting.unexplained = sum(books.map(\.unexplained))
        merged.accounting.serverDelivered = sumOfAll(books.map(\.serverDelivered))
        merged.accounting.serverDropped = sumOfAll(books.map(\.serverDropped))
        merged.accounting.bookMismatches = sumOfAll(books.map(\.bookMismatches))

        merged.clients = Array(reports.flatMap(\.clients).sorted(by: isWorse).prefix(100))
        merged.clientCount = sum(reports.map(\.clientCount))
        merged.errors.byKind = reports.reduce(into: [:]) {
            $0.merge($1.errors.byKind, uniquingKeysWith: HistogramSteps.sum)
        }
        merged.errors.samples = Array(reports.flatMap(\.errors.samples).prefix(20))
        merged.closes = reports.reduce(into: [:]) { $0.merge($1.closes, uniquingKeysWith: HistogramSteps.sum) }

        let generators = reports.map(\.generator)
        let healths: [LoadReport.Generator.Health] = [.saturated, .degraded, .ok]
        merged.generator.health = healths.first { health in generators.contains { $0.health == health } } ?? .ok
        merged.generator.reasons = generators.flatMap(\.reasons)
        merged.generator.cpuShare = generators.compactMap(\.cpuShare).max()
        merged.generator.memoryBytes = generators.compactMap(\.memoryBytes).max()
        merged.generator.loopLagP99Us = generators.compactMap(\.loopLagP99Us).max()
        merged.generator.scheduleLagP99Us = generators.compactMap(\.scheduleLagP99Us).max()

        // A difference with its interval is a finding about one run's blocks; two of them have no sum.
        merged.isolation = nil
        let restarts = reports.compactMap(\.restart)
        guard !restarts.isEmpty else { return }
        var restart = LoadReport.Restart()
        restart.stops = restarts.flatMap(\.stops)
        restart.logged = sum(restarts.map(\.logged))
        restart.acknowledged = sum(restarts.map(\.acknowledged))
        restart.lost = sum(restarts.map(\.lost))
        restart.unanswered = sum(restarts.map(\.unanswered))
        merged.restart = restart
    }

    private static func notes(_ parts: [Part], _ clock: MergedClock) -> [String] {
        let first = parts[0].name
        var notes = [
            "merged from \(parts.map(\.name).joined(separator: ", ")); the verdict is the worst, nothing was judged anew"
        ]
        notes.append(
            clock.isTogether
                ? "the runs overlap, so their rates are added; a second's latencies are the highest of its runs"
                : "the runs do not all overlap, so rates are averaged over their lengths and nothing is added within a second"
        )
        func differs<Value: Equatable>(_ fact: (LoadReport) -> Value) -> Bool {
            parts.contains { fact($0.report) != fact(parts[0].report) }
        }
        if differs(\.plan) { notes.append("the plans differ; the one shown is that of \(first)") }
        if differs(\.host) { notes.append("the hosts differ; the one shown is that of \(first)") }
        if differs(\.server.url) { notes.append("the servers differ") }
        notes.append("the server's figures and the arguments are those of \(first); client numbers are each run's own")
        if parts.contains(where: { $0.report.isolation != nil }) {
            notes.append("the isolation comparisons stay in their own reports: intervals cannot be added")
        }
        return notes
    }

    // MARK: - Pieces

    private static func rank(_ verdict: LoadReport.Verdict) -> Int {
        switch verdict {
        case .pass: 0
        case .inconclusive: 1
        case .interrupted: 2
        case .fail: 3
        case .error: 4
        }
    }

    private typealias Member<Value> = (part: String, value: Value)

    /// Those of one name together, names in the order they first come.
    private static func grouped<Value>(
        _ parts: [Part], _ values: (LoadReport) -> [Value], by name: (Value) -> String
    ) -> [[Member<Value>]] {
        var order: [String: Int] = [:]
        var groups: [[Member<Value>]] = []
        for part in parts {
            for value in values(part.report) {
                let index = order[name(value)] ?? groups.count
                if index == groups.count {
                    order[name(value)] = index
                    groups.append([])
                }
                groups[index].append((part.name, value))
            }
        }
        return groups
    }

    private static func worst<Value>(_ group: [Member<Value>], _ verdict: (Value) -> LoadReport.Verdict) -> Member<
        Value
    > {
        group.dropFirst().reduce(group[0]) { rank(verdict($1.value)) > rank(verdict($0.value)) ? $1 : $0 }
    }

    private static func prefixed(_ parts: [Part], _ sentences: (LoadReport) -> [String]) -> [String] {
        parts.flatMap { part in sentences(part.report).map { "\(part.name): \($0)" } }
    }

    private static func isWorse(_ left: LoadReport.ClientSummary, _ right: LoadReport.ClientSummary) -> Bool {
        func key(_ client: LoadReport.ClientSummary) -> (Int, Int, Int, Int) {
            let disorder = HistogramSteps.sum(client.duplicates, client.orderViolations)
            return (client.unexplained, disorder, client.inDoubt, client.named)
        }
        return key(left) > key(right)
    }

    private static func sum(_ values: [Int]) -> Int { values.reduce(0, HistogramSteps.sum) }

    /// Nil as soon as one is: a sum of those that could be read would pass for all.
    private static func sumOfAll(_ values: [Int?]) -> Int? {
        values.contains(nil) ? nil : sum(values.compactMap(\.self))
    }
}
