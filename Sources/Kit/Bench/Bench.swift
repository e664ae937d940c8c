/// Measures quikko against the floor, side by side.
public enum Bench {
    /// Carries out `plan` on this thread, for as long as that takes.
    ///
    /// Each round measures both servers, a fresh process each, in turn and in alternating order, so that a machine that
    /// slows down or speeds up does so for both. A measurement that fails is given up, and the next one begins.
    ///
    /// - Parameter progress: hears a line about each window.
    /// - Throws: `SystemError.interrupted` on SIGINT, SIGTERM or SIGHUP. No child outlives this call.
    public static func run(_ plan: BenchPlan, progress: @escaping (String) -> Void) throws -> BenchReport {
        try BenchInterrupt.catching {
            let pinning = CorePinning.choose()
            defer { pinning?.restore() }
            var report = BenchReport()
            if pinning == nil { report.note("fewer than two cores to choose from: nothing is pinned") }
            let idle = IdleMeasurement.affordable(descriptors: StreamSocket.raiseDescriptorLimit())
            if idle < IdleMeasurement.wanted, plan.measurements.contains(.idle) {
                report.note("\(idle) idle connections instead of \(IdleMeasurement.wanted): raise ulimit -Hn")
            }
            let runner = Runner(plan: plan, pinning: pinning, idleConnections: idle, progress: progress)
            for measurement in plan.measurements { try runner.run(measurement, into: &report) }
            return report
        }
    }
}

private struct Runner {
    let plan: BenchPlan
    let pinning: CorePinning?
    let idleConnections: Int
    let progress: (String) -> Void

    /// All rounds of one measurement.
    func run(_ measurement: BenchMeasurement, into report: inout BenchReport) throws {
        var samples: [BenchTarget: [[BenchSample]]] = [:]
        for round in 1...plan.rounds {
            let order: [BenchTarget] = round % 2 == 1 ? [.floor, .quikko] : [.quikko, .floor]
            for target in order {
                do {
                    let taken = try sample(measurement, of: target)
                    samples[target, default: []].append(taken)
                    if let first = taken.first {
                        progress("\(measurement.rawValue) \(round)/\(plan.rounds) \(target.rawValue): \(first.line)")
                    }
                } catch SystemError.failed(let reason) {
                    // Ctrl-C reaches the child as well; what broke because of it is no finding.
                    try BenchInterrupt.check()
                    return report.fail("\(measurement.rawValue), \(target.rawValue), round \(round): \(reason)")
                }
            }
        }
        report.add(floor: samples[.floor] ?? [], quikko: samples[.quikko] ?? [])
    }

    /// One window against a fresh server, which is gone when this returns.
    private func sample(_ measurement: BenchMeasurement, of target: BenchTarget) throws -> [BenchSample] {
        let server = try BenchServer.start(target, for: measurement, pinning: pinning)
        do {
            let samples = try sample(measurement, of: server)
            server.stop()
            return samples
        } catch {
            let lastWords = server.stop()
            if error as? SystemError == .interrupted { throw error }
            throw SystemError.failed("\(error)\(lastWords)")
        }
    }

    private func sample(_ measurement: BenchMeasurement, of server: BenchServer) throws -> [BenchSample] {
        let window = MeasuredWindow(plan: plan, process: server.process, core: pinning?.server)
        let endpoint = server.endpoint
        switch measurement {
        case .fanOut:
            var fanOut = try FanOutMeasurement(window, endpoint, burst: 1)
            return try fanOut.run()
        case .fanOut8, .fanOut32:
            var fanOut = try FanOutMeasurement(window, endpoint, burst: measurement.floorBatch)
            return try fanOut.run()
        case .fanOutCalm:
            var paced = try PacedMeasurement(window, endpoint, rate: 50)
            return try paced.run()
        case .fanOutOpen:
            var paced = try PacedMeasurement(window, endpoint, rate: 4_000)
            return try paced.run()
        case .fanOutSaturated:
            var saturated = try SaturatedMeasurement(window, endpoint)
            return try saturated.run()
        case .redirect, .redirectSpread, .redirectPipelined:
            let depth = measurement == .redirectPipelined ? 16 : 1
            var redirect = try RedirectMeasurement(window, endpoint, depth: depth)
            return try redirect.run()
        case .idle:
            return try IdleMeasurement(
                process: server.process, endpoint: endpoint, count: idleConnections
            ).run()
        }
    }
}
