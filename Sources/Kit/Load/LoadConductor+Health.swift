import Glibc

/// Whether the load generator could do what it was asked to: what it measured is worth no more than that.
extension LoadConductor {
    func generator(_ results: LoadResults) -> LoadReport.Generator {
        var generator = LoadReport.Generator()
        generator.memoryBytes = ProcessUsage.roughResidentBytes(process: getpid())
        let (lag, late) = (results[.loopLag], results[.scheduleLag])
        if lag.count > 0 { generator.loopLagP99Us = Int(lag.percentile(99)) }
        if late.count > 0 { generator.scheduleLagP99Us = Int(late.percentile(99)) }
        var degraded: [String] = []
        var saturated: [String] = []
        if results.busy.of > 0 {
            let share = Double(results.busy.nanoseconds) / Double(results.busy.of)
            generator.cpuShare = share
            if share > 0.9 { saturated.append("The generator's thread was busy \(Int(share * 100)) % of the time.") }
        }
        if let lag = generator.loopLagP99Us, lag > 5_000 {
            degraded.append("The generator's 10 ms timer was \(ReportText.time(us: Double(lag))) late at p99.")
        }
        let events = results.endToEnd.reduce(into: LatencyHistogram()) { $0 += $1 }
        // A server that is down cannot be sent anything, and who waits for each answer is as late as that.
        if plan.kind != .restart, subject.setup.sendsAhead, let late = generator.scheduleLagP99Us, late > 1_000,
            events.count > 0,
            late * 10 > Int(events.percentile(99))
        {
            degraded.append(
                "Events left \(ReportText.time(us: Double(late))) late at p99, more than a tenth of what they took.")
        }
        let ours = results.errors.filter { $0.key.hasPrefix("local_") }.values.reduce(0, +)
        if ours > 0 { degraded.append("\(ours) errors were of the generator's own making.") }
        generator.health = !saturated.isEmpty ? .saturated : !degraded.isEmpty ? .degraded : .ok
        generator.reasons = saturated + degraded
        return generator
    }

    /// Of the server's process, once our connections are closed; it takes a moment to see that.
    func descriptorsAfter() async -> Int? {
        guard let before = before?.descriptors, let process = subject.own?.process else { return nil }
        var count: Int?
        for _ in 0..<40 {
            count = ServerWatch.descriptors(process)
            if let count, count <= before + 2 { break }
            try? await Task.sleep(for: .milliseconds(50))
        }
        return count
    }
}
