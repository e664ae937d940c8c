import Foundation

/// A metric's percentiles as HdrHistogram's plotters read them (`.hgrm`): times in milliseconds, anything else in its unit.
///
/// The lines are those of HdrHistogram's percentile iterator with five ticks to each halving of the distance to 100 %. Each is
///
///     Value Percentile TotalCount 1/(1-Percentile)
///
/// and the last one, the 100th percentile, has no fourth figure. Three lines with `#` follow.
public enum HDRText {
    private static let ticksPerHalving = 5.0
    /// Of `LatencyHistogram`: two digits up to one hour of microseconds.
    private static let buckets = (count: 25, steps: 256)

    /// - Parameter scope: Whose; nil takes `all`, else `fast`, else the first that has the metric.
    /// - Throws: `.invalid` when the report has no such metric, or no histogram of it.
    public static func text(_ report: LoadReport, metric name: String = "e2e", scope: String? = nil) throws(KitError)
        -> String
    {
        let found =
            if let scope {
                report.metrics.first { $0.name == name && $0.scope == scope }
            } else {
                report.metric(name)
            }
        guard let found, let steps = found.histogram.flatMap({ HistogramSteps($0) }) else {
            let known = report.metrics.filter { $0.histogram != nil }.map { "\($0.name) of \($0.scope)" }
            let choice = known.isEmpty ? "this report has none" : "there are \(known.joined(separator: ", "))"
            throw KitError(.invalid, "no histogram of \(name)\(scope.map { " of \($0)" } ?? ""); \(choice)")
        }
        return text(found, steps)
    }

    private static func text(_ metric: LoadReport.MetricSummary, _ steps: HistogramSteps) -> String {
        let scale = metric.unit == "us" ? 1_000.0 : 1
        var text = line("Value", "Percentile", "TotalCount", "1/(1-Percentile)") + "\n"
        for level in levels(of: steps) {
            let value = FigureText.fixed(Double(level.value) / scale, 3)
            let share = level.percentile / 100
            let inverse = level.percentile < 100 ? FigureText.fixed(1 / (1 - share), 2) : nil
            text += line(value, FigureText.fixed(share, 12), "\(level.count)", inverse)
        }
        let mean = FigureText.fixed((metric.avg ?? steps.mean) / scale, 3)
        let deviation = FigureText.fixed((metric.stddev ?? steps.deviation) / scale, 3)
        let longest = FigureText.fixed((metric.max ?? Double(steps.steps.last?.value ?? 0)) / scale, 3)
        text += "#[Mean    = \(padded(mean, 12)), StdDeviation   = \(padded(deviation, 12))]\n"
        text += "#[Max     = \(padded(longest, 12)), Total count    = \(padded("\(steps.count)", 12))]\n"
        text += "#[Buckets = \(padded("\(buckets.count)", 12)), SubBuckets     = \(padded("\(buckets.steps)", 12))]\n"
        return text
    }

    struct Level: Equatable {
        var value: Int
        /// From 0 to 100.
        var percentile: Double
        /// How many are at most the value.
        var count: Int
    }

    /// A step may be told several times where it spans several ticks; the last step once, and again as 100 %.
    static func levels(of histogram: HistogramSteps) -> [Level] {
        guard let last = histogram.steps.last else { return [] }
        var levels: [Level] = []
        var level = 0.0
        var reached = 0
        for step in histogram.steps {
            reached = HistogramSteps.sum(reached, step.count)
            let percent = 100 * Double(reached) / Double(histogram.count)
            while level <= percent {
                levels.append(Level(value: step.value, percentile: level, count: reached))
                let halvings = log2(100 / (100 - level)).rounded(.down)
                let next = level + 100 / (ticksPerHalving * exp2(halvings + 1))
                // Behind some 10^14 samples a tick is too small for a `Double` to move.
                guard reached < histogram.count, next > level, next < 100 else { break }
                level = next
            }
        }
        return levels + [Level(value: last.value, percentile: 100, count: histogram.count)]
    }

    private static func line(_ value: String, _ percentile: String, _ count: String, _ inverse: String?) -> String {
        let cells =
            [padded(value, 12), padded(percentile, 14), padded(count, 10)] + (inverse.map { [padded($0, 14)] } ?? [])
        return cells.joined(separator: " ") + "\n"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
