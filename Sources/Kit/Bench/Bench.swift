/// Measures quikko against the floor, side by side.
public enum Bench {
    /// Carries out `plan` on this thread, for as long as that takes.
    ///
    /// Each round measures both servers, a fresh process each, in short turns, so that a machine that slows down or speeds
    /// up does so for both. A measurement that fails is given up, and the next one begins.
    ///
    /// - Parameter progress: hears a line about each window.
    /// - Throws: `SystemError.interrupted` on SIGINT, SIGTERM or SIGHUP. No child outlives this call.
    public static func run(_ plan: BenchPlan, progress: @escaping (String) -> Void) throws -> BenchReport {
        try BenchInterrupt.catching {
            let pinning = CorePinning.choose()
            defer { pinning?.restore() }
            var report = BenchReport()
            if pinning == nil { report.note("fewer than two cores to choose from: nothing is pinned") }
            let descriptors = StreamSocket.raiseDescriptorLimit(beyond: 1 << 16)
            let idle = IdleMeasurement.affordable(descriptors: descriptors)
            // The driver has the subscribers of two servers.
            let rooms = max(1, min(BenchMeasurement.roomsWanted, (descriptors - 128) / 2))
            let subscribers = max(1, min(plan.subscribers, (descriptors - 512) / 2))
            if subscribers < plan.subscribers {
                report.note("\(subscribers) subscribers instead of \(plan.subscribers): raise ulimit -Hn")
            }
            for (measurement, count, wanted, thing) in [
                (BenchMeasurement.idle, idle, IdleMeasurement.wanted, "idle connections"),
                (.rooms, rooms, BenchMeasurement.roomsWanted, "rooms"),
            ] where count < wanted && plan.measurements.contains(measurement) {
                report.note("\(count) \(thing) instead of \(wanted): raise ulimit -Hn")
            }
            let runner = Runner(
                plan: plan, pinning: pinning, idleConnections: idle, rooms: rooms, subscribers: subscribers,
                progress: progress)
            for measurement in plan.measurements { try runner.run(measurement, into: &report) }
            return report
        }
    }
}

private struct Runner {
    let plan: BenchPlan
    let pinning: CorePinning?
    let idleConnections: Int
    let rooms: Int
    let subscribers: Int
    let progress: (String) -> Void

    /// All rounds of one measurement.
    func run(_ measurement: BenchMeasurement, into report: inout BenchReport) throws {
        let (reference, subject) = measurement.sides(rooms: rooms)
        let sides = [reference, subject]
        var samples: [[[BenchSample]]] = [[], []]
        for round in 1...plan.rounds {
            do {
                let taken = try sample(measurement, sides, first: round % 2)
                for index in sides.indices {
                    samples[index].append(taken[index])
                    guard let line = taken[index].first?.line else { continue }
                    progress("\(measurement.rawValue) \(round)/\(plan.rounds) \(sides[index].title): \(line)")
                }
            } catch SystemError.failed(let reason) {
                // Ctrl-C reaches the child as well; what broke because of it is no finding.
                try BenchInterrupt.check()
                return report.fail("\(measurement.rawValue), round \(round): \(reason)")
            }
        }
        report.add(
            samples[1], against: samples[0], titles: (reference: sides[0].title, subject: sides[1].title))
    }

    /// One round: the samples of each side.
    private func sample(
        _ measurement: BenchMeasurement, _ sides: [BenchSide], first: Int
    ) throws -> [[BenchSample]] {
        guard let turn = measurement.turn else {
            var samples: [[BenchSample]] = [[], []]
            for index in [first, 1 - first] {
                samples[index] = try withServers([sides[index]]) { [try alone(measurement, $0[0])] }[0]
            }
            return samples
        }
        let turns = BenchTurns(seconds: plan.seconds, turn: min(turn, plan.seconds))
        return try withServers(sides) { servers in
            var players = try zip(sides, servers).map { side, server in
                BenchTurns.Player(
                    try workload(measurement, side, server), process: server.process,
                    core: side.isAlone ? pinning?.server : nil)
            }
            return try turns.play(&players, first: first)
        }
    }

    /// Starts the servers, and stops them when `body` is done with them, whatever comes of it.
    private func withServers(
        _ sides: [BenchSide], _ body: ([BenchServer]) throws -> [[BenchSample]]
    ) throws -> [[BenchSample]] {
        var servers: [BenchServer] = []
        do {
            for side in sides { servers.append(try BenchServer.start(side, pinning: pinning)) }
            let samples = try body(servers)
            for server in servers { server.stop() }
            return samples
        } catch {
            let lastWords = servers.map { $0.stop() }.joined()
            if error as? SystemError == .interrupted { throw error }
            throw SystemError.failed("\(error)\(lastWords)")
        }
    }

    private func workload(
        _ measurement: BenchMeasurement, _ side: BenchSide, _ server: BenchServer
    ) throws -> any Workload {
        let endpoint = server.endpoint
        func crowd(of count: Int) throws -> Crowd { try Crowd(of: count, unread: side.unread, at: endpoint) }
        switch measurement {
        case .fanOut:
            return FanOutWorkload("fan-out, one at a time", of: try crowd(of: subscribers), burst: 1)
        case .fanOutSocketIO:
            return FanOutWorkload(
                "fan-out over Socket.IO, against native sockets", of: try crowd(of: subscribers), burst: 1)
        case .fanOut8, .fanOut32:
            let burst = measurement == .fanOut8 ? 8 : 32
            let name = "fan-out, bursts of \(burst) (floor: \(burst) a send)"
            return FanOutWorkload(name, of: try crowd(of: subscribers), burst: burst)
        case .fanOutCalm:
            return PacedWorkload("fan-out, 50 clicks/s", of: try crowd(of: subscribers), rate: 50)
        case .fanOutOpen:
            let name = "fan-out, 4000 clicks/s (floor: up to 16 a send)"
            return PacedWorkload(name, of: try crowd(of: subscribers), rate: 4_000)
        case .fanOutSaturated: return SaturatedWorkload(of: try crowd(of: subscribers))
        case .rooms:
            let crowd = try Crowd(of: rooms, isApart: true, at: endpoint)
            return FanOutWorkload("a room for each of \(rooms) subscribers", of: crowd, burst: 1)
        case .stalled: return try StalledWorkload(side.unread, at: endpoint)
        case .twoLoops:
            return try TwoLoopsWorkload(
                of: crowd(of: subscribers), loops: side.loops ?? 1, process: server.process, pinning: pinning)
        case .redirect: return try RedirectWorkload("redirect", at: endpoint, depth: 1)
        case .redirectSpread: return try RedirectWorkload("redirect, one link or 64", at: endpoint, depth: 1)
        case .redirectPipelined: return try RedirectWorkload("redirect, 16 pipelined", at: endpoint, depth: 16)
        case .idle, .start, .startMillion: preconditionFailure("has no turns")
        }
    }

    private func alone(_ measurement: BenchMeasurement, _ server: BenchServer) throws -> [BenchSample] {
        guard measurement == .idle else {
            let links = measurement == .start ? "100,000" : "1,000,000"
            return [
                BenchSample(
                    "start-up with \(links) links after an orderly stop, files in memory (floor: no links)", "ms",
                    server.startMilliseconds)
            ]
        }
        return try IdleMeasurement(
            process: server.process, endpoint: server.endpoint, count: idleConnections
        ).run()
    }
}
