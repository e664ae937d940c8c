/// What a run must reach, such as `fast: e2e.p99<20ms`; parsed and type-checked before anything connects.
///
///     [SCOPE:] METRIC.STAT OP VALUE [during A|B] [abort [after DURATION]]
///     [SCOPE:] delta(METRIC.STAT) OP VALUE      B minus A in the isolation test, judged by the end of its interval
///     [SCOPE:] ratio(METRIC.STAT) OP VALUE      B over A
struct Threshold: Sendable, Equatable {
    /// As it was written.
    let text: String
    let scope: LoadScope
    let metric: LoadMetric
    /// Of `closes[1013]`.
    let closeCode: Int?
    let stat: Stat
    let form: Form
    let relation: Relation
    /// In `unit`.
    let bound: Double
    /// As it was written, with its unit.
    let boundText: String
    /// One owner of the isolation test.
    let feed: IsolationFeed?
    /// From when on in the measured time the run ends as soon as it fails; nil lets it go on.
    let abortAfter: Duration?

    enum Stat: Sendable, Equatable {
        case count, rate, share, least, mean, greatest, deviation, last
        /// From 0 to 100, without either; `med` is 50.
        case percentile(Double)
    }

    enum Form: Sendable, Equatable {
        case plain, delta, ratio
    }

    enum Relation: String, Sendable, CaseIterable {
        // The longer first: a reader takes the first that fits.
        case atMost = "<="
        case atLeast = ">="
        case equal = "=="
        case unequal = "!="
        case below = "<"
        case above = ">"

        /// Strict or inclusive exactly as written.
        func holds(_ value: Double, _ bound: Double) -> Bool {
            switch self {
            case .below: value < bound
            case .atMost: value <= bound
            case .above: value > bound
            case .atLeast: value >= bound
            case .equal: value == bound
            case .unequal: value != bound
            }
        }

        var asksForLess: Bool { self == .below || self == .atMost }
        var asksForMore: Bool { self == .above || self == .atLeast }
    }

    /// Of the number that is judged.
    var unit: LoadUnit { form == .ratio ? .one : stat.unit(of: metric) }

    func holds(_ value: Double) -> Bool { relation.holds(value, bound) }

    /// Whether the run may end because of it now, so long after the measured part began; during the warm-up never.
    func mayAbort(after measured: Duration) -> Bool { abortAfter.map { measured >= $0 } ?? false }
}

/// The two feeds of the isolation test; B's neighbours are the stalled clients.
enum IsolationFeed: String, Sendable, Hashable, CaseIterable {
    case a = "A"
    case b = "B"
}

extension Threshold.Stat {
    /// As it is written.
    var name: String {
        switch self {
        case .count: "count"
        case .rate: "rate"
        case .share: "pct"
        case .least: "min"
        case .mean: "avg"
        case .greatest: "max"
        case .deviation: "stddev"
        case .last: "value"
        case .percentile(50): "med"
        case .percentile(let percent): percent == percent.rounded() ? "p\(Int(percent))" : "p\(percent)"
        }
    }

    /// Those a metric has, for people.
    static func words(of metric: LoadMetric) -> String {
        switch metric.kind {
        case .latency: "count, rate, min, avg, med, max, stddev and pNN"
        case .counter: metric.whole == nil ? "count and rate" : "count, rate and pct"
        case .gauge: "min, avg, max and value"
        }
    }

    func fits(_ metric: LoadMetric) -> Bool {
        switch (self, metric.kind) {
        case (.count, .latency), (.rate, .latency), (.deviation, .latency), (.percentile, .latency): true
        case (.count, .counter), (.rate, .counter): true
        case (.share, .counter): metric.whole != nil
        case (.least, .latency), (.mean, .latency), (.greatest, .latency): true
        case (.least, .gauge), (.mean, .gauge), (.greatest, .gauge), (.last, .gauge): true
        default: false
        }
    }

    func unit(of metric: LoadMetric) -> LoadUnit {
        switch self {
        case .count: .one
        case .rate: .perSecond
        case .share: .percent
        default: metric.unit
        }
    }

    /// Ten samples lie beyond it, or it needs none beyond.
    func isSupported(by samples: Int) -> Bool {
        switch self {
        // In hundredths, as 100 - 99.9 is not quite 0.1.
        case .percentile(let percent): Double(samples) * (100 - percent) >= 1_000 * (1 - 1e-9)
        case .deviation: samples > 1
        default: samples > 0
        }
    }
}
