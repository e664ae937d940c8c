/// Strips above one another over the time of the run: phases, whose turn it was, what was measured, stops of the server.
struct TimelineFigure {
    let phases: [LoadReport.Offered.Phase]
    let stops: [LoadReport.Restart.Stop]
    /// Whose link was clicked when; neighbours of one owner joined.
    let turns: [(isB: Bool, start: Double, end: Double)]
    let rows: [TimelineRow]
    /// Seconds.
    let end: Double

    private static let heading = 28.0
    private static let distance = 18.0

    func write(to page: inout Markup, id: String, title: String) {
        let names = rows.map { "\($0.title): " + $0.series.map(\.name).joined(separator: ", ") }
        let detail = names.joined(separator: ". ") + ". From 0 to \(ReportText.trimmed(end)) s."
        Figure(id: id, title: title, detail: detail).write(to: &page, drawing: plot)
    }

    private func plot(width: Double) -> Plot {
        let hasNames = width > 500
        let top = (phases.isEmpty ? 0.0 : 26) + (stops.isEmpty ? 0 : 22)
        let turnsHeight = turns.isEmpty ? 0.0 : 34
        let rowsHeight = rows.reduce(0) { $0 + Self.heading + $1.height + Self.distance }
        var plot = Plot(width: width, height: top + turnsHeight + rowsHeight + 20)
        let (left, right) = (hasNames ? 58.0 : 46, width - (hasNames ? 92 : 4))
        let across = Scale(linear: 0, end, start: left, end: right)
        let bottom = plot.height - 36

        drawPhases(&plot, across, bottom)
        drawStops(&plot, across, top, bottom)
        var y = top
        if !turns.isEmpty {
            drawTurns(&plot, across, y: y)
            y += turnsHeight
        }
        for row in rows {
            draw(row, &plot, across, from: y + Self.heading)
            y += Self.heading + row.height + Self.distance
        }
        for moment in Scale.moments(until: end, about: plot.isNarrow ? 5 : 10) {
            plot.line(across(moment), bottom, across(moment), bottom + 5, "axis")
            plot.label(
                across(moment), bottom + 20, Self.name(moment, of: end), "tick",
                anchor: moment == 0 ? "start" : across(moment) > width - 16 ? "end" : "middle")
        }
        return plot
    }

    private static func name(_ second: Double, of end: Double) -> String {
        guard end > 300, second > 0 else { return ReportText.trimmed(second) + ReportText.space + "s" }
        return ReportText.trimmed(second / 60) + ReportText.space + "min"
    }

    /// A field behind everything that was not measured, and each phase's name where it has room.
    private func drawPhases(_ plot: inout Plot, _ across: Scale, _ bottom: Double) {
        for phase in phases {
            let (from, to) = (across(Double(phase.startMs) / 1_000), across(Double(phase.endMs) / 1_000))
            let isMeasured = phase.name == "measure"
            if !isMeasured { plot.rectangle(from, 18, to - from, bottom - 18, "unmeasured") }
            plot.rectangle(
                from + 0.5, 15, to - from - 1, 3, isMeasured ? "phase measured" : "phase",
                tip: Self.words[phase.name] ?? phase.name)
            let name = Self.words[phase.name] ?? phase.name
            if Plot.width(of: name) + 6 < to - from { plot.label(from + 1, 10, name, isMeasured ? "strong" : "soft") }
        }
    }

    private static let words = ["warmup": "warm-up", "measure": "measured"]

    private func drawStops(_ plot: inout Plot, _ across: Scale, _ top: Double, _ bottom: Double) {
        for (index, stop) in stops.prefix(50).enumerated() {
            let (from, to) = (
                across(Double(stop.atMs) / 1_000), across(Double(stop.atMs) / 1_000 + Double(stop.downMs) / 1_000)
            )
            let tip = "stop \(index + 1), \(stop.how), down for \(ReportText.time(us: Double(stop.downMs) * 1_000))"
            plot.rectangle(from, top - 6, max(to - from, 1.5), bottom - top + 6, "down", tip: tip)
            plot.line(from, top - 6, from, bottom, "stop")
            plot.label(
                from, top - 10, plot.isNarrow || stops.count > 8 ? "\(index + 1)" : "\(index + 1) \(stop.how)",
                "fail strong", anchor: "middle")
        }
    }

    private func drawTurns(_ plot: inout Plot, _ across: Scale, y: Double) {
        plot.label(across.start - 8, y + 12, "A", "a tag", anchor: "end")
        plot.label(across.start - 8, y + 26, "B", "b tag", anchor: "end")
        for turn in turns {
            let (from, to) = (across(turn.start), across(turn.end))
            plot.rectangle(from, y + (turn.isB ? 17 : 4), max(to - from - 0.4, 0.4), 9, turn.isB ? "b turn" : "a turn")
        }
    }

    private func draw(_ row: TimelineRow, _ plot: inout Plot, _ across: Scale, from top: Double) {
        let bottom = top + row.height
        let up = row.scale(start: bottom, end: top)
        plot.label(0, top - 12, row.title, "strong")
        if plot.isNarrow { drawKey(row, &plot, right: across.end, y: top - 12) }
        for tick in row.ticks(up) {
            plot.line(across.start, up(tick), across.end, up(tick), tick == 0 ? "axis" : "grid")
            plot.label(across.start - 8, up(tick) + 4, row.name(tick), "tick", anchor: "end")
        }
        for series in row.series { draw(series, &plot, across, up, bottom) }
        if !plot.isNarrow { drawNames(row, &plot, across, up, top...bottom) }
    }

    private func draw(_ series: TimelineRow.Series, _ plot: inout Plot, _ across: Scale, _ up: Scale, _ bottom: Double)
    {
        switch series.shape {
        case .line:
            var run: [Plot.Point] = []
            for point in series.points {
                if let value = point.value {
                    run.append((across(point.second), up(value)))
                } else {
                    plot.curve(run, series.style)
                    run = []
                }
            }
            plot.curve(run, series.style)
        case .bars:
            let room =
                zip(series.points, series.points.dropFirst()).map { across($1.second) - across($0.second) }.min() ?? 8
            let width = max(min(room * 0.7, 10), 0.8)
            for point in series.points {
                guard let value = point.value, value > 0 else { continue }
                let height = max(bottom - up(value), 1)
                let tip = "\(ReportText.trimmed(point.second)) s: \(ReportText.trimmed(value)) \(series.name)"
                plot.rectangle(
                    across(point.second) - width / 2, bottom - height, width, height, "\(series.style) bar", tip: tip)
            }
        case .rounds, .squares:
            for point in series.points {
                guard let value = point.value else { continue }
                plot.mark(
                    across(point.second), up(value), plot.isNarrow ? 1.5 : 2, "\(series.style) dot",
                    isSquare: series.shape == .squares)
            }
        }
    }

    /// Each line's name behind its end.
    private func drawNames(
        _ row: TimelineRow, _ plot: inout Plot, _ across: Scale, _ up: Scale, _ range: ClosedRange<Double>
    ) {
        let named = row.series.filter { !$0.name.isEmpty && !$0.values.isEmpty }
        let ends = named.map { series in
            up(series.shape == .line ? series.values.last { $0 > 0 } ?? 0 : series.values.max() ?? 0)
        }
        for (series, y) in zip(named, Plot.apart(ends, by: 15, within: range)) {
            plot.label(across.end + 8, y + 4, series.name, "\(series.style) name")
        }
    }

    private func drawKey(_ row: TimelineRow, _ plot: inout Plot, right: Double, y: Double) {
        var x = right
        for series in row.series.reversed() where !series.name.isEmpty && !series.values.isEmpty {
            plot.label(x, y, series.name, "\(series.style) name", anchor: "end")
            x -= Plot.width(of: series.name) + 10
        }
    }
}
