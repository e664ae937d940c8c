import Glibc

/// How late the given share of a metric's samples was at most, rebuilt from its histogram.
struct PercentileCurve {
    /// At the end of the line: `A`.
    let tag: String
    /// What it is of: `A: neighbours healthy`.
    let words: String
    /// Its class in the style sheet; `b` has square marks and all others round ones.
    let style: String
    let count: Double
    /// Each step: the share of samples up to and with it, and its value in microseconds; both rising.
    let steps: [(share: Double, us: Double)]

    /// - Returns: nil when there is no such metric or nothing in its histogram.
    init?(_ metric: LoadReport.MetricSummary?, tag: String, words: String, style: String) {
        let filled = (metric?.histogram ?? []).filter { $0.count == 2 && $0[1] > 0 && $0[0] >= 0 }
        let count = filled.reduce(0.0) { $0 + Double($1[1]) }
        guard count > 0 else { return nil }
        var reached = 0.0
        steps = filled.sorted { $0[0] < $1[0] }.map { step in
            reached += Double(step[1])
            return (reached / count, Double(step[0]))
        }
        (self.tag, self.words, self.style, self.count) = (tag, words, style, count)
    }

    /// Nines to the right: 0 for none, 1 for 90 %, 2 for 99 %. That is log10 of 1/(1−p).
    static func nines(_ share: Double) -> Double { -log10(max(1 - share, 1e-9)) }

    /// As far as one sample reaches.
    var lastNines: Double { log10(max(count, 2)) }

    /// As far as ten samples do: beyond it the line is chance.
    var firmNines: Double { log10(max(count / 10, 1)) }

    func value(nines: Double) -> Double {
        let share = 1 - pow(10, -nines)
        var (low, high) = (0, steps.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if steps[middle].share >= share - 1e-12 { high = middle } else { low = middle + 1 }
        }
        return steps[low].us
    }
}
