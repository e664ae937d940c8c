import Testing

@testable import Kit

struct ReportMergeTests {
    /// The smoke sample as another run, begun so many seconds later.
    private static func later(_ seconds: Int64, _ id: String = "later") -> LoadReport {
        var report = SampleReports.smoke
        report.runId = id
        for path in [\LoadReport.startedAt, \.endedAt] {
            guard let time = Timestamp(report[keyPath: path]) else { continue }
            report[keyPath: path] = "\(time + .seconds(seconds))"
        }
        return report
    }

    private static func merge(_ reports: LoadReport...) throws(KitError) -> LoadReport {
        try ReportMerge.merge(
            reports.enumerated().map { ReportMerge.Part(name: "\($0.offset).json", report: $0.element) })
    }

    @Test func `one report stays as it is`() throws {
        #expect(try Self.merge(SampleReports.full) == SampleReports.full)
    }

    @Test func `what was counted is added`() throws {
        let merged = try Self.merge(SampleReports.smoke, Self.later(1))
        #expect(merged.accounting.owed == 40_000 && merged.accounting.inDoubt == 8)
        #expect(merged.accounting.serverDelivered == nil)
        #expect(merged.load.sent == 8_000 && merged.clientCount == 400)
        #expect(merged.closes == ["1000": 398, "0": 2])
        #expect(merged.runId == "run-smoke+later")
        #expect(merged.startedAt == SampleReports.smoke.startedAt && merged.wallSeconds == 31)
    }

    @Test func `histograms are added and percentiles taken anew`() throws {
        var other = Self.later(0)
        other.metrics[0] = SampleReports.latency("e2e", "fast", (1...100).map { [$0 * 10 + 1_000, 200] })
        let metric = try #require(try Self.merge(SampleReports.smoke, other).metric("e2e"))
        let whole = SampleReports.latency("e2e", "fast", (1...200).map { [$0 * 10, 200] })
        #expect(metric.p == whole.p && metric.histogram == whole.histogram && metric.count == 40_000)
        #expect(metric.min == 10 && metric.max == 2_000 && metric.avg == whole.avg && metric.med == whole.med)
        #expect(abs((metric.stddev ?? 0) - (whole.stddev ?? 1)) < 1e-6)
    }

    @Test func `without all histograms there are no percentiles`() throws {
        var other = Self.later(0)
        other.metrics[0].histogram = nil
        let metric = try #require(try Self.merge(SampleReports.smoke, other).metric("e2e"))
        #expect(metric.p.isEmpty && metric.histogram == nil && metric.med == nil && metric.count == 40_000)
    }

    @Test func `rates of runs together are added, of runs in turn averaged`() throws {
        let together = try Self.merge(SampleReports.smoke, Self.later(5))
        #expect(together.load.targetRate == 400 && together.load.achievedRate == 399)
        let inTurn = try Self.merge(SampleReports.smoke, Self.later(60))
        #expect(inTurn.load.targetRate == 200 && inTurn.load.achievedRate == 199.5)
        #expect(inTurn.notes.contains { $0.hasPrefix("the runs do not all overlap") })
    }

    @Test func `timelines meet by the second`() throws {
        let merged = try Self.merge(SampleReports.smoke, Self.later(2))
        #expect(merged.timeline.count == 25)
        #expect(merged.timeline.map(\.atMs) == (0..<25).map { $0 * 1_000 })
        #expect(merged.timeline[1].sent == 200 && merged.timeline[2].sent == 400 && merged.timeline[24].sent == 200)
        let pair = [SampleReports.smoke.timeline[10].p99Us, SampleReports.smoke.timeline[8].p99Us].compactMap(\.self)
        #expect(merged.timeline[10].p99Us == pair.max())
        #expect(merged.timeline[4].phase == "warmup" && merged.timeline[5].phase == "measure")
        #expect(merged.load.phases.map(\.endMs) == [5_000, 25_000])
    }

    @Test func `the worst verdict stands, with its exit code and its reasons first`() throws {
        var failed = Self.later(1)
        failed.verdict = .fail
        failed.exitCode = 99
        failed.reasons = ["lost"]
        failed.checks[0].verdict = .fail
        var doubtful = Self.later(2, "third")
        doubtful.verdict = .inconclusive
        doubtful.exitCode = 97
        doubtful.reasons = ["too few"]
        let merged = try Self.merge(doubtful, failed, SampleReports.smoke)
        #expect(merged.verdict == .fail && merged.exitCode == 99)
        #expect(merged.reasons == ["1.json: lost", "0.json: too few"])
        #expect(merged.checks.count == 1 && merged.checks[0].verdict == .fail)
        #expect(merged.checks[0].words.hasPrefix("0.json: 0 of 20,000"))
        #expect(merged.notes[0].contains("nothing was judged anew"))
    }

    @Test func `a threshold keeps the outcome that decides`() throws {
        var base = SampleReports.smoke
        base.thresholds = [
            LoadReport.ThresholdOutcome(expression: "e2e.p99<1ms", bound: "1 ms", samples: 5, verdict: .pass)
        ]
        var other = Self.later(1)
        other.thresholds = base.thresholds
        other.thresholds[0].verdict = .fail
        other.thresholds[0].observed = "2 ms"
        let threshold = try #require(try Self.merge(base, other).thresholds.first)
        #expect(threshold.verdict == .fail && threshold.observed == "2 ms" && threshold.samples == 10)
        #expect(threshold.note == "of 1.json, the worst of 2")
    }

    @Test func `comparisons of feeds are left out and said to be`() throws {
        var other = SampleReports.isolation
        other.runId = "other"
        let merged = try Self.merge(SampleReports.isolation, other)
        #expect(merged.isolation == nil && merged.notes.contains { $0.contains("intervals cannot be added") })
    }

    @Test func `stops and logs of restarts are all there`() throws {
        var other = SampleReports.restart
        other.runId = "other"
        let restart = try #require(try Self.merge(SampleReports.restart, other).restart)
        #expect(restart.stops.count == 4 && restart.lost == 6 && restart.logged == 7_994)
    }

    @Test func `the same run twice, other kinds and nothing are refused`() {
        let twice = #expect(throws: KitError.self) { try Self.merge(SampleReports.smoke, SampleReports.smoke) }
        #expect(twice?.message == "0.json and 1.json are the same run; give each once")
        let kinds = #expect(throws: KitError.self) { try Self.merge(SampleReports.smoke, SampleReports.restart) }
        #expect(kinds?.message == "0.json is a run of smoke, 1.json of restart; merge runs of one kind")
        #expect(throws: KitError.self) { try Self.merge() }
    }

    @Test func `figures beyond all measure do not end the program`() throws {
        var huge = Self.later(1)
        huge.accounting.owed = .max
        huge.timeline[0].atMs = .max
        huge.timeline[1].atMs = .min
        huge.metrics[0].count = .max
        huge.metrics[0].histogram = [[10, .max]]
        huge.startedAt = "0000-01-01T00:00:00Z"
        huge.endedAt = "9999-12-31T23:59:59Z"
        let merged = try Self.merge(SampleReports.smoke, huge)
        #expect(merged.accounting.owed == .max && merged.metric("e2e")?.count == .max)
        var timeless = Self.later(1)
        timeless.startedAt = "yesterday"
        let unknown = try Self.merge(SampleReports.smoke, timeless)
        #expect(unknown.load.targetRate == 200)
    }
}
