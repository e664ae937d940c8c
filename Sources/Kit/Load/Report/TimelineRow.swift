/// One strip of a timeline: what is drawn in it and on which scale.
struct TimelineRow {
    enum Shape {
        case line
        /// From 0 up, a bar for each point.
        case bars
        case rounds, squares
    }

    struct Series {
        let name: String
        let style: String
        var shape = Shape.line
        /// Seconds since the start, and the value then; a gap where it is nil.
        let points: [(second: Double, value: Double?)]

        var values: [Double] { points.compactMap(\.value).filter(\.isFinite) }
    }

    enum Unit { case microseconds, bytes, share, count }

    let title: String
    let unit: Unit
    var height = 96.0
    var series: [Series]

    /// A row that shows nothing is left out.
    var isEmpty: Bool { series.allSatisfy { $0.values.isEmpty } }

    /// Latency over factors, everything else from 0.
    func scale(start: Double, end: Double) -> Scale {
        let values = series.flatMap(\.values)
        let top = values.max() ?? 1
        switch unit {
        case .microseconds:
            let low = max(values.min() ?? 1, 1)
            return Scale(logarithmic: low * 0.8, max(top * 1.2, low * 4), start: start, end: end)
        case .bytes:
            let mebibyte = 1_048_576.0
            return Scale(linear: 0, Scale.roundTop(top * 1.02, about: 3, unit: mebibyte), start: start, end: end)
        case .share:
            return Scale(linear: 0, Scale.roundTop(max(top, 0.1), about: 5, unit: 0.01), start: start, end: end)
        case .count: return Scale(linear: 0, Scale.roundTop(max(top, 1), about: 5), start: start, end: end)
        }
    }

    func ticks(_ scale: Scale) -> [Double] {
        scale.ticks(
            about: height < 70 ? 2 : unit == .microseconds ? 4 : 3,
            unit: unit == .bytes ? 1_048_576 : unit == .share ? 0.01 : 1)
    }

    func name(_ tick: Double) -> String {
        switch unit {
        case .microseconds: ReportText.roundTime(us: tick)
        case .bytes: ReportText.trimmed(tick / 1_048_576) + ReportText.space + "MiB"
        case .share: ReportText.trimmed(tick * 100) + ReportText.space + "%"
        case .count:
            tick >= 10_000_000
                ? ReportText.trimmed(tick / 1_000_000) + "M"
                : tick >= 10_000 ? ReportText.trimmed(tick / 1_000) + "k" : ReportText.trimmed(tick)
        }
    }
}
