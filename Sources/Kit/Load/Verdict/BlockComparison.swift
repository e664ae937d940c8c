/// Whether B was slower than A in the isolation test, and how sure that is.
///
/// A coin decided for every block whose it is, so were B no dearer, A and B would have been dealt their blocks from one
/// deck. Every question is about that deal, and neither heavy tails nor hiccups longer than a block make the answer wrong:
///
/// - The shift: the median of all differences between a block of B and one of A (Hodges and Lehmann 1963), and its 95 %
///   interval by ranks. It is what every event of B waits longer.
/// - The mean, with its standard error. A cost in one block of ten hardly moves the shift, and a mean it does.
/// - The noise: the shift between halves of A.
///
/// `docs/loadtest.md` has the measured coverage and power. What slows A and B alike is no difference; an absolute
/// threshold such as `e2e.p99<20ms` finds that.
struct BlockComparison: Sendable {
    /// Microseconds B may be dearer by at each percentile; one without a bound is shown and not judged.
    static let bounds: [(percentile: Double, microseconds: Double?)] = [(50, 1_000), (95, 2_000), (99, nil)]
    /// Blocks of each feed; with fewer nothing is said.
    static let fewest = 10

    let blocks: [LoadReport.Isolation.Block]

    /// One for each percentile that enough blocks have; the judged ones with their verdict.
    func comparisons() -> [LoadReport.Isolation.Comparison] {
        Self.bounds.compactMap { comparison(at: $0.percentile, bound: $0.microseconds) }
    }

    private func comparison(at percentile: Double, bound: Double?) -> LoadReport.Isolation.Comparison? {
        let a = values(of: .a, at: percentile)
        let b = values(of: .b, at: percentile)
        guard a.count >= Self.fewest, b.count >= Self.fewest else { return nil }
        let shift = Shift(of: b, against: a)
        var comparison = LoadReport.Isolation.Comparison(
            percentile: percentile, aUs: Self.median(a), bUs: Self.median(b), deltaUs: shift.middle, lowUs: shift.low,
            highUs: shift.high, boundUs: bound, verdict: nil)
        let spread = Spread(of: b, against: a)
        comparison.meanDeltaUs = spread.difference
        comparison.meanErrorUs = spread.error
        comparison.noiseUs = Self.noise(within: a)
        comparison.verdict = bound.map { bound in
            let verdict = comparison.verdict(.atMost, bound)
            // Blocks in which next to nothing arrived are missing above; they may be what stalled clients cost.
            return verdict == .pass && isThin(at: percentile) ? .inconclusive : verdict
        }
        return comparison
    }

    /// In the order of time, as its neighbours are most like a block.
    private func values(of feed: IsolationFeed, at percentile: Double) -> [Int] {
        blocks.filter { $0.feed == feed.rawValue && Self.isUsable($0, at: percentile) }.map { block in
            switch percentile {
            case 50: block.p50Us
            case 95: block.p95Us
            default: block.p99Us
            }
        }
    }

    private static func isUsable(_ block: LoadReport.Isolation.Block, at percentile: Double) -> Bool {
        Threshold.Stat.percentile(percentile).isSupported(by: block.deliveries)
    }

    /// More than a tenth of a feed's blocks are not usable.
    private func isThin(at percentile: Double) -> Bool {
        IsolationFeed.allCases.contains { feed in
            let all = blocks.filter { $0.feed == feed.rawValue }
            let unusable = all.count { !Self.isUsable($0, at: percentile) }
            return unusable * 10 > all.count
        }
    }

    private static func median(_ values: [Int]) -> Double {
        let sorted = values.sorted()
        return Double(sorted[sorted.count / 2] + sorted[(sorted.count - 1) / 2]) / 2
    }

    /// The mean size of the shift between halves of them: every other one against the rest, every other two, four, …
    private static func noise(within values: [Int]) -> Double {
        var shifts: [Double] = []
        var run = 1
        while run * 2 <= values.count {
            let halves = values.indices.reduce(into: (one: [Int](), other: [Int]())) { halves, index in
                if index / run % 2 == 0 { halves.one.append(values[index]) } else { halves.other.append(values[index]) }
            }
            shifts.append(Shift(of: halves.one, against: halves.other).middle.magnitude)
            run *= 2
        }
        return shifts.reduce(0, +) / Double(max(shifts.count, 1))
    }
}

extension LoadReport.Isolation.Comparison {
    /// Pass when the interval says so, fail when it lies wholly on the other side, and inconclusive between the two: too
    /// noisy to tell, which a longer run cures.
    ///
    /// For a bound from above the mean counts too: one standard error above it must be within the bound, and two below it
    /// outside are a failure. Noise beyond half the bound takes a pass away, never a failure: the interval knows of it.
    func verdict(_ relation: Threshold.Relation, _ bound: Double) -> LoadReport.Verdict {
        func holds(_ value: Double) -> Bool { relation.holds(value, bound) }
        guard relation.asksForLess else {
            return holds(lowUs) ? .pass : holds(highUs) ? .inconclusive : .fail
        }
        // Where the mean is not known the interval speaks alone.
        let mean = meanDeltaUs.map { (low: $0 - 2 * (meanErrorUs ?? 0), high: $0 + (meanErrorUs ?? 0)) }
        guard holds(lowUs), holds(mean?.low ?? lowUs) else { return .fail }
        guard holds(highUs), holds(mean?.high ?? highUs) else { return .inconclusive }
        return bound > 0 && (noiseUs ?? 0) > bound / 2 ? .inconclusive : .pass
    }
}

extension BlockComparison {
    /// The judged comparisons as one check of the run.
    static func check(_ comparisons: [LoadReport.Isolation.Comparison]) -> LoadReport.Check {
        let parts = bounds.compactMap { percentile, bound in
            bound.map { part(comparisons.first { $0.percentile == percentile }, percentile, $0) }
        }
        let verdicts = parts.map(\.verdict)
        let verdict: LoadReport.Verdict =
            verdicts.contains(.fail) ? .fail : verdicts.contains(.inconclusive) ? .inconclusive : .pass
        return LoadReport.Check(
            name: "isolation", verdict: verdict, words: parts.map(\.words).joined(separator: "; "), isCorrectness: false
        )
    }

    private static func part(
        _ found: LoadReport.Isolation.Comparison?, _ percentile: Double, _ bound: Double
    ) -> (verdict: LoadReport.Verdict, words: String) {
        let name = Threshold.Stat.percentile(percentile).name == "med" ? "p50" : "p\(Int(percentile))"
        guard let found, let verdict = found.verdict else {
            return (.inconclusive, "\(name): fewer than \(fewest) blocks of each feed have enough deliveries")
        }
        let words = "\(name) with stalled clients beside: \(found.words), allowed \(LoadUnit.microseconds.write(bound))"
        return (verdict, verdict == .inconclusive ? words + ", too noisy to tell: \(found.noiseWords)" : words)
    }
}

extension LoadReport.Isolation.Comparison {
    /// `0.3 ms more (-0.1 ms to 0.7 ms)`.
    var words: String {
        let unit = LoadUnit.microseconds
        let more = "\(unit.write(deltaUs.magnitude)) \(deltaUs < 0 ? "less" : "more")"
        return "\(more) (\(unit.write(lowUs)) to \(unit.write(highUs)))"
    }

    /// What else the verdict was about.
    var noiseWords: String {
        let unit = LoadUnit.microseconds
        let mean = "the mean is \(unit.write(meanDeltaUs ?? 0)) more, ± \(unit.write(meanErrorUs ?? 0))"
        return "\(mean); halves of A differ by \(unit.write(noiseUs ?? 0))"
    }
}
