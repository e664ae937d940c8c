extension Measured {
    /// Nothing measured, or too little for what is asked, is inconclusive and never passed.
    func outcome(of threshold: Threshold) -> LoadReport.ThresholdOutcome {
        switch (threshold.scope, threshold.form) {
        case (.each, _): eachOutcome(of: threshold)
        case (_, .plain): judged(figure(threshold, during: threshold.feed), by: threshold)
        case (_, .ratio): judged(ratio(threshold), by: threshold)
        case (_, .delta): deltaOutcome(of: threshold)
        }
    }

    /// A number and how many samples it rests on, or why there is none.
    private enum Figure {
        case known(Double, samples: Int)
        case missing(String, samples: Int)

        var samples: Int {
            switch self {
            case .known(_, let samples), .missing(_, let samples): samples
            }
        }
    }

    private func judged(_ figure: Figure, by threshold: Threshold) -> LoadReport.ThresholdOutcome {
        var outcome = LoadReport.ThresholdOutcome(
            expression: threshold.text, bound: threshold.boundWords, samples: figure.samples, verdict: .inconclusive)
        switch figure {
        case .missing(let why, _): outcome.note = why
        case .known(let value, _):
            outcome.verdict = threshold.holds(value) ? .pass : .fail
            outcome.observed = threshold.observed(value)
            outcome.marginPercent = threshold.margin(of: value)
        }
        return outcome
    }

    private func figure(_ threshold: Threshold, during feed: IsolationFeed?) -> Figure {
        let key = Key(metric: threshold.metric, scope: threshold.scope, feed: feed, closeCode: threshold.closeCode)
        guard let value = value(key) else { return .missing("not measured", samples: 0) }
        switch value {
        case .latency(let latencies): return figure(threshold.stat, of: latencies, seconds: seconds(of: feed))
        case .count(let count, let timely): return figure(threshold.stat, of: count, timely ?? count, key)
        case .gauge(let gauge): return Self.figure(threshold.stat, of: gauge)
        }
    }

    private func figure(_ stat: Threshold.Stat, of latencies: LatencyHistogram, seconds: Double) -> Figure {
        let samples = latencies.count
        guard samples > 0 else { return .missing("no samples", samples: 0) }
        guard stat.isSupported(by: samples) else {
            return .missing("n/a (n=\(samples)): \(stat.name) needs ten samples beyond it", samples: samples)
        }
        switch stat {
        case .count: return .known(Double(samples), samples: samples)
        case .rate: return rate(samples, seconds, samples: samples)
        case .least: return .known(Double(latencies.min), samples: samples)
        case .mean: return .known(latencies.mean, samples: samples)
        case .greatest: return .known(Double(latencies.max), samples: samples)
        case .deviation: return .known(latencies.standardDeviation, samples: samples)
        case .percentile(let percent): return .known(Double(latencies.percentile(percent)), samples: samples)
        case .share, .last: return .missing("not measured", samples: samples)
        }
    }

    /// A counter rests on what it is a part of: no loss where nothing was owed is no proof.
    ///
    /// - Parameter timely: What of it came while measured.
    private func figure(_ stat: Threshold.Stat, of count: Int, _ timely: Int, _ key: Key) -> Figure {
        let whole = key.metric.whole.map { self.count(of: $0, key) } ?? count
        if key.metric.whole != nil, whole == 0, count == 0 || stat == .share {
            let what = key.metric.whole == .sent ? "nothing was sent" : "nothing was owed to these clients"
            return .missing("no samples: \(what)", samples: 0)
        }
        switch stat {
        case .rate: return rate(timely, seconds(of: key.feed), samples: whole)
        case .share:
            // Events sent are those of the measured part, numbers owed those of the whole run.
            let part = key.metric.whole == .sent ? timely : count
            return .known(100 * Double(part) / Double(whole), samples: whole)
        default: return .known(Double(count), samples: whole)
        }
    }

    private func count(of whole: LoadMetric, _ key: Key) -> Int {
        let scope = whole.isOfClients ? key.scope : .all
        guard case .count(let count, _)? = value(Key(metric: whole, scope: scope, feed: key.feed)) else { return 0 }
        return count
    }

    private func rate(_ count: Int, _ seconds: Double, samples: Int) -> Figure {
        seconds > 0
            ? .known(Double(count) / seconds, samples: samples) : .missing("no time was measured", samples: samples)
    }

    private static func figure(_ stat: Threshold.Stat, of gauge: Gauge) -> Figure {
        guard gauge.count > 0 else { return .missing("no samples", samples: 0) }
        switch stat {
        case .least: return .known(gauge.min, samples: gauge.count)
        case .mean: return .known(gauge.sum / Double(gauge.count), samples: gauge.count)
        case .greatest: return .known(gauge.max, samples: gauge.count)
        default: return .known(gauge.last, samples: gauge.count)
        }
    }

    private func ratio(_ threshold: Threshold) -> Figure {
        let (a, b) = (figure(threshold, during: .a), figure(threshold, during: .b))
        let samples = min(a.samples, b.samples)
        switch (a, b) {
        case (.missing(let why, _), _): return .missing("A: \(why)", samples: samples)
        case (_, .missing(let why, _)): return .missing("B: \(why)", samples: samples)
        case (.known(0, _), _): return .missing("A is 0, so there is no ratio", samples: samples)
        case (.known(let a, _), .known(let b, _)): return .known(b / a, samples: samples)
        }
    }

    private func deltaOutcome(of threshold: Threshold) -> LoadReport.ThresholdOutcome {
        var outcome = LoadReport.ThresholdOutcome(
            expression: threshold.text, bound: threshold.boundWords, verdict: .inconclusive)
        outcome.samples = isolation?.blocks.count ?? 0
        let found = isolation?.comparisons.first { .percentile($0.percentile) == threshold.stat }
        guard let found else {
            outcome.note = "too few blocks of A and B to compare"
            return outcome
        }
        let judged = threshold.relation.asksForLess ? found.highUs : found.lowUs
        outcome.verdict = found.verdict(threshold.relation, threshold.bound)
        outcome.observed = found.words
        outcome.marginPercent = threshold.margin(of: judged)
        if outcome.verdict == .inconclusive { outcome.note = "too noisy to tell: \(found.noiseWords)" }
        return outcome
    }

    /// One client outside the bound fails it; one of whom nothing is known makes it inconclusive.
    private func eachOutcome(of threshold: Threshold) -> LoadReport.ThresholdOutcome {
        var outcome = LoadReport.ThresholdOutcome(
            expression: threshold.text, bound: threshold.boundWords, verdict: .inconclusive)
        guard let figure = ClientFigure(threshold.metric, threshold.stat) else { return outcome }
        let asked = clients.filter { client in
            figure.applies(to: client) && (threshold.feed == nil || client.feed == threshold.feed?.rawValue)
        }
        let known = asked.compactMap { client in
            figure.value(of: client, closeCode: threshold.closeCode).map { (client: client, value: $0) }
        }
        outcome.samples = known.count
        guard let worst = known.max(by: { threshold.badness(of: $0.value) < threshold.badness(of: $1.value) }) else {
            outcome.note = asked.isEmpty ? "no client it could be of" : "of none of \(asked.count) clients known"
            return outcome
        }
        outcome.observed = threshold.observed(worst.value)
        outcome.marginPercent = threshold.margin(of: worst.value)
        let failed = known.count { !threshold.holds($0.value) }
        if failed > 0 {
            outcome.verdict = .fail
            let model = worst.client.model.map { " (\($0))" } ?? ""
            outcome.note =
                "\(failed) of \(asked.count) clients failed; the worst is client \(worst.client.id), "
                + "\(worst.client.role)\(model), with \(threshold.observed(worst.value))"
        } else if known.count < asked.count {
            outcome.note = "of \(asked.count - known.count) of \(asked.count) clients too little is known"
        } else {
            outcome.verdict = .pass
        }
        return outcome
    }
}

extension Threshold {
    fileprivate var boundWords: String { "\(relation.rawValue) \(unit.write(bound))" }

    /// With so many digits that it does not look like a bound it is not.
    fileprivate func observed(_ value: Double) -> String {
        let bound = unit.write(self.bound)
        let texts = [3, 6, 9].map { unit.write(value, digits: $0) }
        return value == self.bound ? texts[0] : texts.first { $0 != bound } ?? texts[2]
    }

    /// In percent of the bound; nil where there is no inside, or nothing to be a share of.
    fileprivate func margin(of value: Double) -> Double? {
        guard bound != 0, relation.asksForLess || relation.asksForMore else { return nil }
        let inside = relation.asksForLess ? bound - value : value - bound
        return 100 * inside / bound.magnitude
    }

    /// The greater, the nearer to failing or the further beyond.
    fileprivate func badness(of value: Double) -> Double {
        switch relation {
        case .below, .atMost: value
        case .above, .atLeast: -value
        case .equal: (value - bound).magnitude
        case .unequal: -(value - bound).magnitude
        }
    }
}
