import Testing

@testable import Kit

struct LoadVerdictTests {
    private typealias Report = LoadReport

    private func report(
        _ kind: LoadPlan.Kind = .isolation, checks: [(LoadReport.Verdict, isCorrectness: Bool)] = [],
        thresholds: [(String, LoadReport.Verdict)] = [], _ health: LoadReport.Generator.Health = .ok
    ) -> LoadReport {
        var report = LoadReport()
        report.plan.kind = kind
        report.checks = checks.map {
            LoadReport.Check(name: "check", verdict: $0.0, words: "seen", isCorrectness: $0.isCorrectness)
        }
        report.thresholds = thresholds.map {
            LoadReport.ThresholdOutcome(expression: $0.0, bound: "1", verdict: $0.1)
        }
        report.generator.health = health
        report.generator.reasons = health == .ok ? [] : ["busy"]
        return report
    }

    private func judged(_ report: LoadReport, isInterrupted: Bool = false) -> (LoadReport.Verdict, Int) {
        var report = report
        LoadVerdict.judge(&report, isInterrupted: isInterrupted)
        return (report.verdict, report.exitCode)
    }

    @Test func `all that is well passes`() {
        #expect(judged(report(checks: [(.pass, true)], thresholds: [("e2e.p99<1s", .pass)])) == (.pass, 0))
    }

    @Test func `a failure outweighs what could not be judged`() {
        #expect(judged(report(checks: [(.inconclusive, false), (.fail, true)])) == (.fail, 99))
        #expect(judged(report(thresholds: [("e2e.p99<1s", .fail), ("click.p99<1s", .inconclusive)])) == (.fail, 99))
        #expect(judged(report(checks: [(.inconclusive, false)])) == (.inconclusive, 97))
    }

    @Test func `a generator that could not keep up puts speed in doubt, and no promise`() {
        #expect(judged(report(checks: [(.fail, false)], .saturated)) == (.inconclusive, 97))
        #expect(judged(report(thresholds: [("fast: e2e.p99<1s", .fail)], .saturated)) == (.inconclusive, 97))
        #expect(judged(report(checks: [(.fail, true)], .saturated)) == (.fail, 99))
        #expect(judged(report(thresholds: [("each: loss.unexplained.count==0", .fail)], .saturated)) == (.fail, 99))
        // Nothing of speed was asked: the books are what they are.
        #expect(judged(report(.smoke, checks: [(.pass, true)], .saturated)) == (.pass, 0))
        #expect(judged(report(.isolation, checks: [(.pass, true)], .saturated)) == (.inconclusive, 97))
        #expect(judged(report(checks: [(.pass, true)], .degraded)) == (.pass, 0))
    }

    @Test func `an isolation test without enough blocks to compare is inconclusive`() {
        #expect(BlockComparison.check([]).verdict == .inconclusive)
    }

    @Test func `an interrupted run is that, unless it broke a promise`() {
        #expect(judged(report(checks: [(.inconclusive, false)]), isInterrupted: true) == (.interrupted, 130))
        #expect(judged(report(checks: [(.fail, false)]), isInterrupted: true) == (.interrupted, 130))
        #expect(judged(report(checks: [(.fail, true)]), isInterrupted: true) == (.fail, 99))
    }
}
