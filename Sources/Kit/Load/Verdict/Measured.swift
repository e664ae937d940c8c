/// Everything a run measured, for thresholds to be held against and for the report.
///
/// What was not put there for a scope, feed or code itself is the sum of what was put for its parts: `slow` of its models,
/// no feed of A and B, `closes` of every code; what is put must not overlap otherwise. Gauges have no sums.
struct Measured: Sendable {
    struct Key: Sendable, Hashable {
        var metric: LoadMetric
        var scope = LoadScope.all
        /// One owner of the isolation test; nil for both.
        var feed: IsolationFeed?
        /// Of `closes`; nil for all.
        var closeCode: Int?
    }

    enum Value: Sendable {
        case latency(LatencyHistogram)
        /// Of the whole run, and where that is known of its measured part, which rates are about.
        case count(Int, whileMeasured: Int? = nil)
        case gauge(Gauge)
    }

    /// Something looked at now and then.
    struct Gauge: Sendable, Equatable {
        private(set) var count = 0
        private(set) var sum = 0.0
        private(set) var min = 0.0
        private(set) var max = 0.0
        private(set) var last = 0.0

        mutating func record(_ value: Double) {
            min = count == 0 ? value : Swift.min(min, value)
            max = count == 0 ? value : Swift.max(max, value)
            sum += value
            count += 1
            last = value
        }
    }

    /// How long was measured.
    var seconds = 0.0
    /// How long A's and B's blocks were, together.
    var feedSeconds: [IsolationFeed: Double] = [:]
    /// Every client, not only the worst hundred.
    var clients: [LoadReport.ClientSummary] = []
    var isolation: LoadReport.Isolation?

    private var values: [Key: Value] = [:]

    /// What was put for this key before is replaced.
    mutating func put(_ value: Value, for key: Key) {
        precondition(key.scope != .each && key.metric.takes(value), "\(key.metric.rawValue) is no such value")
        values[key] = value
    }

    /// Such as `put(.count(3), .drops, .model(.never))`.
    mutating func put(
        _ value: Value, _ metric: LoadMetric, _ scope: LoadScope = .all, during feed: IsolationFeed? = nil,
        closeCode: Int? = nil
    ) {
        put(value, for: Key(metric: metric, scope: scope, feed: feed, closeCode: closeCode))
    }

    /// nil when nothing was put for it or any part of it.
    func value(_ key: Key) -> Value? {
        if let value = values[key] { return value }
        if case .gauge = key.metric.kind { return nil }
        return values.reduce(into: [Key: Value]()) { parts, entry in
            guard key.holds(entry.key) else { return }
            // A part of another part is in that one already.
            guard !parts.keys.contains(where: { $0.holds(entry.key) }) else { return }
            parts = parts.filter { !entry.key.holds($0.key) }
            parts[entry.key] = entry.value
        }.values.reduce(nil) { Value.sum($0, $1) }
    }

    func seconds(of feed: IsolationFeed?) -> Double { feed.map { feedSeconds[$0] ?? 0 } ?? seconds }

    /// What was put, in the order of metrics, scopes and feeds.
    var entries: [(key: Key, value: Value)] {
        values.map { ($0.key, $0.value) }.sorted { $0.0.order.lexicographicallyPrecedes($1.0.order) }
    }
}

extension Measured.Key {
    /// Whether everything of `other` is also of this.
    fileprivate func holds(_ other: Self) -> Bool {
        metric == other.metric && scope.holds(other.scope) && (feed == nil || feed == other.feed)
            && (closeCode == nil || closeCode == other.closeCode)
    }

    fileprivate var order: [Int] {
        [
            LoadMetric.allCases.firstIndex(of: metric) ?? 0, closeCode ?? -1,
            LoadScope.everyScope.firstIndex(of: scope) ?? 0, feed == nil ? 0 : feed == .a ? 1 : 2,
        ]
    }
}

extension Measured.Value {
    /// nil when they cannot be added.
    fileprivate static func sum(_ one: Self?, _ other: Self) -> Self? {
        switch (one, other) {
        case (nil, _): return other
        case (.latency(var total), .latency(let part)):
            total += part
            return .latency(total)
        case (.count(let total, let timely), .count(let part, let timelyPart)):
            let isKnown = timely != nil || timelyPart != nil
            return .count(total + part, whileMeasured: isKnown ? (timely ?? total) + (timelyPart ?? part) : nil)
        default: return nil
        }
    }
}

extension LoadMetric {
    fileprivate func takes(_ value: Measured.Value) -> Bool {
        switch (kind, value) {
        case (.latency, .latency), (.counter, .count), (.gauge, .gauge): true
        default: false
        }
    }
}
