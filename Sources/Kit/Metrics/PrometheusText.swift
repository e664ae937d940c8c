/// Metrics in Prometheus' text format, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).
///
/// One call writes one family: `# HELP`, `# TYPE`, then all its samples, as the format wants them together. A family
/// must be written once. Names of metrics and labels are the program's own and go out as they are; help and labels'
/// values are escaped.
struct PrometheusText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""
    private var families: Set<String> = []

    /// A number that only rises while the program runs; its name ends in `_total`.
    mutating func counter(_ name: String, _ help: String, _ value: some PrometheusValue) {
        begin(name, help, "counter")
        sample(name, [], value)
    }

    /// One counter for each value of a label.
    mutating func counter(
        _ name: String, _ help: String, by label: String, _ samples: [(String, some PrometheusValue)]
    ) {
        begin(name, help, "counter")
        for (labelled, value) in samples { sample(name, [(label, labelled)], value) }
    }

    /// A number that rises and falls.
    mutating func gauge(_ name: String, _ help: String, _ value: some PrometheusValue) {
        begin(name, help, "gauge")
        sample(name, [], value)
    }

    /// One gauge for each value of a label.
    mutating func gauge(
        _ name: String, _ help: String, by label: String, _ samples: [(String, some PrometheusValue)]
    ) {
        begin(name, help, "gauge")
        for (labelled, value) in samples { sample(name, [(label, labelled)], value) }
    }

    /// Times in seconds, whatever unit they were recorded in; the name ends in `_seconds`.
    ///
    /// - Parameter bounds: Microseconds, rising; a bucket without an upper bound comes after them.
    mutating func histogram(
        _ name: String, _ help: String, _ latencies: LatencyHistogram, bounds: [Int64] = Self.usualBounds
    ) {
        begin(name, help, "histogram")
        for (bound, count) in zip(bounds, latencies.cumulative(upTo: bounds)) {
            sample("\(name)_bucket", [("le", (Double(bound) / 1e6).prometheusText)], count)
        }
        sample("\(name)_bucket", [("le", "+Inf")], latencies.count)
        sample("\(name)_sum", [], Double(latencies.sum) / 1e6)
        sample("\(name)_count", [], latencies.count)
    }

    /// 100 µs to 10 s, three or four in a power of ten.
    static let usualBounds: [Int64] = [
        100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
        5_000_000, 10_000_000,
    ]

    private mutating func begin(_ name: String, _ help: String, _ type: String) {
        let isNew = families.insert(name).inserted
        assert(isNew, "\(name) is written twice")
        text += "# HELP \(name) "
        escape(help)
        text += "\n# TYPE \(name) \(type)\n"
    }

    private mutating func sample(_ name: String, _ labels: [(String, String)], _ value: some PrometheusValue) {
        text += name
        for (index, label) in labels.enumerated() {
            text += "\(index == 0 ? "{" : ",")\(label.0)=\""
            escape(label.1, quotes: true)
            text += "\""
        }
        text += "\(labels.isEmpty ? "" : "}") \(value.prometheusText)\n"
    }

    /// By code point, not by character: CR LF is one character and must not slip through.
    private mutating func escape(_ words: String, quotes: Bool = false) {
        for scalar in words.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\"" where quotes: text += "\\\""
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}

/// What a sample's value can be.
protocol PrometheusValue {
    var prometheusText: String { get }
}

extension Int: PrometheusValue {
    var prometheusText: String { String(self) }
}

extension Double: PrometheusValue {
    /// Shortest text that reads back as the same number; whole numbers without a point.
    var prometheusText: String {
        if isNaN { return "NaN" }
        if isInfinite { return self > 0 ? "+Inf" : "-Inf" }
        return self == rounded() && magnitude < 1e15 ? String(Int64(self)) : "\(self)"
    }
}
