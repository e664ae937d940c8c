/// A figure of the table: what it is called and what it is counted in.
struct BenchMetric: Hashable {
    let name: String
    let unit: String
}

/// One metric's value from one window.
struct BenchSample {
    let metric: BenchMetric
    let value: Double
    /// Of a core's busy time, the share (0...1) that the server's process was not charged for.
    var foreignShare = 0.0

    init(_ name: String, _ unit: String, _ value: Double) {
        metric = BenchMetric(name: name, unit: unit)
        self.value = value
    }

    /// For the progress line.
    var line: String { "\(metric.name) \(BenchReport.figure(value)) \(metric.unit)" }

    /// Nanoseconds over `count` things, as µs.
    static func microseconds(_ name: String, per thing: String, _ nanoseconds: UInt64, over count: Int) -> BenchSample {
        BenchSample(name, "µs/\(thing)", Double(nanoseconds) / 1_000 / Double(max(1, count)))
    }

    static func latencies(_ name: String, _ histogram: BenchHistogram) -> [BenchSample] {
        [("median", 0.5), ("p99", 0.99)].map { word, share in
            BenchSample("\(name): \(word) latency", "µs", Double(histogram.quantile(share)) / 1_000)
        }
    }
}
