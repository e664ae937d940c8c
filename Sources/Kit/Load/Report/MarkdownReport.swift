/// A summary for a terminal pager, a pull request or GitHub's step summary.
///
/// Bounded: each list ends after a hundred rows and says how many more there are.
public enum MarkdownReport {
    private static let most = 100

    public static func text(_ report: LoadReport) -> String {
        let sections = [
            heading(report), accounting(report), checks(report), thresholds(report), latencies(report),
            isolation(report), restart(report), generator(report), errors(report),
            report.notes.isEmpty ? "" : "## Notes\n\n\(list(report.notes))",
        ]
        return sections.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    static func word(_ verdict: LoadReport.Verdict) -> String {
        switch verdict {
        case .pass: "✅ pass"
        case .fail: "❌ **fail**"
        case .inconclusive: "⚠️ inconclusive"
        case .interrupted: "⏹ interrupted"
        case .error: "❌ **error**"
        }
    }

    private static func heading(_ report: LoadReport) -> String {
        let facts = [
            MarkdownText.code(report.plan.kind.rawValue), "exit status \(report.exitCode)",
            "\(FigureText.fixed(report.wallSeconds, 1)) s", "quikko \(MarkdownText.escaped(report.quikkoVersion))",
            MarkdownText.escaped(report.startedAt),
        ].filter { !$0.isEmpty }
        var text = "# \(word(report.verdict)): \(MarkdownText.escaped(report.plan.name))\n\n"
        text += facts.joined(separator: " · ") + "\n"
        if !report.reasons.isEmpty { text += "\n" + list(report.reasons) }
        return text
    }

    private static func accounting(_ report: LoadReport) -> String {
        let sums = report.accounting
        let parts = [
            ("received", sums.received), ("named as missed", sums.named), ("in holes", sums.inHoles),
            ("in doubt", sums.inDoubt), ("unexplained", sums.unexplained),
        ]
        let total = parts.reduce(0) { HistogramSteps.sum($0, $1.1) }
        var text = "## Accounting\n\n    \(FigureText.count(sums.owed)) owed\n"
        for (index, part) in parts.enumerated() {
            text += "      \(index == 0 ? "=" : "+") \(FigureText.count(part.1)) \(part.0)\n"
        }
        text += "\n"
        if total != sums.owed {
            let rest = HistogramSteps.sum(sums.owed, total == .min ? .max : -total)
            text += "**The books do not close: \(FigureText.count(rest)) are in none of these.**\n\n"
        }
        text +=
            "\(FigureText.count(sums.published)) events published; \(FigureText.count(sums.duplicates)) duplicates, "
        text += "\(FigureText.count(sums.orderViolations)) out of order.\n"
        if let delivered = sums.serverDelivered, let dropped = sums.serverDropped {
            text += "The server's books: \(FigureText.count(delivered)) delivered, \(FigureText.count(dropped)) dropped"
            text += sums.bookMismatches.map { "; \(FigureText.count($0)) clients disagree.\n" } ?? ".\n"
        } else {
            text += "The server's books could not be read.\n"
        }
        return text
    }

    private static func checks(_ report: LoadReport) -> String {
        guard !report.checks.isEmpty else { return "" }
        let rows = report.checks.map { check in
            [word(check.verdict), MarkdownText.code(check.name), MarkdownText.escaped(check.words)]
        }
        return "## Checks\n\n" + table(["", "check", "seen"], rows)
    }

    private static func thresholds(_ report: LoadReport) -> String {
        guard !report.thresholds.isEmpty else { return "" }
        let rows = report.thresholds.map { threshold in
            let margin = threshold.marginPercent.map { FigureText.signed("\(FigureText.fixed($0, 0)) %", $0) }
            return [
                word(threshold.verdict), MarkdownText.code(threshold.expression),
                MarkdownText.escaped(threshold.observed ?? FigureText.none), MarkdownText.escaped(threshold.bound),
                margin ?? "", FigureText.count(threshold.samples),
                MarkdownText.escaped(
                    [threshold.note, threshold.isAborted ? "it ended the run" : nil].compactMap(\.self).joined(
                        separator: "; ")),
            ]
        }
        let columns = ["", "threshold", "observed", "bound", "margin>", "samples>", "note"]
        return "## Thresholds\n\n" + table(columns, rows)
    }

    /// Corrected times count from when an event was due, uncorrected ones from when it was sent: a server that stood still shows
    /// in the first and hides in the second.
    private static func latencies(_ report: LoadReport) -> String {
        let metrics = report.metrics.filter { $0.unit == "us" && ["e2e", "service", "click"].contains($0.name) }
        guard !metrics.isEmpty else { return "" }
        let scopes = metrics.map(\.scope).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        var rows: [[String]] = []
        var remarks: [String] = []
        for scope in scopes {
            for (name, words) in [("e2e", " corrected"), ("service", " uncorrected"), ("click", "")] {
                guard let metric = metrics.first(where: { $0.name == name && $0.scope == scope }) else { continue }
                let figures = [50, 90, 99, 99.9].map { FigureText.duration(metric.percentile($0)) }
                let head = [MarkdownText.escaped(scope), "`\(name)`\(words)"]
                rows.append(head + figures + [FigureText.duration(metric.max), FigureText.count(metric.count)])
            }
            let pair = ["e2e", "service"].map { name in
                metrics.first { $0.name == name && $0.scope == scope }?.percentile(99)
            }
            if let corrected = pair[0], let uncorrected = pair[1], uncorrected > 0, corrected > 2 * uncorrected {
                let factor = FigureText.fixed(corrected / uncorrected, 1)
                let words =
                    "corrected p99 is \(factor) times the uncorrected one: events waited before they were sent"
                remarks.append("\(scope): \(words)")
            }
        }
        let columns = ["whose", "latency", "p50>", "p90>", "p99>", "p99.9>", "max>", "samples>"]
        return "## Latency\n\n" + table(columns, rows) + (remarks.isEmpty ? "" : "\n" + list(remarks))
    }

    private static func isolation(_ report: LoadReport) -> String {
        guard let isolation = report.isolation else { return "" }
        let rows = isolation.comparisons.map { row in
            [
                "p\(FigureText.fixed(row.percentile, row.percentile == row.percentile.rounded() ? 0 : 1))",
                FigureText.duration(row.aUs), FigureText.duration(row.bUs),
                FigureText.signed(FigureText.duration(row.deltaUs), row.deltaUs),
                "\(FigureText.duration(row.lowUs)) to \(FigureText.duration(row.highUs))",
                row.boundUs.map { FigureText.duration($0) } ?? "shown only", row.verdict.map(word) ?? "",
            ]
        }
        var text = "## Isolation\n\n"
        text += table(["", "A>", "B, with stalled>", "B − A>", "95 % interval", "bound>", "verdict"], rows) + "\n"
        text += "\(isolation.stalled) stalled clients beside \(isolation.fastPerFeed) fast ones on each feed; "
        text += "\(isolation.blocks.count) blocks of \(isolation.blockMs) ms; "
        text += "\(FigureText.count(isolation.dropsWhileMeasured)) messages dropped for the stalled while measured.\n"
        if let bytes = isolation.swallowedBytes {
            text += "Kernel and outbox took \(FigureText.size(bytes)) before the first drop.\n"
        }
        return text
    }

    private static func restart(_ report: LoadReport) -> String {
        guard let restart = report.restart else { return "" }
        let rows = restart.stops.map { stop in
            [
                MarkdownText.code(stop.how), "\(FigureText.fixed(Double(stop.atMs) / 1_000, 1)) s",
                "\(FigureText.count(stop.downMs)) ms",
                stop.recoveredMs.map { "\(FigureText.count($0)) ms" } ?? "never",
            ]
        }
        var text = "## Restarts\n\n" + table(["stop", "at>", "down>", "recovered after>"], rows) + "\n"
        text +=
            "\(FigureText.count(restart.acknowledged)) acknowledged, \(FigureText.count(restart.logged)) in the log, "
        text += "\(FigureText.count(restart.lost)) lost behind an epoch's end, "
        text += "\(FigureText.count(restart.unanswered)) requests without an answer.\n"
        return text
    }

    private static func generator(_ report: LoadReport) -> String {
        let generator = report.generator
        let load = report.load
        var text = "## Load generator: \(generator.health.rawValue)\n\n"
        text += "\(FigureText.fixed(load.achievedRate, 1)) of \(FigureText.fixed(load.targetRate, 1)) events/s, "
        text += "\(FigureText.count(load.sent)) sent, \(FigureText.count(load.missed)) missed; "
        text +=
            "CPU \(FigureText.share(generator.cpuShare)) of a core, memory \(FigureText.size(generator.memoryBytes)); "
        text += "p99 of the schedule's lag \(FigureText.duration(generator.scheduleLagP99Us)), "
        text += "of its timer's \(FigureText.duration(generator.loopLagP99Us)).\n"
        return generator.reasons.isEmpty ? text : text + "\n" + list(generator.reasons)
    }

    private static func errors(_ report: LoadReport) -> String {
        let kinds = report.errors.byKind.map { ("error \($0.key)", $0.value) }
        let closes = report.closes.map { ($0.key == "0" ? "ended without a close" : "close \($0.key)", $0.value) }
        guard !kinds.isEmpty || !closes.isEmpty else { return "" }
        let sorted = (kinds + closes).sorted { ($1.1, $0.0) < ($0.1, $1.0) }
        return "## Errors and closes\n\n"
            + table(["what", "times>"], sorted.map { [MarkdownText.escaped($0.0), FigureText.count($0.1)] })
    }

    /// A column whose name ends with `>` is flush right.
    private static func table(_ columns: [String], _ rows: [[String]]) -> String {
        let names = columns.map { $0.hasSuffix(">") ? String($0.dropLast()) : $0 }
        let rules = columns.map { $0.hasSuffix(">") ? "--:" : "---" }
        let lines = [names, rules] + rows.prefix(most)
        let text = lines.map { "| \($0.joined(separator: " | ")) |\n" }.joined()
        return rows.count > most ? text + "\n\(rows.count - most) more are in the report.\n" : text
    }

    private static func list(_ sentences: [String]) -> String {
        let text = sentences.prefix(most).map { "- \(MarkdownText.escaped($0))\n" }.joined()
        return sentences.count > most ? text + "- \(sentences.count - most) more are in the report\n" : text
    }
}
