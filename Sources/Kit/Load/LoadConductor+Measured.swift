import Glibc
import Synchronization

/// From what the generator counted to what thresholds and reports speak of.
extension LoadConductor {
    func measured(_ results: LoadResults, _ clients: [LoadReport.ClientSummary]) -> Measured {
        var measured = Measured()
        measured.seconds = plan.duration / .seconds(1)
        measured.clients = clients
        putLatencies(results, into: &measured)
        putCounts(results, clients, into: &measured)
        putGauges(results, clients, into: &measured)
        return measured
    }

    private func putLatencies(_ results: LoadResults, into measured: inout Measured) {
        // Where there is one feed, A and B are before and after, and only the blocks know which.
        if plan.kind == .isolation, subject.setup.feeds.count > 1 {
            for (side, feed) in IsolationFeed.allCases.enumerated() {
                let blocks = results.blocks.count { $0.feed == side }
                measured.feedSeconds[feed] = Double(blocks) * Double(Scoreboard.blockLength) / 1e9
                guard results.endToEnd.indices.contains(side) else { continue }
                put(results.endToEnd[side], .e2e, .fast, feed, into: &measured)
                put(results.service[side], .service, .fast, feed, into: &measured)
                put(results.clicks[side], .click, .all, feed, into: &measured)
            }
            put(results.clicks.reduce(into: LatencyHistogram()) { $0 += $1 }, .click, .all, nil, into: &measured)
        } else {
            put(results.endToEnd[0], .e2e, .fast, nil, into: &measured)
            put(results.service[0], .service, .fast, nil, into: &measured)
            put(results.clicks[0], .click, .all, nil, into: &measured)
        }
        put(results[.connect], .connect, .all, nil, into: &measured)
        put(results[.upgrade], .upgrade, .all, nil, into: &measured)
        put(results[.firstMessage], .firstMessage, .all, nil, into: &measured)
        put(results[.scheduleLag], .scheduleLag, .all, nil, into: &measured)
        put(results[.loopLag], .generatorLag, .all, nil, into: &measured)
        put(results[.spread], .fanoutSpread, .fast, nil, into: &measured)
        put(results[.fresh], .recoveryFresh, .slow, nil, into: &measured)
        put(results[.staleness], .staleness, .slow, nil, into: &measured)
    }

    private func put(
        _ histogram: LatencyHistogram, _ metric: LoadMetric, _ scope: LoadScope, _ feed: IsolationFeed?,
        into measured: inout Measured
    ) {
        guard histogram.count > 0 else { return }
        measured.put(.latency(histogram), metric, scope, during: feed)
    }

    private func putCounts(
        _ results: LoadResults, _ clients: [LoadReport.ClientSummary], into measured: inout Measured
    ) {
        for (feed, sent) in results.sentByFeed.enumerated() {
            measured.put(.count(sent), .sent, during: isolationFeed(feed))
        }
        measured.put(.count(results.missed), .scheduleMissed)
        measured.put(
            .count(results.errors.values.reduce(0, +), whileMeasured: results.errorsWhileMeasured), .errors)
        for (code, count) in results.closes { measured.put(.count(count), .closes, closeCode: Int(code) ?? 0) }
        if results.closes.isEmpty { measured.put(.count(0), .closes) }
        let groups = Dictionary(grouping: zip(results.clients, clients)) { client, _ in
            Group(scope: LoadScope(of: client.model), feed: client.feed)
        }
        for (group, members) in groups {
            let (scope, feed) = (group.scope, isolationFeed(group.feed))
            let sum = { (count: (LoadReport.ClientSummary) -> Int) in members.reduce(0) { $0 + count($1.1) } }
            let timely = members.reduce(0) { $0 + $1.0.receivedWhileMeasured }
            measured.put(.count(sum(\.received), whileMeasured: timely), .delivered, scope, during: feed)
            measured.put(.count(sum(\.owed)), .expected, scope, during: feed)
            measured.put(.count(sum { $0.named + $0.unexplained }), .drops, scope, during: feed)
            measured.put(.count(sum(\.unexplained)), .lossUnexplained, scope, during: feed)
            measured.put(.count(sum(\.duplicates)), .duplicates, scope, during: feed)
            measured.put(.count(sum(\.orderViolations)), .orderViolations, scope, during: feed)
            measured.put(.count(sum(\.reconnects)), .reconnects, scope, during: feed)
            measured.put(
                .count(members.reduce(0) { $0 + $1.0.tally.falselyNamed }), .gapNoticeMismatch, scope, during: feed)
            if books != nil {
                measured.put(.count(sum { $0.serverDropped ?? 0 }), .dropsReported, scope, during: feed)
            }
        }
    }

    private struct Group: Hashable {
        let scope: LoadScope
        let feed: Int
    }

    /// Nil where the feeds are not set against each other.
    private func isolationFeed(_ feed: Int) -> IsolationFeed? {
        plan.kind == .isolation && subject.setup.feeds.count > 1 ? IsolationFeed.allCases[feed] : nil
    }

    private func putGauges(
        _ results: LoadResults, _ clients: [LoadReport.ClientSummary], into measured: inout Measured
    ) {
        let fast = zip(results.clients, clients).filter { $0.0.isMeasured }.map { Double($0.1.received) }
        if !fast.isEmpty { put([Fairness.jain(fast)], .fairness, .fast, into: &measured) }
        let during = measuredSamples(results)
        put(during.compactMap { $0.memory.map(Double.init) }, .serverMemory, into: &measured)
        put(during.compactMap { $0.descriptors.map(Double.init) }, .serverDescriptors, into: &measured)
        put(during.compactMap { $0.pending.map(Double.init) }, .serverQueue, into: &measured)
        put(processorShares(during).map { $0 * 100 }, .serverProcessor, into: &measured)
        if results.busy.of > 0 {
            put(
                [Double(results.busy.nanoseconds) / Double(results.busy.of) * 100], .generatorProcessor, into: &measured
            )
        }
        if let memory = ProcessUsage.roughResidentBytes(process: getpid()) {
            put([Double(memory)], .generatorMemory, into: &measured)
        }
    }

    private func put(
        _ values: [Double], _ metric: LoadMetric, _ scope: LoadScope = .all, into measured: inout Measured
    ) {
        guard !values.isEmpty else { return }
        measured.put(.gauge(values.reduce(into: Measured.Gauge()) { $0.record($1) }), metric, scope)
    }

    /// Of one core, between one sample and the next.
    func processorShares(_ samples: [ServerWatch.Sample]) -> [Double] {
        zip(samples, samples.dropFirst()).compactMap { before, after in
            guard let earlier = before.processor, let later = after.processor, later >= earlier, after.at > before.at
            else { return nil }
            return Double(later - earlier) / Double(after.at - before.at)
        }
    }

    /// Those taken while measuring.
    func measuredSamples(_ results: LoadResults) -> [ServerWatch.Sample] {
        guard let phase = results.phases.first(where: { $0.name == LoadRun.Phase.measure.rawValue }) else { return [] }
        let range = beginning + Int64(phase.startMs) * 1_000_000...beginning + Int64(phase.endMs) * 1_000_000
        return samples.filter { range.contains($0.at) }
    }
}
