@testable import Kit

/// Reports as runs would write them, small; what they say is consistent, so that a reader can add it up.
enum SampleReports {
    /// Everything a text can hold that would break out of XML, Markdown, CSV or a log line.
    static let hostile = "<b>&\"'|`*_[x](y)\\ ::error::%0A,;=\r\n::warning::\u{1b}[31m\u{0}\u{2028}é 🦔"

    static let all: [(name: String, report: LoadReport)] = [
        ("minimal", LoadReport()), ("smoke", smoke), ("isolation", isolation), ("restart", restart), ("full", full),
    ]

    static var smoke: LoadReport {
        var report = LoadReport()
        report.runId = "run-smoke"
        report.startedAt = "2026-06-27T12:00:00.000000Z"
        report.endedAt = "2026-06-27T12:00:30.000000Z"
        report.wallSeconds = 30
        report.arguments = ["loadtest", "smoke"]
        report.plan.name = "smoke"
        report.plan.kind = .smoke
        report.verdict = .pass
        report.checks = [
            LoadReport.Check(
                name: "loss.unexplained", verdict: .pass, words: "0 of 20,000 numbers owed are unexplained",
                isCorrectness: true)
        ]
        report.host.cpus = 2
        report.load.targetRate = 200
        report.load.achievedRate = 199.5
        report.load.sent = 4_000
        report.load.phases = [
            LoadReport.Offered.Phase(name: "warmup", startMs: 0, endMs: 3_000, sent: 600),
            LoadReport.Offered.Phase(name: "measure", startMs: 3_000, endMs: 23_000, sent: 3_400),
        ]
        report.metrics = [
            latency("e2e", "fast", (1...100).map { [$0 * 10, 200] }),
            latency("service", "fast", (1...100).map { [$0 * 4, 200] }),
            latency("click", "all", [[250, 30], [900, 10]]),
        ]
        report.accounting.published = 4_000
        report.accounting.owed = 20_000
        report.accounting.received = 19_900
        report.accounting.named = 90
        report.accounting.inHoles = 6
        report.accounting.inDoubt = 4
        report.clientCount = 200
        report.closes = ["1000": 199, "0": 1]
        report.timeline = (0..<23).map { second in
            var row = LoadReport.Second()
            row.atMs = second * 1_000
            row.phase = second < 3 ? "warmup" : "measure"
            row.sent = 200
            row.acknowledged = 196 + second * 7 % 5
            row.p50Us = 500 + second * 7 % 40
            row.p99Us = 990 + second * 13 % 60
            row.serverCpuShare = Double(30 + second % 4) / 100
            return row
        }
        return report
    }

    static func latency(_ name: String, _ scope: String, _ pairs: [[Int]]) -> LoadReport.MetricSummary {
        var metric = LoadReport.MetricSummary(name: name, scope: scope, unit: "us")
        metric.histogram = pairs
        guard let steps = HistogramSteps(pairs) else { return metric }
        metric.count = steps.count
        metric.rate = Double(steps.count) / 20
        metric.min = pairs.first.map { Double($0[0]) }
        metric.max = pairs.last.map { Double($0[0]) }
        metric.avg = steps.mean
        metric.stddev = steps.deviation
        metric.med = steps.percentile(50).map(Double.init)
        for percent in HistogramSteps.percentiles {
            metric.p[LoadReport.MetricSummary.key(percent)] = steps.percentile(percent).map(Double.init)
        }
        return metric
    }

    static var isolation: LoadReport {
        var report = smoke
        report.runId = "run-isolation"
        report.plan.name = "isolation"
        report.plan.kind = .isolation
        report.plan.clients = [ClientGroup(.fast, count: 200), ClientGroup(.never, count: 20)]
        var isolation = LoadReport.Isolation()
        isolation.fastPerFeed = 100
        isolation.stalled = 20
        isolation.blocks = (0..<4).map { index in
            LoadReport.Isolation.Block(
                feed: index % 2 == 0 ? "A" : "B", startMs: 3_000 + index * 250, endMs: 3_250 + index * 250, events: 50,
                deliveries: 5_000, p50Us: 500, p95Us: 900, p99Us: 1_000, maxUs: 1_400, drops: index == 3 ? nil : 7)
        }
        isolation.comparisons = [
            LoadReport.Isolation.Comparison(
                percentile: 50, aUs: 500, bUs: 520, deltaUs: 20, lowUs: -30, highUs: 70, boundUs: 1_000, verdict: .pass),
            LoadReport.Isolation.Comparison(
                percentile: 99, aUs: 1_000, bUs: 900, deltaUs: -100, lowUs: -400, highUs: 200, boundUs: nil,
                verdict: nil),
        ]
        isolation.comparisons[0].meanDeltaUs = 25
        isolation.comparisons[0].meanErrorUs = 12.5
        isolation.comparisons[0].noiseUs = 40
        isolation.swallowedBytes = 96_000
        isolation.filledAfterMs = 1_800
        isolation.dropsWhileMeasured = 21_000
        report.isolation = isolation
        return report
    }

    static var restart: LoadReport {
        var report = smoke
        report.runId = "run-restart"
        report.plan.name = "restart"
        report.plan.kind = .restart
        report.verdict = .fail
        report.exitCode = 99
        report.reasons = ["3 acknowledged events are not in the log and behind no epoch's end"]
        var restart = LoadReport.Restart()
        restart.stops = [
            LoadReport.Restart.Stop(how: "kill", atMs: 8_000, downMs: 412, recoveredMs: 900),
            LoadReport.Restart.Stop(how: "term", atMs: 16_000, downMs: 350, recoveredMs: nil),
        ]
        restart.logged = 3_997
        restart.acknowledged = 4_000
        restart.lost = 3
        restart.unanswered = 5
        report.restart = restart
        return report
    }

    /// Every member that may be absent is there, and every text is hostile.
    static var full: LoadReport {
        var report = isolation
        report.restart = restart.restart
        report.runId = "run-full"
        report.plan.name = hostile
        report.verdict = .fail
        report.exitCode = 99
        report.arguments = [hostile]
        report.reasons = [hostile, "# not a heading"]
        report.notes = [hostile, "- not a list"]
        report.host = LoadReport.Host(DoctorTests.machine)
        report.checks = LoadReport.Verdict.allCases.map { verdict in
            LoadReport.Check(
                name: "\(verdict) \(hostile)", verdict: verdict, words: hostile, isCorrectness: verdict == .fail)
        }
        var threshold = LoadReport.ThresholdOutcome(
            expression: "e2e.p99<1ms", bound: "1 ms", samples: 20_000, verdict: .fail)
        threshold.observed = "990 µs"
        threshold.marginPercent = -1
        threshold.note = hostile
        threshold.isAborted = true
        var unseen = LoadReport.ThresholdOutcome(expression: hostile, bound: hostile, verdict: .inconclusive)
        unseen.note = "no samples"
        report.thresholds = [threshold, unseen]
        report.server.version = hostile
        report.server.url = "ws://127.0.0.1:1/"
        report.server.loops = 2
        report.server.cpuSeconds = 6.5
        report.server.cpuShare = 0.325
        report.server.descriptorsBefore = 20
        report.server.descriptorsAfter = 20
        var memory = LoadReport.ServerSide.Memory()
        memory.beforeBytes = 30 << 20
        memory.measuredPeakBytes = 60 << 20
        memory.afterBytes = 31 << 20
        memory.slope = 100.5
        memory.slopeLow = -20
        memory.slopeHigh = 221
        report.server.memory = memory
        report.accounting.serverDelivered = 19_904
        report.accounting.serverDropped = 90
        report.accounting.bookMismatches = 0
        report.generator.health = .degraded
        report.generator.reasons = [hostile]
        report.generator.cpuShare = 0.93
        report.generator.memoryBytes = 20 << 20
        report.generator.loopLagP99Us = 5_200
        report.generator.scheduleLagP99Us = 700
        report.errors.byKind = ["http_status_404": 2, "local_descriptorLimit": 1, hostile: 3]
        report.errors.samples = [hostile]
        report.closes[hostile] = 1
        report.clients = [client]
        report.metrics.append(LoadReport.MetricSummary(name: hostile, scope: hostile, unit: "%"))
        report.timeline = [second]
        return report
    }

    private static var client: LoadReport.ClientSummary {
        var client = LoadReport.ClientSummary()
        client.id = 7
        client.role = "slow"
        client.model = hostile
        client.feed = hostile
        client.connection = hostile
        client.owed = 4_000
        client.received = 3_900
        client.named = 100
        client.firstNumber = 1
        client.lastNumber = 4_000
        client.closeCode = 1_013
        client.e2eP50Us = 500
        client.e2eP99Us = 990
        client.recoveryMs = 41.5
        client.serverDelivered = 3_900
        client.serverDropped = 100
        return client
    }

    private static var second: LoadReport.Second {
        var second = LoadReport.Second()
        second.atMs = 3_000
        second.phase = hostile
        second.sent = 200
        second.acknowledged = 199
        second.fast = 19_900
        second.slow = 12
        second.named = 5
        second.dropped = 188
        second.p50Us = 500
        second.p99Us = 990
        second.maxUs = 1_400
        second.clickP99Us = 800
        second.connections = 220
        second.errors = 1
        second.serverMemoryBytes = 60 << 20
        second.serverCpuShare = 0.31
        second.generatorCpuShare = 0.93
        second.scheduleLagP99Us = 700
        return second
    }
}
