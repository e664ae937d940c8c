/// The steps of a report's histogram that have something in them, rising by value.
struct HistogramSteps: Equatable {
    struct Step: Equatable {
        var value: Int
        var count: Int
    }

    /// A percentile is told only with so many samples behind it: p99.9 of 9,999 would be the guess of nine.
    static let samplesBehind = 10.0
    /// What a report tells.
    static let percentiles = [50, 75, 90, 95, 99, 99.9, 99.99]

    let steps: [Step]
    /// All counts together; stops at the largest number there is, should a file claim more.
    let count: Int

    init(steps: [Step]) {
        self.steps = steps
        count = steps.reduce(0) { Self.sum($0, $1.count) }
    }

    /// - Parameter pairs: `[value, count]`; nil when one is not, when a value is negative or does not rise, or a count is below 1.
    init?(_ pairs: [[Int]]) {
        var steps: [Step] = []
        for pair in pairs {
            guard pair.count == 2, pair[0] > (steps.last?.value ?? -1), pair[1] > 0 else { return nil }
            steps.append(Step(value: pair[0], count: pair[1]))
        }
        self.init(steps: steps)
    }

    var pairs: [[Int]] { steps.map { [$0.value, $0.count] } }

    var mean: Double {
        count == 0 ? 0 : steps.reduce(0) { $0 + Double($1.value) * Double($1.count) } / Double(count)
    }

    /// Of the population, as HdrHistogram has it.
    var deviation: Double {
        guard count > 0 else { return 0 }
        let mean = mean
        let squares = steps.reduce(0) { sum, step in
            let distance = Double(step.value) - mean
            return sum + distance * distance * Double(step.count)
        }
        return (squares / Double(count)).squareRoot()
    }

    /// The value within which this share, from 0 to 100, lies; nil with too few samples behind it.
    func percentile(_ percent: Double) -> Int? {
        let total = Double(count)
        guard total * (100 - percent) / 100 > Self.samplesBehind - 1e-6 else { return nil }
        let wanted = (total * percent / 100 - 1e-6).rounded(.up)
        var reached = 0.0
        return steps.first { step in
            reached += Double(step.count)
            return reached >= wanted
        }?.value
    }

    /// Equal values become one step.
    static func + (left: Self, right: Self) -> Self {
        var counts: [Int: Int] = [:]
        for step in left.steps + right.steps { counts[step.value] = sum(counts[step.value] ?? 0, step.count) }
        return Self(steps: counts.sorted { $0.key < $1.key }.map { Step(value: $0.key, count: $0.value) })
    }

    /// Never past the largest and the smallest number: what a file claims must not end the program.
    static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, isTooMuch) = left.addingReportingOverflow(right)
        return isTooMuch ? (right < 0 ? .min : .max) : sum
    }
}

extension LoadReport.MetricSummary {
    /// As the report has it, else from its steps; nil with too few samples.
    func percentile(_ percent: Double) -> Double? {
        if let known = p[Self.key(percent)] { return known }
        return histogram.flatMap { HistogramSteps($0) }?.percentile(percent).map(Double.init)
    }

    /// `50`, `99.9`: how a percentile is called in the report.
    static func key(_ percent: Double) -> String {
        Int(exactly: percent).map { "\($0)" } ?? "\(percent)"
    }
}

extension LoadReport {
    /// The metric of the first of these scopes that has it, else its first.
    func metric(_ name: String, scopes: [String] = ["all", "fast"]) -> MetricSummary? {
        let found = metrics.filter { $0.name == name }
        for scope in scopes {
            if let metric = found.first(where: { $0.scope == scope }) { return metric }
        }
        return found.first
    }
}
