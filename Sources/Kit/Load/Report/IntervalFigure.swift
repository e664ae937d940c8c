/// For each percentile compared: how much later B was, its interval, and how late it may be.
struct IntervalFigure {
    let comparisons: [LoadReport.Isolation.Comparison]

    func write(to page: inout Markup, id: String) {
        let sentences = comparisons.map { one in
            let bound = one.boundUs.map { ", at most \(ReportText.difference(us: $0)) allowed" } ?? ""
            return "\(ReportText.percentile(one.percentile)): \(ReportText.difference(us: one.deltaUs)), between "
                + "\(ReportText.difference(us: one.lowUs)) and \(ReportText.difference(us: one.highUs))\(bound)."
        }
        let detail = sentences.joined(separator: " ")
        Figure(id: id, title: "B minus A with its 95\u{202F}% interval, against the bound", detail: detail)
            .write(to: &page, drawing: plot)
    }

    private func plot(width: Double) -> Plot {
        let rowHeight = 54.0
        let top = 8.0
        var plot = Plot(width: width, height: top + rowHeight * Double(comparisons.count) + 46)
        let bottom = plot.height - 42
        let (left, right) = (plot.isNarrow ? 44.0 : 58, width - (plot.isNarrow ? 14 : 24))
        let milliseconds = 1_000.0
        let lows = comparisons.map { min($0.lowUs, $0.deltaUs, 0) }.filter(\.isFinite)
        let highs = comparisons.flatMap { [$0.highUs, $0.deltaUs, ($0.boundUs ?? 0) * 1.08] }.filter(\.isFinite)
        let (low, high) = (lows.min() ?? 0, max(highs.max() ?? 0, 0.02 * milliseconds))
        let room = (high - low) * 0.06
        let across = Scale(linear: low < 0 ? low - room : low - room / 2, high + room, start: left, end: right)

        for tick in across.ticks(about: plot.isNarrow ? 4 : 8, unit: milliseconds) {
            plot.line(across(tick), top, across(tick), bottom, "grid")
            let name =
                tick == 0
                ? "0" : (tick > 0 ? "+" : "") + ReportText.trimmed(tick / milliseconds) + ReportText.space + "ms"
            plot.label(across(tick), bottom + 18, name, "tick", anchor: "middle")
        }
        for (index, comparison) in comparisons.enumerated() {
            draw(comparison, &plot, across, y: top + rowHeight * (Double(index) + 0.5), left)
        }
        plot.line(across(0), top, across(0), bottom, "axis")
        plot.label(across(0), bottom + 36, "no difference", "soft", anchor: across(0) < left + 60 ? "start" : "middle")
        plot.label(right, bottom + 36, "B is later \u{2192}", "soft", anchor: "end")
        return plot
    }

    private func draw(
        _ one: LoadReport.Isolation.Comparison, _ plot: inout Plot, _ across: Scale, y: Double, _ left: Double
    ) {
        plot.label(0, y + 5, ReportText.percentile(one.percentile), "strong")
        if let bound = one.boundUs {
            plot.rectangle(left, y - 15, across(bound) - left, 30, "allowed")
            plot.line(across(bound), y - 19, across(bound), y + 19, "bound")
            let words = "allowed: " + ReportText.trimmed(bound / 1_000) + ReportText.space + "ms"
            let isNearEnd = across(bound) + Plot.width(of: words) > across(across.high)
            let x = isNearEnd ? across(bound) - 7 : across(bound) + 7
            plot.label(x, y - 9, words, "bound-word halo", anchor: isNearEnd ? "end" : "start")
        }
        let style = one.verdict == .fail ? "b late" : "b"
        plot.line(across(one.lowUs), y, across(one.highUs), y, "\(style) whisker")
        for end in [one.lowUs, one.highUs] { plot.line(across(end), y - 6, across(end), y + 6, "\(style) whisker") }
        let tip = "\(ReportText.percentile(one.percentile)): \(ReportText.difference(us: one.deltaUs))"
        plot.mark(across(one.deltaUs), y, 5, "\(style) point", isSquare: true, tip: tip)
    }
}
