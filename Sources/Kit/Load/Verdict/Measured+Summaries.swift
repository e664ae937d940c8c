extension Measured {
    /// The report's metrics, in the order of metrics, scopes and feeds.
    func summaries() -> [LoadReport.MetricSummary] {
        entries.map { key, value in
            let name = key.closeCode.map { "\(key.metric.rawValue)[\($0)]" } ?? key.metric.rawValue
            let scope = key.scope.name + (key.feed.map { "@\($0.rawValue)" } ?? "")
            var summary = LoadReport.MetricSummary(name: name, scope: scope, unit: key.metric.unit.rawValue)
            switch value {
            case .latency(let latencies): Self.describe(latencies, seconds(of: key.feed), in: &summary)
            case .count(let count, let timely):
                summary.count = count
                summary.rate = Self.rate(timely ?? count, seconds(of: key.feed))
            case .gauge(let gauge): Self.describe(gauge, in: &summary)
            }
            return summary
        }
    }

    private static let percentiles: [(name: String, percent: Double)] = [
        ("50", 50), ("75", 75), ("90", 90), ("95", 95), ("99", 99), ("99.9", 99.9), ("99.99", 99.99),
    ]

    private static func describe(
        _ latencies: LatencyHistogram, _ seconds: Double, in summary: inout LoadReport.MetricSummary
    ) {
        summary.count = latencies.count
        summary.rate = rate(latencies.count, seconds)
        guard latencies.count > 0 else { return }
        summary.min = Double(latencies.min)
        summary.avg = latencies.mean
        summary.max = Double(latencies.max)
        if latencies.count > 1 { summary.stddev = latencies.standardDeviation }
        for (name, percent) in percentiles where Threshold.Stat.percentile(percent).isSupported(by: latencies.count) {
            summary.p[name] = Double(latencies.percentile(percent))
        }
        summary.med = summary.p["50"]
        summary.histogram = latencies.recorded.map { [Int($0.value), $0.count] }
    }

    private static func describe(_ gauge: Gauge, in summary: inout LoadReport.MetricSummary) {
        summary.count = gauge.count
        guard gauge.count > 0 else { return }
        summary.min = gauge.min
        summary.avg = gauge.sum / Double(gauge.count)
        summary.max = gauge.max
    }

    private static func rate(_ count: Int, _ seconds: Double) -> Double? {
        seconds > 0 ? Double(count) / seconds : nil
    }
}
