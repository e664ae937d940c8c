import Glibc

/// Percentile curves side by side: the share of samples along the axis, stretched so that each nine has the same room.
struct PercentileFigure {
    let curves: [PercentileCurve]
    /// Tints where the last curve lies above the first.
    var isComparison = false

    private static let marks: [(nines: Double, name: String)] = [
        (0, "0 %"), (log10(2), "50 %"), (1, "90 %"), (2, "99 %"), (3, "99.9 %"), (4, "99.99 %"), (5, "99.999 %"),
    ]

    func write(to page: inout Markup, id: String, title: String) {
        let figure = Figure(id: id, title: title, detail: detail)
        page.element("ul", ["class": "key"]) { key in
            for curve in curves {
                key.element("li") { item in
                    item.element("svg", ["viewBox": "0 0 26 12", "class": "swatch", "aria-hidden": "true"]) { swatch in
                        var plot = Plot(width: 26, height: 12)
                        plot.curve([(0, 6), (26, 6)], curve.style)
                        plot.mark(13, 6, 4, "\(curve.style) point", isSquare: curve.style == "b")
                        swatch.raw(plot.markup.text)
                    }
                    item.words(curve.words)
                }
            }
        }
        figure.write(to: &page, drawing: plot)
    }

    private var detail: String {
        let sentences = curves.map { curve in
            let values = [50.0, 90, 99, 99.9].filter { PercentileCurve.nines($0 / 100) <= curve.firmNines }.map {
                "\(ReportText.trimmed($0)) % within "
                    + ReportText.time(us: curve.value(nines: PercentileCurve.nines($0 / 100)))
            }
            return "\(curve.words): " + (values.isEmpty ? "too few samples" : values.joined(separator: ", ")) + "."
        }
        return sentences.joined(separator: " ")
    }

    private func plot(width: Double) -> Plot {
        var plot = Plot(width: width, height: width > 900 ? 430 : width > 500 ? 370 : 320)
        let tagRoom = Plot.width(of: curves.map(\.tag).max { $0.count < $1.count } ?? "")
        let (left, right, top, bottom) = (plot.isNarrow ? 48.0 : 58, width - tagRoom - 14, 26.0, plot.height - 44)
        let reach = max(curves.map(\.lastNines).max() ?? 1, 1.2)
        let across = Scale(linear: 0, reach, start: left, end: right)
        let values = curves.flatMap { [$0.value(nines: 0.02), $0.steps.last?.us ?? 1] }.map { max($0, 1) }
        let up = Scale(
            logarithmic: (values.min() ?? 1) * 0.8, (values.max() ?? 10) * 1.15, start: bottom, end: top)

        plot.label(0, 12, plot.isNarrow ? "latency" : "latency, logarithmic", "soft")
        for value in up.ticks(about: plot.isNarrow ? 6 : 8) {
            plot.line(left, up(value), right, up(value), "grid")
            plot.label(left - 8, up(value) + 4, ReportText.roundTime(us: value), "tick", anchor: "end")
        }
        var taken = left - 20
        for mark in Self.marks where mark.nines <= reach {
            let x = across(mark.nines)
            let half = Plot.width(of: mark.name) / 2
            plot.line(x, top, x, bottom, "grid")
            plot.line(x, bottom, x, bottom + 5, "axis")
            let isCrowded = x - half < taken + 4 || (mark.nines == 0 && across(log10(2)) - x < 40)
            guard !isCrowded else { continue }
            plot.label(x, bottom + 19, mark.name, "tick", anchor: "middle")
            taken = x + half
        }
        plot.line(left, bottom, right, bottom, "axis")
        let caption =
            plot.isNarrow
            ? "this share was at most so late"
            : "this share of deliveries was at most so late; each nine has equal room"
        plot.label(left, bottom + 38, caption, "soft")
        if isComparison, let first = curves.first, let last = curves.last { tint(first, last, &plot, across, up) }
        for curve in curves { draw(curve, &plot, across, up) }
        tags(&plot, across, up, top...bottom)
        return plot
    }

    private func tint(
        _ first: PercentileCurve, _ last: PercentileCurve, _ plot: inout Plot, _ across: Scale, _ up: Scale
    ) {
        let reach = min(first.firmNines, last.firmNines)
        guard reach > 0 else { return }
        let nines = stride(from: 0, through: reach, by: reach / 200)
        let below = nines.map { (across($0), up(first.value(nines: $0))) }
        let above = nines.map { (across($0), up(max(first.value(nines: $0), last.value(nines: $0)))) }
        plot.field(above, below, "b tint")
    }

    private func draw(_ curve: PercentileCurve, _ plot: inout Plot, _ across: Scale, _ up: Scale) {
        let firm = path(of: curve, from: 0, to: curve.firmNines, across, up)
        plot.curve(firm, curve.style)
        plot.curve(path(of: curve, from: curve.firmNines, to: curve.lastNines, across, up), curve.style + " thin")
        for percent in [50.0, 90, 99, 99.9, 99.99] {
            let nines = PercentileCurve.nines(percent / 100)
            guard nines <= curve.firmNines else { break }
            let value = curve.value(nines: nines)
            plot.mark(
                across(nines), up(value), plot.isNarrow ? 3.2 : 4, "\(curve.style) point", isSquare: curve.style == "b",
                tip: "\(curve.words): \(ReportText.trimmed(percent)) % within \(ReportText.time(us: value))")
        }
    }

    private func path(of curve: PercentileCurve, from: Double, to: Double, _ across: Scale, _ up: Scale) -> [Plot.Point]
    {
        guard to > from else { return [] }
        return (0...240).map { step in
            let nines = from + (to - from) * Double(step) / 240
            return (across(nines), up(curve.value(nines: nines)))
        }
    }

    /// Each curve's name where it ends; names that would touch are moved apart.
    private func tags(_ plot: inout Plot, _ across: Scale, _ up: Scale, _ range: ClosedRange<Double>) {
        let ends = curves.map { up($0.value(nines: $0.lastNines)) }
        for (curve, y) in zip(curves, Plot.apart(ends, by: 17, within: range)) {
            plot.label(across(curve.lastNines) + 8, y + 5, curve.tag, "\(curve.style) tag")
        }
    }
}
