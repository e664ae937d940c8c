/// Metrics of several runs as one each: their histograms added and percentiles taken anew.
struct MergedMetrics {
    private let clock: MergedClock

    init(_ clock: MergedClock) { self.clock = clock }

    /// A metric is the same when name, scope and unit are; they come in the order first seen.
    func merge(_ lists: [[LoadReport.MetricSummary]]) -> [LoadReport.MetricSummary] {
        var keys: [[String]] = []
        for metric in lists.joined() where !keys.contains(Self.key(metric)) { keys.append(Self.key(metric)) }
        return keys.map { key in
            merge(lists.map { list in list.first { Self.key($0) == key } })
        }
    }

    private static func key(_ metric: LoadReport.MetricSummary) -> [String] {
        [metric.name, metric.scope, metric.unit]
    }

    /// - Parameter metrics: One place for each run; nil where the run has none. At least one has.
    private func merge(_ metrics: [LoadReport.MetricSummary?]) -> LoadReport.MetricSummary {
        let known = metrics.compactMap(\.self)
        guard known.count > 1 else { return known[0] }
        var merged = LoadReport.MetricSummary(name: known[0].name, scope: known[0].scope, unit: known[0].unit)
        merged.count = known.reduce(0) { HistogramSteps.sum($0, $1.count) }
        merged.rate = clock.rate(metrics.map { $0?.rate })
        merged.min = known.compactMap(\.min).min()
        merged.max = known.compactMap(\.max).max()
        spread(known, &merged)
        // Percentiles without all of the samples behind them would be those of a part.
        let histograms = known.map { metric in metric.histogram.flatMap { HistogramSteps($0) } }
        guard !histograms.contains(nil) else { return merged }
        let steps = histograms.compactMap(\.self).reduce(HistogramSteps(steps: []), +)
        merged.histogram = steps.pairs
        merged.med = steps.percentile(50).map(Double.init)
        for percent in HistogramSteps.percentiles {
            merged.p[LoadReport.MetricSummary.key(percent)] = steps.percentile(percent).map(Double.init)
        }
        return merged
    }

    /// Mean and deviation of all samples together, from those of the parts; neither when a part with samples lacks its own.
    private func spread(_ parts: [LoadReport.MetricSummary], _ merged: inout LoadReport.MetricSummary) {
        let parts = parts.filter { $0.count > 0 }
        let count = parts.reduce(0.0) { $0 + Double($1.count) }
        let means = parts.compactMap(\.avg)
        guard count > 0, means.count == parts.count else { return }
        let mean = zip(parts, means).reduce(0) { $0 + Double($1.0.count) * $1.1 } / count
        merged.avg = mean
        let deviations = parts.compactMap(\.stddev)
        guard deviations.count == parts.count else { return }
        var squares = 0.0
        for (index, part) in parts.enumerated() {
            let distance = means[index] - mean
            squares += Double(part.count) * (deviations[index] * deviations[index] + distance * distance)
        }
        merged.stddev = (squares / count).squareRoot()
    }
}
