import Kit

/// Reports as runs of each kind write them, the same at every call.
enum LoadReportSamples {
    /// Splitmix64: figures that look alive and never change.
    struct Noise: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }

        mutating func share() -> Double { Double.random(in: 0..<1, using: &self) }

        /// About normal: mean 0, deviation 1.
        mutating func normal() -> Double { (0..<12).reduce(0.0) { sum, _ in sum + share() } - 6 }
    }

    static let all: [(name: String, report: LoadReport)] = [
        ("isolation", isolation()), ("isolation-failed", isolation(penaltyUs: 9_000)), ("smoke", smoke()),
        ("restart", restart()), ("interrupted", interrupted()), ("many", many()),
    ]

    static func isolation(penaltyUs: Double = 0) -> LoadReport {
        var noise = Noise(state: 7)
        let fails = penaltyUs > 0
        var report = started(kind: .isolation, name: "isolation", seconds: 24)
        report.plan.clients = [
            ClientGroup(.fast, count: 200), ClientGroup(.never, count: 10), ClientGroup(.frozen, count: 10),
        ]
        report.plan.duration = .seconds(20)
        report.load.targetRate = 200
        report.load.achievedRate = 199.9
        report.load.sent = 4_600
        report.load.phases = phases(connect: 800, warmup: 3_000, measure: 20_000, drain: 900, verify: 300)

        var isolation = LoadReport.Isolation()
        isolation.fastPerFeed = 100
        isolation.stalled = 20
        isolation.swallowedBytes = 134_912
        isolation.filledAfterMs = 2_710
        isolation.dropsWhileMeasured = 38_412
        var (a, b) = ([Double](), [Double]())
        for block in 0..<80 {
            let isB = noise.share() < 0.5
            let wait = isB ? penaltyUs : 0
            let start = 3_800 + block * 250
            let samples = (0..<500).map { _ in latency(&noise, wait: wait) }.sorted()
            if isB { b += samples } else { a += samples }
            isolation.blocks.append(
                .init(
                    feed: isB ? "B" : "A", startMs: start, endMs: start + 250, events: 50, deliveries: 5_000,
                    p50Us: Int(samples[250]),
                    p95Us: Int(samples[475]), p99Us: Int(samples[495]), maxUs: Int(samples[499]), drops: isB ? 960 : 0))
        }
        report.metrics = [
            summary("e2e", "fast@A", a, weight: 10), summary("e2e", "fast@B", b, weight: 10),
            summary("e2e", "fast", a + b, weight: 10),
            summary("service", "fast", (a + b).map { $0 * 0.96 }, weight: 10),
            summary("click", "all", (0..<4_000).map { _ in 300 + noise.share() * 200 }, weight: 1),
        ]
        for (percentile, bound) in [(50.0, 1_000.0), (95, 2_000), (99, nil)] as [(Double, Double?)] {
            let (left, right) = (value(a, percentile), value(b, percentile))
            let half = (fails ? 600 : 90) * percentile / 60
            let high = right - left + half
            isolation.comparisons.append(
                .init(
                    percentile: percentile, aUs: left, bUs: right, deltaUs: right - left, lowUs: right - left - half,
                    highUs: high,
                    boundUs: bound, verdict: bound.map { high <= $0 ? .pass : .fail }))
        }
        report.isolation = isolation
        report.accounting.published = 4_600
        report.accounting.owed = 1_012_000
        report.accounting.named = 42_108
        report.accounting.unexplained = fails ? 17 : 0
        report.accounting.received = 1_012_000 - 42_108 - report.accounting.unexplained
        report.accounting.serverDelivered = 969_892
        report.accounting.serverDropped = 42_108
        report.accounting.bookMismatches = fails ? 3 : 0
        report.timeline = timeline(
            &noise, report.load.phases, rate: 200, fast: 20_000, slow: 180, drops: 1_920, wait: penaltyUs)
        report.clients = clients(count: 60, stalledAt: 20, unexplained: fails ? 17 : 0)
        report.clientCount = 220
        report.closes = ["1000": 220]
        report.checks = [
            .init(
                name: "loss.unexplained", verdict: fails ? .fail : .pass,
                words: fails
                    ? "17 numbers owed to 3 clients are unexplained; none is allowed."
                    : "Every number owed was received or named.",
                isCorrectness: true),
            .init(
                name: "order.violations", verdict: .pass, words: "Every client had its events in order and none twice.",
                isCorrectness: true),
            .init(
                name: "books.mismatch", verdict: fails ? .fail : .pass,
                words: fails
                    ? "3 clients count otherwise than the server."
                    : "The server\u{2019}s books agree with all 220 clients.",
                isCorrectness: true),
            .init(
                name: "isolation.p50", verdict: fails ? .fail : .pass,
                words:
                    "The upper end of the interval is \(Int(isolation.comparisons[0].highUs)) µs; 1,000 µs are allowed.",
                isCorrectness: false),
            .init(
                name: "isolation.p95", verdict: fails ? .fail : .pass,
                words:
                    "The upper end of the interval is \(Int(isolation.comparisons[1].highUs)) µs; 2,000 µs are allowed.",
                isCorrectness: false),
            .init(
                name: "slow.dropped", verdict: .pass, words: "All 20 stalled clients lost something while measured.",
                isCorrectness: true),
        ]
        var threshold = LoadReport.ThresholdOutcome(
            expression: "fast: e2e.p99<5ms", bound: "5 ms", samples: 400_000, verdict: fails ? .fail : .pass)
        threshold.observed = fails ? "13.9 ms" : "4.21 ms"
        threshold.marginPercent = fails ? -178 : 15.8
        threshold.note = fails ? "worst for client 141" : nil
        var memory = LoadReport.ThresholdOutcome(
            expression: "delta(server.rss.max)<32MiB", bound: "32 MiB", samples: 20, verdict: .pass)
        memory.observed = "4.1 MiB"
        memory.marginPercent = 87.2
        var tail = LoadReport.ThresholdOutcome(
            expression: "click.p99.99<10ms", bound: "10 ms", samples: 4_000, verdict: .inconclusive)
        tail.note = "needs 100,000 samples"
        report.thresholds = fails ? [threshold, memory, tail] : [threshold, memory]
        report.verdict = fails ? .fail : .pass
        report.exitCode = fails ? 99 : 0
        report.reasons =
            fails
            ? [
                "17 numbers owed to 3 clients are unexplained.",
                "Stalled neighbours made the median \(Int(isolation.comparisons[0].deltaUs / 1_000)) ms later; 1 ms is allowed.",
                "Threshold fast: e2e.p99<5ms failed: 13.9 ms.",
            ] : ["20 stalled clients cost their neighbours nothing that can be measured, and nothing was lost."]
        return report
    }

    static func smoke() -> LoadReport {
        var noise = Noise(state: 11)
        var report = started(kind: .smoke, name: "smoke", seconds: 8)
        report.plan.clients = [ClientGroup(.fast, count: 50), ClientGroup(.trickle(bytesPerSecond: 1_024), count: 2)]
        report.plan.schedule = .poisson(rate: 100)
        report.plan.duration = .seconds(5)
        report.plan.warmup = .seconds(1)
        report.load.targetRate = 100
        report.load.achievedRate = 98.4
        report.load.phases = phases(connect: 300, warmup: 1_000, measure: 5_000, drain: 1_200, verify: 200)
        let samples = (0..<4_000).map { _ in latency(&noise, wait: 0) }
        report.metrics = [
            summary("e2e", "fast", samples.map { $0 * ($0 > 3_500 ? 2.2 : 1) }, weight: 6),
            summary("service", "fast", samples, weight: 6),
            summary("click", "all", (0..<500).map { _ in 310 + noise.share() * 220 }, weight: 1),
        ]
        report.accounting.published = 592
        report.accounting.owed = 30_784
        report.accounting.received = 30_784
        report.accounting.serverDelivered = 30_784
        report.accounting.serverDropped = 0
        report.accounting.bookMismatches = 0
        report.timeline = timeline(&noise, report.load.phases, rate: 100, fast: 5_000, slow: 200, drops: 0, wait: 0)
        report.clients = clients(count: 8, stalledAt: 8, unexplained: 0)
        for index in report.clients.indices {
            let client = report.clients[index]
            report.clients[index].feed = "url:abc123"
            (report.clients[index].owed, report.clients[index].received, report.clients[index].named) = (592, 592, 0)
            (report.clients[index].serverDelivered, report.clients[index].serverDropped) = (592, 0)
            (report.clients[index].role, report.clients[index].model) = ("fast", nil)
            report.clients[index].e2eP50Us = client.e2eP50Us ?? 640
        }
        report.clientCount = 52
        report.closes = ["1000": 52]
        report.checks = [
            .init(
                name: "loss.unexplained", verdict: .pass, words: "Every number owed was received.", isCorrectness: true),
            .init(
                name: "order.violations", verdict: .pass, words: "Every client had its events in order and none twice.",
                isCorrectness: true),
        ]
        report.verdict = .pass
        report.reasons = ["30,784 numbers were owed and 30,784 received."]
        return report
    }

    static func restart() -> LoadReport {
        var noise = Noise(state: 5)
        var report = started(kind: .restart, name: "restart", seconds: 33)
        report.plan.clients = [ClientGroup(.fast, count: 100), ClientGroup(.reset(every: .seconds(5)), count: 5)]
        report.load.targetRate = 200
        report.load.achievedRate = 187.2
        report.load.missed = 0
        report.load.phases = phases(connect: 500, warmup: 3_000, measure: 24_000, drain: 4_000, verify: 1_100)
        let samples = (0..<4_000).map { _ in latency(&noise, wait: noise.share() < 0.03 ? 700_000 : 0) }
        report.metrics = [
            summary("e2e", "fast", samples, weight: 100),
            summary("service", "fast", samples.map { min($0, 40_000) }, weight: 100),
        ]
        var restart = LoadReport.Restart()
        restart.stops = [
            .init(how: "kill", atMs: 8_000, downMs: 640, recoveredMs: 1_310),
            .init(how: "term", atMs: 15_500, downMs: 410, recoveredMs: 930),
            .init(how: "kill", atMs: 22_000, downMs: 705, recoveredMs: 1_520),
        ]
        (restart.logged, restart.acknowledged, restart.lost, restart.unanswered) = (5_198, 5_204, 6, 21)
        report.restart = restart
        report.accounting.published = 5_204
        report.accounting.owed = 546_420
        report.accounting.inHoles = 630
        report.accounting.inDoubt = 41
        report.accounting.named = 1_207
        report.accounting.received = 546_420 - 630 - 41 - 1_207
        report.accounting.serverDelivered = 540_112
        report.timeline = timeline(&noise, report.load.phases, rate: 200, fast: 20_000, slow: 900, drops: 0, wait: 0)
        for stop in restart.stops {
            let index = stop.atMs / 1_000
            guard report.timeline.indices.contains(index + 1) else { continue }
            report.timeline[index].connections = 0
            report.timeline[index].fast = 6_100
            report.timeline[index].errors = 21
            report.timeline[index].p99Us = 690_000
            report.timeline[index + 1].fast = 33_000
            report.timeline[index + 1].connections = 88
            report.timeline[index + 1].p99Us = 410_000
            report.timeline[index].serverMemoryBytes = nil
        }
        report.clients = clients(count: 105, stalledAt: 100, unexplained: 0)
        for index in report.clients.indices { report.clients[index].reconnects = 3 }
        report.clientCount = 105
        report.closes = ["0": 210, "1001": 105, "1000": 105]
        report.errors.byKind = ["refused": 214, "reset": 210, "timeout_upgrade": 2, "local_port_exhausted": 1]
        report.errors.samples = ["client 41: connect 127.0.0.1: refused", "client 7: reset while reading a frame"]
        report.checks = [
            .init(
                name: "loss.unexplained", verdict: .pass,
                words: "Every number owed was received, named or in a hole the server told of.", isCorrectness: true),
            .init(
                name: "restart.recovered", verdict: .pass, words: "After each of 3 stops every client had everything.",
                isCorrectness: true),
        ]
        report.verdict = .pass
        report.reasons = [
            "The server was stopped three times under load; every number was received, named or in a hole it told of."
        ]
        return report
    }

    static func interrupted() -> LoadReport {
        var noise = Noise(state: 3)
        var report = started(kind: .load, name: "load", seconds: 3)
        report.load.phases = [
            .init(name: "connect", startMs: 0, endMs: 400, sent: 0),
            .init(name: "warmup", startMs: 400, endMs: 2_300, sent: 380),
        ]
        report.load.sent = 380
        report.timeline = Array(
            timeline(&noise, report.load.phases, rate: 200, fast: 38_000, slow: 0, drops: 0, wait: 0).prefix(2))
        report.accounting.published = 380
        report.accounting.owed = 76_000
        report.accounting.received = 75_800
        report.accounting.inDoubt = 200
        report.verdict = .interrupted
        report.exitCode = 130
        report.reasons = ["Interrupted by Ctrl-C during the warm-up."]
        report.generator = .init()
        return report
    }

    static func many() -> LoadReport {
        var noise = Noise(state: 23)
        var report = started(kind: .load, name: "ten thousand", seconds: 1_860)
        report.plan.clients = [
            ClientGroup(.fast, count: 9_800), ClientGroup(.never, count: 100),
            ClientGroup(.stall(on: .seconds(5), off: .seconds(10)), count: 100),
        ]
        report.plan.duration = .seconds(1_800)
        report.plan.schedule = .ramp(from: 10, to: 100)
        report.load.targetRate = 55
        report.load.achievedRate = 54.1
        report.load.phases = phases(connect: 20_000, warmup: 30_000, measure: 1_800_000, drain: 8_000, verify: 2_000)
        let samples = (0..<8_000).map { _ in latency(&noise, wait: 9_000) * 3 }
        report.metrics = [
            summary("e2e", "fast", samples, weight: 120_000),
            summary("service", "fast", samples.map { $0 * 0.8 }, weight: 120_000),
            summary("click", "all", (0..<4_000).map { _ in 800 + noise.share() * 900 }, weight: 24),
        ]
        report.accounting.published = 100_431
        report.accounting.owed = 1_004_310_000
        report.accounting.named = 9_430_217
        report.accounting.received = 1_004_310_000 - 9_430_217
        report.accounting.serverDropped = 9_430_217
        report.accounting.serverDelivered = 994_879_783
        report.accounting.bookMismatches = 0
        report.timeline = timeline(
            &noise, report.load.phases, rate: 55, fast: 540_000, slow: 4_000, drops: 5_200, wait: 9_000)
        report.clients = clients(count: 100, stalledAt: 0, unexplained: 0)
        report.clientCount = 10_000
        report.generator.health = .saturated
        report.generator.reasons = [
            "Its thread was busy 97 % of the time.", "Events were sent 31 ms late at p99; 10 % of e2e p99 are allowed.",
        ]
        report.generator.cpuShare = 0.97
        var threshold = LoadReport.ThresholdOutcome(
            expression: "e2e.p99<50ms", bound: "50 ms", samples: 980_000_000, verdict: .inconclusive)
        threshold.observed = "63.2 ms"
        threshold.note = "the generator could not keep up"
        report.thresholds = [threshold]
        report.checks = [
            .init(
                name: "loss.unexplained", verdict: .pass, words: "Every number owed was received or named.",
                isCorrectness: true),
            .init(
                name: "generator.health", verdict: .inconclusive, words: "The generator could not keep up.",
                isCorrectness: false),
        ]
        report.verdict = .inconclusive
        report.exitCode = 97
        report.reasons = [
            "The generator could not keep up: performance cannot be judged.", "Nothing was lost unexplained.",
        ]
        report.notes = ["Server and generator shared two processors."]
        return report
    }

    // MARK: - Parts

    private static func started(kind: LoadPlan.Kind, name: String, seconds: Double) -> LoadReport {
        var report = LoadReport()
        report.runId = "01JD7XK2M9"
        report.startedAt = "2026-03-01T09:30:00Z"
        report.endedAt = "2026-03-01T09:30:30Z"
        report.wallSeconds = seconds + 1.2
        report.arguments = ["quikko", "loadtest", name, "--seed", "1", "--out", "report"]
        report.plan.name = name
        report.plan.kind = kind
        report.host.os = "Debian GNU/Linux 12"
        report.host.kernel = "6.1.0-28-amd64"
        report.host.cpus = 2
        report.host.memoryBytes = 8_321_499_136
        (report.host.descriptorsSoft, report.host.descriptorsHard) = (1_024, 1_048_576)
        report.host.portRange = [32_768, 60_999]
        report.host.tcpReadBuffer = [4_096, 131_072, 6_291_456]
        report.host.tcpWriteBuffer = [4_096, 16_384, 4_194_304]
        report.host.somaxconn = 4_096
        report.server.url = "ws://127.0.0.1:41877/ws"
        report.server.version = "0.1.0"
        report.server.loops = 2
        var memory = LoadReport.ServerSide.Memory()
        (memory.beforeBytes, memory.measuredPeakBytes, memory.afterBytes) = (19_300_000, 31_400_000, 30_900_000)
        (memory.slope, memory.slopeLow, memory.slopeHigh) = (1_210, -3_400, 5_820)
        report.server.memory = memory
        (report.server.cpuSeconds, report.server.cpuShare) = (7.42, 0.37)
        (report.server.descriptorsBefore, report.server.descriptorsAfter) = (21, 21)
        report.generator.cpuShare = 0.41
        report.generator.memoryBytes = 42_100_000
        report.generator.loopLagP99Us = 310
        report.generator.scheduleLagP99Us = 92
        return report
    }

    private static func phases(connect: Int, warmup: Int, measure: Int, drain: Int, verify: Int) -> [LoadReport.Offered
        .Phase]
    {
        var (start, phases) = (0, [LoadReport.Offered.Phase]())
        for (name, length) in [
            ("connect", connect), ("warmup", warmup), ("measure", measure), ("drain", drain), ("verify", verify),
        ] {
            phases.append(
                .init(name: name, startMs: start, endMs: start + length, sent: name == "measure" ? length / 5 : 0))
            start += length
        }
        return phases
    }

    /// Log-normal with a tail; microseconds.
    private static func latency(_ noise: inout Noise, wait: Double) -> Double {
        var factor = 1.0
        for _ in 0..<3 { factor *= 1 + 0.22 * noise.normal().magnitude }
        let tail = noise.share() < 0.012 ? 900 * (1 + 4 * noise.share() * noise.share()) : 0
        return (380 * factor + tail + (wait > 0 ? wait * (0.6 + 0.5 * noise.share()) : 0)).rounded()
    }

    private static func value(_ samples: [Double], _ percentile: Double) -> Double {
        samples.sorted()[Int(Double(samples.count - 1) * percentile / 100)]
    }

    private static func summary(_ name: String, _ scope: String, _ samples: [Double], weight: Int)
        -> LoadReport.MetricSummary
    {
        var metric = LoadReport.MetricSummary(name: name, scope: scope, unit: "us")
        var steps: [Int: Int] = [:]
        for sample in samples {
            var (step, width) = (Int(sample), 1)
            while step / width >= 256 { width *= 2 }
            step = step / width * width + width - 1
            steps[step, default: 0] += weight
        }
        metric.histogram = steps.sorted { $0.key < $1.key }.map { [$0.key, $0.value] }
        metric.count = samples.count * weight
        metric.min = samples.min()
        metric.max = samples.max()
        metric.avg = samples.reduce(0, +) / Double(samples.count)
        metric.med = value(samples, 50)
        for (percentile, name) in [
            (50.0, "50"), (75, "75"), (90, "90"), (95, "95"), (99, "99"), (99.9, "99.9"), (99.99, "99.99"),
        ]
        where Double(metric.count) * (100 - percentile) / 100 >= 10 {
            metric.p[name] = value(samples, percentile)
        }
        return metric
    }

    private static func timeline(
        _ noise: inout Noise, _ phases: [LoadReport.Offered.Phase], rate: Int, fast: Int, slow: Int, drops: Int,
        wait: Double
    ) -> [LoadReport.Second] {
        let end = phases.last?.endMs ?? 0
        return stride(from: 0, to: end, by: 1_000).map { at in
            var second = LoadReport.Second()
            let phase = phases.first { at + 500 < $0.endMs }?.name ?? "verify"
            let isSending = phase == "measure" || phase == "warmup"
            let wobble = 1 + 0.01 * noise.normal()
            second.atMs = at
            second.phase = phase
            second.sent = isSending ? Int(Double(rate) * wobble) : 0
            second.acknowledged = second.sent
            second.fast = isSending ? Int(Double(fast) * wobble) : 0
            second.slow = isSending ? Int(Double(slow) * wobble) : 0
            second.dropped = isSending && at > 2_000 ? Int(Double(drops) * (1 + 0.1 * noise.normal())) : 0
            second.p50Us = isSending ? Int(640 * wobble + wait / 2) : nil
            second.p99Us = isSending ? Int(1_900 * (1 + 0.15 * noise.normal().magnitude) + wait * 1.1) : nil
            second.maxUs = second.p99Us.map { $0 * 2 }
            second.connections = phase == "connect" ? 60 : 220
            second.serverMemoryBytes = 19_300_000 + min(at, 4_000) * 2_900 + Int(90_000 * noise.normal())
            second.serverCpuShare = isSending ? 0.37 * (1 + 0.06 * noise.normal()) : 0.03
            second.generatorCpuShare = isSending ? 0.41 * (1 + 0.05 * noise.normal()) : 0.02
            second.scheduleLagP99Us = isSending ? Int(80 * (1 + 0.2 * noise.normal().magnitude)) : nil
            return second
        }
    }

    private static func clients(count: Int, stalledAt: Int, unexplained: Int) -> [LoadReport.ClientSummary] {
        var noise = Noise(state: 99)
        return (0..<count).map { index in
            var client = LoadReport.ClientSummary()
            let isStalled = stalledAt > 0 ? index < stalledAt && count > stalledAt : true
            client.id = 200 - index + (isStalled ? 19 : 0)
            client.role = isStalled ? "slow" : "fast"
            client.model = isStalled ? (index % 2 == 0 ? "never" : "stall=5s/10s") : nil
            client.feed = isStalled || index % 2 == 0 ? "B" : "A"
            client.connection = "c-\(1_000 + index)"
            client.owed = 4_600
            client.named = isStalled ? 2_050 + index * 7 : 0
            client.unexplained = index < 3 && unexplained > 0 ? [9, 5, 3][index] : 0
            client.received = client.owed - client.named - client.unexplained
            client.e2eP50Us = isStalled ? nil : 640 + Int(20 * noise.normal())
            client.e2eP99Us = isStalled ? nil : 2_210 + Int(200 * noise.normal())
            client.recoveryMs = isStalled ? 12 + 9 * noise.share() : nil
            client.serverDelivered = client.received
            client.serverDropped = client.named
            return client
        }
    }
}
