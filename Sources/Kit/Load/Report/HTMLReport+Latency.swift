extension HTMLReport {
    func writeIsolation(_ page: inout Markup) {
        guard let isolation = report.isolation else { return }
        let curves = [
            PercentileCurve(metric("e2e", "fast@A"), tag: "A", words: "A: neighbours healthy", style: "a"),
            PercentileCurve(metric("e2e", "fast@B"), tag: "B", words: "B: neighbours stalled", style: "b"),
        ].compactMap(\.self)
        guard !curves.isEmpty || !isolation.comparisons.isEmpty else { return }
        section(&page, "isolation", "What stalled neighbours cost") { page in
            page.element("p", ["class": "lead"], story(isolation))
            if !curves.isEmpty {
                page.element("figure") { figure in
                    PercentileFigure(curves: curves, isComparison: curves.count == 2)
                        .write(
                            to: &figure, id: "owners", title: "Latency of the fast clients of A and of B, by percentile"
                        )
                    let caption =
                        "Fast clients only, from the intended time of each event. Where the line is dotted, fewer than ten samples lie behind it."
                    figure.element("figcaption", caption)
                }
            }
            guard !isolation.comparisons.isEmpty else { return }
            page.element("h3", "B minus A")
            page.element("figure") { figure in
                IntervalFigure(comparisons: isolation.comparisons).write(to: &figure, id: "interval")
                let caption =
                    "The mark is the difference, the line its 95\u{202F}% interval. It passes when the upper end of the line lies within what is allowed."
                figure.element("figcaption", caption)
            }
            table(
                &page, "B minus A, by percentile",
                ["percentile", "A", "B", "B \(ReportText.minus) A", "95\u{202F}% interval", "allowed", "verdict"],
                rows: isolation.comparisons.map(row), isStacked: true)
            facts(&page, stalledFacts(isolation))
        }
    }

    private func story(_ isolation: LoadReport.Isolation) -> String {
        guard let one = isolation.comparisons.first else {
            return "The fast clients of both, side by side."
        }
        let others = isolation.comparisons.dropFirst().filter { $0.boundUs != nil }.last
        var words =
            "In the median of its blocks, half of A\u{2019}s events arrived within \(ReportText.time(us: one.aUs)), half of B\u{2019}s within \(ReportText.time(us: one.bUs))"
        if one.percentile != 50 {
            let name = ReportText.percentile(one.percentile)
            words =
                "At \(name), A\u{2019}s events took \(ReportText.time(us: one.aUs)), B\u{2019}s \(ReportText.time(us: one.bUs))"
        }
        if let others {
            words +=
                "; at \(ReportText.percentile(others.percentile)) it was \(ReportText.time(us: others.aUs)) and \(ReportText.time(us: others.bUs))"
        }
        return words + "."
    }

    private func row(_ one: LoadReport.Isolation.Comparison) -> [Cell] {
        [
            .head(ReportText.percentile(one.percentile)), .number(ReportText.time(us: one.aUs)),
            .number(ReportText.time(us: one.bUs)),
            .number(ReportText.difference(us: one.deltaUs)),
            .number("\(ReportText.difference(us: one.lowUs)) to \(ReportText.difference(us: one.highUs))"),
            one.boundUs.map { .number("\u{2264} " + ReportText.roundTime(us: $0)) } ?? .number("not judged"),
            one.verdict.map { .verdict($0) } ?? .words(""),
        ]
    }

    private func stalledFacts(_ isolation: LoadReport.Isolation) -> [(String, String)] {
        var facts = [("dropped for stalled clients while measured", ReportText.count(isolation.dropsWhileMeasured))]
        if let after = isolation.filledAfterMs {
            facts.append(("all stalled clients full after", ReportText.time(us: Double(after) * 1_000)))
        }
        if let bytes = isolation.swallowedBytes {
            facts.append(("taken for one before its first drop", ReportText.bytes(Double(bytes))))
        }
        facts.append(("blocks compared", ReportText.count(isolation.blocks.count)))
        return facts
    }

    /// For every run that has no two feeds: corrected and uncorrected side by side.
    func writeLatency(_ page: inout Markup) {
        guard report.isolation == nil else { return }
        let curves = [
            PercentileCurve(
                metric("e2e", "fast", "all"), tag: "e2e", words: "e2e: from the intended time to the client", style: "a"
            ),
            PercentileCurve(
                metric("service", "fast", "all"), tag: "service",
                words: "service: from the actual sending, uncorrected", style: "b"),
            PercentileCurve(
                metric("click", "all", "fast"), tag: "click", words: "click: from the intended time to the redirect",
                style: "quiet"),
        ].compactMap(\.self)
        guard !curves.isEmpty else { return }
        section(&page, "latency", "Latency") { page in
            var words = "How late events were."
            if let e2e = metric("e2e", "fast", "all"), let median = e2e.med ?? e2e.p["50"] {
                words = "Half of all events arrived within \(ReportText.time(us: median))"
                if let p99 = e2e.p["99"] { words += ", 99\u{202F}% within \(ReportText.time(us: p99))" }
                words += "."
            }
            page.element("p", ["class": "lead"], words)
            page.element("figure") { figure in
                PercentileFigure(curves: curves).write(
                    to: &figure, id: "latency-curves", title: "Latency by percentile")
                let caption =
                    "Where e2e lies far above service, the server or the generator was held up and events waited. Where the line is dotted, fewer than ten samples lie behind it."
                figure.element("figcaption", caption)
            }
        }
    }

    /// Of the first of these scopes there is.
    func metric(_ name: String, _ scopes: String...) -> LoadReport.MetricSummary? {
        for scope in scopes {
            if let found = report.metrics.first(where: { $0.name == name && $0.scope == scope }) { return found }
        }
        return nil
    }
}
