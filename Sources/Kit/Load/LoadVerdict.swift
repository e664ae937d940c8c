/// What follows from checks, thresholds and the generator's own health.
enum LoadVerdict {
    /// Exit statuses a run ends with.
    enum Status {
        static let pass = 0
        static let inconclusive = 97
        static let fail = 99
        static let interrupted = 130
    }

    /// Fills in verdict, status and reasons.
    ///
    /// A failure stands, unless the generator could not keep up and it is one of speed: then it is inconclusive itself. Otherwise
    /// whatever is inconclusive makes the run so. An interrupted run is that, whatever was seen until then, unless it broke a
    /// promise.
    static func judge(_ report: inout LoadReport, isInterrupted: Bool) {
        if report.generator.health == .saturated { doubt(&report) }
        let failed = report.checks.filter { $0.verdict == .fail }
        let missed = report.thresholds.filter { $0.verdict == .fail }
        let open = report.checks.filter { $0.verdict == .inconclusive }
        let unanswered = report.thresholds.filter { $0.verdict == .inconclusive }
        let broken = failed.filter(\.isCorrectness)
        if isInterrupted, broken.isEmpty {
            (report.verdict, report.exitCode) = (.interrupted, Status.interrupted)
            report.reasons = ["The run was interrupted."]
            return
        }
        report.reasons =
            (broken + failed.filter { !$0.isCorrectness }).map(\.sentence) + missed.map(\.sentence)
            + report.generator.reasons.filter { _ in report.generator.health == .saturated } + open.map(\.sentence)
            + unanswered.map(\.sentence)
        if !failed.isEmpty || !missed.isEmpty {
            (report.verdict, report.exitCode) = (.fail, Status.fail)
        } else if !open.isEmpty || !unanswered.isEmpty || report.generator.health == .saturated && judgesSpeed(report) {
            (report.verdict, report.exitCode) = (.inconclusive, Status.inconclusive)
        } else {
            (report.verdict, report.exitCode) = (.pass, Status.pass)
            report.reasons = [praise(report)]
        }
    }

    private static func judgesSpeed(_ report: LoadReport) -> Bool {
        report.plan.kind == .isolation || !report.thresholds.isEmpty
    }

    /// What a generator that could not keep up says about speed is worth nothing.
    private static func doubt(_ report: inout LoadReport) {
        for index in report.checks.indices
        where !report.checks[index].isCorrectness && report.checks[index].verdict == .fail {
            report.checks[index].verdict = .inconclusive
        }
        for index in report.thresholds.indices where report.thresholds[index].isOfSpeed {
            report.thresholds[index].verdict = .inconclusive
            report.thresholds[index].note = "the generator could not keep up"
        }
    }

    private static func praise(_ report: LoadReport) -> String {
        let sum = report.accounting
        guard sum.owed > 0 else { return "All \(ReportText.count(sum.published)) events were acknowledged." }
        let told = sum.named + sum.inHoles > 0 ? ", \(ReportText.count(sum.named + sum.inHoles)) named as missed" : ""
        return
            "Of \(ReportText.count(sum.owed)) numbers owed \(ReportText.count(sum.received)) were received\(told), none is unexplained."
    }
}

extension LoadReport.Check {
    fileprivate var sentence: String { "\(name): \(words)." }
}

extension LoadReport.ThresholdOutcome {
    fileprivate var sentence: String {
        let seen = observed.map { "was \($0)" } ?? "could not be judged"
        return "\(expression): \(seen)\(note.map { "; \($0)" } ?? "")."
    }

    /// Losses, duplicates and order are what they are, however slow the generator was.
    fileprivate var isOfSpeed: Bool {
        let kept = ["loss.", "dup", "order.", "gapnotice."]
        let metric = expression.split(separator: ":").last.map { $0.drop { $0 == " " } } ?? ""
        return verdict == .fail && !kept.contains { metric.hasPrefix($0) }
    }
}
