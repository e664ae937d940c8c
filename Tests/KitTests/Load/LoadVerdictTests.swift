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

    @Test func `smoke says yes or no, and what it was not shown is no yes`() {
        var report = LoadReport()
        report.plan.kind = .smoke
        report.accounting.inDoubt = 5
        let facts = LoadChecks.Facts(isSettled: false, isComplete: true, seesBooks: false, isForeign: true)
        let checks = LoadChecks(report, LoadResults(), facts).all
        #expect(checks.first { $0.name == "in.doubt" }?.verdict == .fail)
        #expect(!checks.contains { $0.verdict == .inconclusive })
        report.plan.kind = .load
        #expect(LoadChecks(report, LoadResults(), facts).all.first { $0.name == "in.doubt" }?.verdict == .inconclusive)
    }

    @Test func `a log that could not be read back proves nothing`() {
        var report = LoadReport()
        report.plan.kind = .restart
        report.restart = .init()
        let facts = LoadChecks.Facts(isSettled: true, isComplete: true, seesBooks: true, isForeign: false)
        let check = LoadChecks(report, LoadResults(), facts).all.first { $0.name == "restart.log" }
        #expect(check?.verdict == .fail)
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
