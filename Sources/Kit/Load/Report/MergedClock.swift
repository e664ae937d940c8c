/// When merged runs took place, and what depends on it.
struct MergedClock {
    private let starts: [Timestamp?]
    private let lengths: [Double]
    /// There was a moment when all of them ran.
    let isTogether: Bool
    let startedAt: String
    let endedAt: String
    let wallSeconds: Double

    /// A run whose times cannot be read counts as begun with the first, and together with no other.
    init(_ reports: [LoadReport]) {
        starts = reports.map { Timestamp($0.startedAt) }
        let ends = reports.map { Timestamp($0.endedAt) }
        lengths = reports.map { max($0.wallSeconds, 0) }
        let first = starts.compactMap(\.self).min()
        let last = ends.compactMap(\.self).max()
        startedAt = reports.first { Timestamp($0.startedAt) == first }?.startedAt ?? ""
        endedAt = reports.first { Timestamp($0.endedAt) == last }?.endedAt ?? ""
        if let first, let last {
            wallSeconds = Double(last.microseconds - first.microseconds) / 1_000_000
        } else {
            wallSeconds = lengths.max() ?? 0
        }
        if starts.contains(nil) || ends.contains(nil) {
            isTogether = false
        } else if let latest = starts.compactMap(\.self).max(), let earliest = ends.compactMap(\.self).min() {
            isTogether = latest < earliest
        } else {
            isTogether = false
        }
    }

    /// The sum of what ran together; else the mean, each run weighted by its length. Nil when none has one.
    func rate(_ rates: [Double?]) -> Double? {
        let known = zip(rates, lengths).compactMap { rate, length in rate.map { (rate: $0, length: length) } }
        guard !known.isEmpty else { return nil }
        if isTogether { return known.reduce(0) { $0 + $1.rate } }
        let total = known.reduce(0) { $0 + $1.length }
        guard total > 0 else { return known.reduce(0) { $0 + $1.rate } / Double(known.count) }
        return known.reduce(0) { $0 + $1.rate * $1.length } / total
    }

    func offered(_ loads: [LoadReport.Offered]) -> LoadReport.Offered {
        var merged = LoadReport.Offered()
        merged.targetRate = rate(loads.map(\.targetRate)) ?? 0
        merged.achievedRate = rate(loads.map(\.achievedRate)) ?? 0
        for (index, load) in loads.enumerated() {
            merged.sent = HistogramSteps.sum(merged.sent, load.sent)
            merged.missed = HistogramSteps.sum(merged.missed, load.missed)
            for phase in load.phases { add(phase, of: index, to: &merged.phases) }
        }
        return merged
    }

    private func add(_ phase: LoadReport.Offered.Phase, of index: Int, to phases: inout [LoadReport.Offered.Phase]) {
        var phase = phase
        phase.startMs = shifted(phase.startMs, of: index)
        phase.endMs = shifted(phase.endMs, of: index)
        guard let known = phases.firstIndex(where: { $0.name == phase.name }) else { return phases.append(phase) }
        phases[known].startMs = min(phases[known].startMs, phase.startMs)
        phases[known].endMs = max(phases[known].endMs, phase.endMs)
        phases[known].sent = HistogramSteps.sum(phases[known].sent, phase.sent)
    }

    /// Rows of the same second of the merged run become one: counts added, times and levels the highest.
    func timeline(_ timelines: [[LoadReport.Second]]) -> [LoadReport.Second] {
        var seconds: [Int: LoadReport.Second] = [:]
        for (index, timeline) in timelines.enumerated() {
            for second in timeline {
                var second = second
                second.atMs = shifted(second.atMs, of: index)
                let key = Int((Double(second.atMs) / 1_000).rounded(.down))
                seconds[key] = seconds[key].map { Self.together($0, second) } ?? second
            }
        }
        return seconds.sorted { $0.key < $1.key }.map(\.value)
    }

    private func shifted(_ milliseconds: Int, of index: Int) -> Int {
        guard let first = starts.compactMap(\.self).min(), let start = starts[index] else { return milliseconds }
        return HistogramSteps.sum(milliseconds, Int((start.microseconds - first.microseconds) / 1_000))
    }

    private static func together(_ left: LoadReport.Second, _ right: LoadReport.Second) -> LoadReport.Second {
        func highest<Value: Comparable>(_ values: Value?...) -> Value? { values.compactMap(\.self).max() }
        let sum = HistogramSteps.sum
        var merged = left
        merged.atMs = min(left.atMs, right.atMs)
        // A second counts as measured only when all of it was.
        if left.phase != right.phase { merged.phase = left.phase == "measure" ? right.phase : left.phase }
        merged.sent = sum(left.sent, right.sent)
        merged.acknowledged = sum(left.acknowledged, right.acknowledged)
        merged.fast = sum(left.fast, right.fast)
        merged.slow = sum(left.slow, right.slow)
        merged.named = sum(left.named, right.named)
        // The server's own figures: each generator read the same ones.
        merged.dropped = highest(left.dropped, right.dropped)
        merged.serverMemoryBytes = highest(left.serverMemoryBytes, right.serverMemoryBytes)
        merged.serverCpuShare = highest(left.serverCpuShare, right.serverCpuShare)
        merged.p50Us = highest(left.p50Us, right.p50Us)
        merged.p99Us = highest(left.p99Us, right.p99Us)
        merged.maxUs = highest(left.maxUs, right.maxUs)
        merged.clickP99Us = highest(left.clickP99Us, right.clickP99Us)
        merged.connections = sum(left.connections, right.connections)
        merged.errors = sum(left.errors, right.errors)
        merged.generatorCpuShare = highest(left.generatorCpuShare, right.generatorCpuShare)
        merged.scheduleLagP99Us = highest(left.scheduleLagP99Us, right.scheduleLagP99Us)
        return merged
    }
}
