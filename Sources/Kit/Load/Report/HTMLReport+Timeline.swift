extension HTMLReport {
    /// More points than this are joined, several seconds to one: what is more is not seen.
    private static let mostPoints = 400

    func writeTimeline(_ page: inout Markup) {
        let rows = [latencyRow, sentRow, deliveredRow, lossRow, connectionsRow, errorsRow].filter { !$0.isEmpty }
        guard !rows.isEmpty else { return }
        section(&page, "timeline", "Over time") { page in
            var words = "Each second of the run; what is shaded was not measured."
            if secondsPerPoint > 1 {
                words +=
                    " Each point is \(secondsPerPoint) seconds: of p99, losses and errors the worst of them, of the rest their mean."
            }
            if !turns.isEmpty {
                words +=
                    " The strip on top shows whose link was clicked, A\u{2019}s or B\u{2019}s; a dot is the p99 of one such block, round for A and square for B."
            }
            page.element("p", ["class": "lead"], words)
            timeline(rows).write(to: &page, id: "time", title: "The run over time")
            writeStops(&page)
        }
    }

    func timeline(_ rows: [TimelineRow], withTurns: Bool = true) -> TimelineFigure {
        TimelineFigure(
            phases: Array(report.load.phases.prefix(40)), stops: report.restart?.stops ?? [],
            turns: withTurns ? turns : [],
            rows: rows, end: end)
    }

    /// Seconds.
    private var end: Double {
        let ends = report.load.phases.map(\.endMs) + report.timeline.map(\.atMs)
        return max(Double(ends.max() ?? 0) / 1_000, 1)
    }

    var secondsPerPoint: Int { (report.timeline.count + Self.mostPoints - 1) / Self.mostPoints }

    /// Left out when there are too many to be told apart.
    private var turns: [(isB: Bool, start: Double, end: Double)] {
        let blocks = report.isolation?.blocks ?? []
        guard blocks.count <= 1_200 else { return [] }
        var turns: [(isB: Bool, start: Double, end: Double)] = []
        for block in blocks {
            let (start, end) = (Double(block.startMs) / 1_000, Double(block.endMs) / 1_000)
            if let last = turns.last, last.isB == (block.feed == "B"), (start - last.end).magnitude < 0.001 {
                turns[turns.count - 1].end = end
            } else {
                turns.append((block.feed == "B", start, end))
            }
        }
        return turns
    }

    private var latencyRow: TimelineRow {
        var row = TimelineRow(title: "Latency", unit: .microseconds, height: 150, series: [])
        let blocks = report.isolation?.blocks ?? []
        if !blocks.isEmpty, blocks.count <= 1_200 {
            for (feed, style, shape) in [("A", "a", TimelineRow.Shape.rounds), ("B", "b", .squares)] {
                let points = blocks.filter { $0.feed == feed && $0.deliveries > 0 }.map {
                    (second: (Double($0.startMs) + Double($0.endMs)) / 2_000, value: Optional(Double(max($0.p99Us, 1))))
                }
                row.series.append(.init(name: "", style: style, shape: shape, points: points))
            }
        }
        row.series.append(series("p99", "ink", worst: true, \.p99Us.asDouble))
        row.series.append(series("p50", "quiet", \.p50Us.asDouble))
        return row
    }

    private var sentRow: TimelineRow {
        TimelineRow(
            title: "Sent a second", unit: .count, height: 64, series: [series("sent", "ink") { Double($0.sent) }])
    }

    private var deliveredRow: TimelineRow {
        var row = TimelineRow(
            title: "Received a second", unit: .count, series: [series("fast clients", "ink") { Double($0.fast) }])
        if report.timeline.contains(where: { $0.slow > 0 }) {
            row.series.append(series("slow clients", "quiet") { Double($0.slow) })
        }
        return row
    }

    private var lossRow: TimelineRow {
        var row = TimelineRow(title: "Dropped a second", unit: .count, series: [])
        if report.timeline.contains(where: { ($0.dropped ?? 0) > 0 }) {
            row.series.append(series("dropped", "drop", shape: .bars, worst: true) { $0.dropped.map(Double.init) })
        }
        if report.timeline.contains(where: { $0.named > 0 }) {
            row.series.append(series("named", "quiet", worst: true) { Double($0.named) })
        }
        return row
    }

    private var connectionsRow: TimelineRow {
        let counts = report.timeline.filter { $0.phase == "measure" }.map(\.connections)
        guard let least = counts.min(), let most = counts.max(), least < most else {
            return TimelineRow(title: "", unit: .count, series: [])
        }
        return TimelineRow(
            title: "Connections open", unit: .count, height: 64,
            series: [series("connections", "ink") { Double($0.connections) }])
    }

    private var errorsRow: TimelineRow {
        guard report.timeline.contains(where: { $0.errors > 0 }) else {
            return TimelineRow(title: "", unit: .count, series: [])
        }
        return TimelineRow(
            title: "Errors a second", unit: .count, height: 48,
            series: [series("errors", "fail", shape: .bars, worst: true) { Double($0.errors) }])
    }

    /// - Parameter worst: Of the seconds joined to one point the greatest counts, not their mean.
    func series(
        _ name: String, _ style: String, shape: TimelineRow.Shape = .line, worst: Bool = false,
        _ value: (LoadReport.Second) -> Double?
    ) -> TimelineRow.Series {
        let step = max(secondsPerPoint, 1)
        let points = stride(from: 0, to: report.timeline.count, by: step).map { start in
            let joined = report.timeline[start..<min(start + step, report.timeline.count)]
            let values = joined.compactMap(value)
            let middle = Double(joined.first?.atMs ?? 0) / 1_000 + Double(step) / 2
            let shown = worst ? values.max() : values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
            return (second: middle, value: shown)
        }
        return .init(name: name, style: style, shape: shape, points: points)
    }

    private func writeStops(_ page: inout Markup) {
        guard let restart = report.restart else { return }
        table(
            &page, "What each stop did", ["stop", "how", "at", "down for", "all had everything after"],
            rows: restart.stops.enumerated().map { index, stop in
                [
                    .words("\(index + 1)"),
                    .words(
                        stop.how == "kill"
                            ? "killed (SIGKILL)" : stop.how == "term" ? "asked to stop (SIGTERM)" : stop.how),
                    .number(ReportText.time(us: Double(stop.atMs) * 1_000)),
                    .number(ReportText.time(us: Double(stop.downMs) * 1_000)),
                    stop.recoveredMs.map { .number(ReportText.time(us: Double($0) * 1_000)) } ?? .words("never"),
                ]
            })
        facts(
            &page,
            [
                ("acknowledged", ReportText.count(restart.acknowledged)),
                ("in the log", ReportText.count(restart.logged)),
                ("acknowledged, behind the end of an epoch", ReportText.count(restart.lost)),
                ("requests left unanswered", ReportText.count(restart.unanswered)),
            ])
    }
}

extension Int? {
    /// Nothing for nothing.
    var asDouble: Double? { map(Double.init) }
}
