/// Two runs of one plan, figure by figure.
///
/// An interval tells how the seconds within these two runs vary, not how runs vary among themselves.
public struct ReportComparison: Sendable, Equatable {
    public enum Direction: String, Sendable { case better, worse }

    public struct Row: Sendable, Equatable {
        /// Such as `e2e.p99`.
        public var name: String
        /// `us`, `bytes`, `/s`, `1` (a share of a core) or `events`.
        public var unit: String
        /// Nil where the report does not have it.
        public var base: Double?
        public var new: Double?
        /// New minus base.
        public var difference: Double?
        /// New over base; nil when base is 0.
        public var ratio: Double?
        /// The 95 % interval of the difference of the seconds' means; nil with fewer than twelve whole measured seconds in either.
        public var low: Double?
        public var high: Double?
        /// Only when the interval excludes 0, the difference has its sign and is 1 % or more, and both runs were offered the same.
        public var direction: Direction?
    }

    public var baseName: String
    public var newName: String
    public var rows: [Row] = []
    /// What differs besides, and what a reader must know to judge the rows.
    public var notes: [String] = []

    /// - Parameter seed: Of the draws behind the intervals; the same gives the same.
    /// - Throws: `.invalid` when the plans ask for different things, with all that differs.
    public init(
        base: LoadReport, new: LoadReport, baseName: String = "base", newName: String = "new", seed: UInt64 = 1
    ) throws(KitError) {
        self.baseName = baseName
        self.newName = newName
        let plans = PlanDifferences(base.plan, new.plan)
        guard plans.essential.isEmpty else {
            let what = plans.essential.joined(separator: ", ")
            throw KitError(.invalid, "\(baseName) and \(newName) ran different plans; run one plan twice (\(what))")
        }
        notes = plans.incidental + Self.circumstances(base, new)
        for figure in Self.figures(base, new) {
            let row = figure.row(base, new, seed: seed, isJudged: plans.isSameOffer)
            if row.base != nil || row.new != nil { rows.append(row) }
        }
        if rows.contains(where: { $0.low != nil }) {
            notes.append("intervals tell how seconds vary within these two runs, not how runs vary: repeat a surprise")
        } else {
            notes.append("no intervals: each run needs \(BootstrapInterval.fewest) whole measured seconds")
        }
    }

    /// One figure, and where its seconds are in the timeline.
    private struct Figure {
        /// A smaller difference is none, however steady the seconds are.
        private static let leastShare = 0.01
        var name: String
        var unit: String
        var isMoreBetter = false
        var value: (LoadReport) -> Double?
        var second: ((LoadReport.Second) -> Double?)?

        func row(_ base: LoadReport, _ new: LoadReport, seed: UInt64, isJudged: Bool) -> Row {
            var row = Row(name: name, unit: unit, base: value(base), new: value(new))
            guard let old = row.base, let now = row.new else { return row }
            let difference = now - old
            row.difference = difference
            row.ratio = old == 0 ? nil : now / old
            guard let second else { return row }
            let series = [base, new].map { ReportComparison.measured($0).compactMap(second) }
            guard let interval = BootstrapInterval(base: series[0], new: series[1], seed: seed) else { return row }
            row.low = interval.low
            row.high = interval.high
            let isNoticeable = difference.magnitude >= Self.leastShare * max(old.magnitude, now.magnitude)
            if isJudged, isNoticeable, !interval.includesZero, (interval.low > 0) == (difference > 0), difference != 0 {
                row.direction = (difference > 0) == isMoreBetter ? .better : .worse
            }
            return row
        }
    }

    /// Without the first and the last second of the measured phase, which its ends may have cut.
    private static func measured(_ report: LoadReport) -> ArraySlice<LoadReport.Second> {
        report.timeline.filter { $0.phase == "measure" }.dropFirst().dropLast()
    }

    private static func figures(_ base: LoadReport, _ new: LoadReport) -> [Figure] {
        var figures: [Figure] = []
        for name in ["e2e", "click", "service"] {
            // Both from one scope, or the figures would be about different clients.
            let shared = Set(base.metrics.filter { $0.name == name }.map(\.scope))
                .intersection(new.metrics.filter { $0.name == name }.map(\.scope))
            let scope = ["all", "fast"].first { shared.contains($0) } ?? shared.sorted().first
            for percent in [50.0, 95, 99] {
                var figure = Figure(name: "\(name).p\(Int(percent))", unit: "us") { report in
                    guard let scope else { return nil }
                    return report.metric(name, scopes: [scope])?.percentile(percent)
                }
                switch figure.name {
                case "e2e.p50": figure.second = { $0.p50Us.map(Double.init) }
                case "e2e.p99": figure.second = { $0.p99Us.map(Double.init) }
                case "click.p99": figure.second = { $0.clickP99Us.map(Double.init) }
                default: break
                }
                figures.append(figure)
            }
        }
        for percent in Set((base.isolation?.comparisons ?? []).map(\.percentile)).sorted() {
            let name = "isolation.p\(LoadReport.MetricSummary.key(percent))"
            figures.append(
                Figure(name: name, unit: "us") { report in
                    report.isolation?.comparisons.first { $0.percentile == percent }?.deltaUs
                })
        }
        return figures + [
            Figure(name: "rate", unit: "/s", isMoreBetter: true, value: \.load.achievedRate) {
                Double($0.acknowledged)
            },
            Figure(name: "server.cpu", unit: "1", value: \.server.cpuShare, second: \.serverCpuShare),
            Figure(name: "server.memory", unit: "bytes") {
                $0.server.memory.map { Double($0.measuredPeakBytes) }
            } second: {
                $0.serverMemoryBytes.map(Double.init)
            },
            Figure(name: "unexplained", unit: "events", value: { Double($0.accounting.unexplained) }),
        ]
    }

    private static func circumstances(_ base: LoadReport, _ new: LoadReport) -> [String] {
        var notes: [String] = []
        func compare<Value: Equatable>(_ what: String, _ fact: (LoadReport) -> Value) {
            let (old, now) = (fact(base), fact(new))
            if old != now { notes.append("\(what) differs: \(old) and \(now)") }
        }
        compare("quikko's version") { $0.quikkoVersion }
        compare("the server's version") { $0.server.version ?? "unknown" }
        compare("the kind of server") { $0.server.kind }
        compare("the number of CPUs") { $0.host.cpus }
        compare("the kernel") { $0.host.kernel }
        for (name, report) in [("base", base), ("new", new)] {
            if report.generator.health != .ok {
                notes.append(
                    "the load generator of \(name) was \(report.generator.health.rawValue): its times may be the generator's"
                )
            }
            if report.accounting.unexplained != 0 {
                notes.append(
                    "\(name) lost \(report.accounting.unexplained) events without explanation, which always fails")
            }
            if [.interrupted, .error].contains(report.verdict) {
                notes.append("\(name) ended early: \(report.verdict.rawValue)")
            }
        }
        return notes
    }
}
