import Kit

/// What a run found, for people.
struct LoadSummary {
    private let report: LoadReport
    private let usesColor: Bool

    init(_ report: LoadReport, usesColor: Bool) { (self.report, self.usesColor) = (report, usesColor) }

    var text: String {
        let parts = [heading, reasons, isolation, latencies, accounting, restarts, judged, machines, notes]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private var heading: String {
        let word = report.verdict.rawValue.uppercased()
        let colour =
            switch report.verdict {
            case .pass: "32"
            case .fail, .error: "31"
            case .inconclusive, .interrupted: "33"
            }
        let painted = usesColor ? "\u{1b}[1;\(colour)m\(word)\u{1b}[0m" : word
        return "\(painted)   \(report.plan.name), \(number(report.load.sent)) events, \(report.clientCount) clients, "
            + "\(Int(report.wallSeconds.rounded())) s"
    }

    private var reasons: String { report.reasons.prefix(6).map { "  \($0)" }.joined(separator: "\n") }

    private var isolation: String {
        guard let isolation = report.isolation, !isolation.comparisons.isEmpty else { return "" }
        let rows = isolation.comparisons.map { comparison in
            [
                "p\(trimmed(comparison.percentile))", latency(comparison.aUs), latency(comparison.bUs),
                signed(comparison.deltaUs), "\(signed(comparison.lowUs)) … \(signed(comparison.highUs))",
                comparison.boundUs.map { "≤ \(latency($0))" } ?? "", comparison.verdict?.rawValue ?? "",
            ]
        }
        return table([["", "neighbours healthy", "stalled", "costs", "95 % between", "allowed", ""]] + rows)
    }

    private var latencies: String {
        let shown = ["e2e", "service", "click", "upgrade"]
        let rows = report.metrics.filter { metric in
            shown.contains(metric.name) && metric.count > 0
        }.map { metric in
            ["\(metric.name) \(metric.scope)"]
                + ["50", "90", "99", "99.9"].map { metric.p[$0].map(latency) ?? "–" } + [metric.max.map(latency) ?? "–"]
        }
        guard !rows.isEmpty else { return "" }
        return table([["", "p50", "p90", "p99", "p99.9", "max"]] + rows)
            + "\n  e2e and click count from when an event was due; service only from when it was sent"
    }

    private var accounting: String {
        let sum = report.accounting
        guard sum.owed > 0 else { return "" }
        var line =
            "  \(number(sum.owed)) owed = \(number(sum.received)) received + \(number(sum.named)) named as missed"
        if sum.inHoles > 0 { line += " + \(number(sum.inHoles)) in holes" }
        if sum.inDoubt > 0 { line += " + \(number(sum.inDoubt)) in doubt" }
        line += " + \(number(sum.unexplained)) unexplained"
        return line + "\n  \(number(sum.duplicates)) twice, \(number(sum.orderViolations)) out of order"
    }

    private var restarts: String {
        guard let restart = report.restart, !restart.stops.isEmpty else { return "" }
        let log =
            "  \(number(restart.acknowledged)) acknowledged, \(number(restart.logged)) in the log, \(number(restart.lost)) lost behind "
            + "the ends of epochs the server named"
        return
            ([log]
            + restart.stops.map { stop in
                let back = stop.recoveredMs.map { "everyone back after \($0) ms" } ?? "not everyone came back"
                return
                    "  \(stop.how == "kill" ? "kill -9" : "SIGTERM") at \(stop.atMs / 1_000) s: down \(stop.downMs) ms, \(back)"
            }).joined(separator: "\n")
    }

    private var judged: String {
        let passed = report.checks.count { $0.verdict == .pass }
        let rest = report.checks.filter { $0.verdict != .pass }.map {
            "  \($0.verdict.rawValue)  \($0.name): \($0.words)"
        }
        let thresholds = report.thresholds.map { threshold in
            "  \(threshold.verdict.rawValue)  \(threshold.expression)   \(threshold.observed ?? threshold.note ?? "no samples")"
                + (threshold.isAborted ? "; it ended the run" : "")
        }
        return (["  \(passed) of \(report.checks.count) checks passed"] + rest + thresholds).joined(separator: "\n")
    }

    private var machines: String {
        var parts = ["generator \(report.generator.health.rawValue)"]
        if let share = report.generator.cpuShare { parts[0] += ", \(Int((share * 100).rounded())) % of a core" }
        if let share = report.server.cpuShare { parts.append("server \(Int((share * 100).rounded())) % of a core") }
        if let memory = report.server.memory { parts.append("\(memory.measuredPeakBytes / 1_048_576) MiB") }
        return "  " + parts.joined(separator: ", ")
            + report.generator.reasons.map { "\n  \($0)" }.joined()
    }

    private var notes: String { report.notes.map { "  \($0)" }.joined(separator: "\n") }

    private func table(_ rows: [[String]]) -> String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).enumerated().map { index, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                return index == 0 ? cell.0 + space : space + cell.0
            }
            return "  " + cells.joined(separator: "   ")
        }.joined(separator: "\n")
    }

    private func latency(_ microseconds: Double) -> String { LatencyText.write(Int(microseconds.rounded())) }

    private func signed(_ microseconds: Double) -> String {
        microseconds < 0 ? "-\(latency(-microseconds))" : "+\(latency(microseconds))"
    }

    private func trimmed(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }

    /// With a comma every three digits.
    private func number(_ value: Int) -> String {
        let digits = Array("\(abs(value))".reversed())
        let grouped = stride(from: 0, to: digits.count, by: 3).map { String(digits[$0..<min($0 + 3, digits.count)]) }
        return (value < 0 ? "-" : "") + String(grouped.joined(separator: ",").reversed())
    }
}
