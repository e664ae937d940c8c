/// JUnit's XML: a suite of checks, one of thresholds, and one of the run itself, so that an aborted run is never green.
///
/// What is inconclusive is skipped; with `strict` it has failed.
public enum JUnitReport {
    public static func text(_ report: LoadReport, strict: Bool = false) -> String {
        let suites = [
            Suite(name: "checks", cases: report.checks.map(Self.outcome)),
            Suite(name: "thresholds", cases: report.thresholds.map(Self.outcome)),
            Suite(name: "run", cases: [run(report)]),
        ].filter { !$0.cases.isEmpty }
        let title = "quikko loadtest \(report.plan.name)"
        let seconds = FigureText.fixed(report.wallSeconds, 3)
        let all = suites.flatMap(\.cases)
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        text += "<testsuites name=\"\(escaped(title))\" \(counts(all, strict)) time=\"\(seconds)\">\n"
        for suite in suites {
            let name = "loadtest.\(suite.name)"
            text += "  <testsuite name=\"\(name)\" \(counts(suite.cases, strict)) time=\"\(seconds)\""
            text += " timestamp=\"\(escaped(report.startedAt))\">\n"
            if suite.name == "run" { text += properties(report) }
            for outcome in suite.cases { text += element(outcome, suite: name, strict) }
            text += "  </testsuite>\n"
        }
        return text + "</testsuites>\n"
    }

    private struct Suite {
        var name: String
        var cases: [Outcome]
    }

    private struct Outcome {
        var name: String
        var verdict: LoadReport.Verdict
        var message: String
    }

    private enum Mark { case passed, skipped, failure, error }

    private static func outcome(_ check: LoadReport.Check) -> Outcome {
        Outcome(name: check.name, verdict: check.verdict, message: check.words)
    }

    private static func outcome(_ threshold: LoadReport.ThresholdOutcome) -> Outcome {
        var message = "observed \(threshold.observed ?? "nothing"), bound \(threshold.bound)"
        message += ", \(threshold.samples) samples"
        if threshold.isAborted { message += "; the run was ended because of it" }
        if let note = threshold.note { message += "; \(note)" }
        return Outcome(name: threshold.expression, verdict: threshold.verdict, message: message)
    }

    private static func run(_ report: LoadReport) -> Outcome {
        let reasons = report.reasons.joined(separator: "; ")
        let message = "\(report.verdict.rawValue), exit status \(report.exitCode)"
        return Outcome(
            name: "verdict", verdict: report.verdict, message: reasons.isEmpty ? message : "\(message): \(reasons)")
    }

    private static func mark(_ verdict: LoadReport.Verdict, _ strict: Bool) -> Mark {
        switch verdict {
        case .pass: .passed
        case .fail: .failure
        case .inconclusive: strict ? .failure : .skipped
        case .interrupted, .error: .error
        }
    }

    private static func counts(_ outcomes: [Outcome], _ strict: Bool) -> String {
        func count(_ wanted: Mark) -> Int { outcomes.count { mark($0.verdict, strict) == wanted } }
        return "tests=\"\(outcomes.count)\" failures=\"\(count(.failure))\" errors=\"\(count(.error))\" "
            + "skipped=\"\(count(.skipped))\""
    }

    private static func element(_ outcome: Outcome, suite: String, _ strict: Bool) -> String {
        let head = "    <testcase classname=\"\(suite)\" name=\"\(escaped(outcome.name))\" time=\"0\""
        let message = "message=\"\(escaped(outcome.message))\""
        let type = "type=\"\(outcome.verdict.rawValue)\""
        switch mark(outcome.verdict, strict) {
        case .passed: return "\(head)/>\n"
        case .skipped: return "\(head)>\n      <skipped \(message)/>\n    </testcase>\n"
        case .failure: return "\(head)>\n      <failure \(message) \(type)/>\n    </testcase>\n"
        case .error: return "\(head)>\n      <error \(message) \(type)/>\n    </testcase>\n"
        }
    }

    private static func properties(_ report: LoadReport) -> String {
        let values = [
            ("kind", report.plan.kind.rawValue), ("run_id", report.runId), ("quikko_version", report.quikkoVersion),
            ("generator_health", report.generator.health.rawValue),
        ]
        let lines = values.map { "      <property name=\"\($0)\" value=\"\(escaped($1))\"/>\n" }
        return "    <properties>\n\(lines.joined())    </properties>\n"
    }

    /// For attributes between double quotes. What XML 1.0 §2.2 does not allow, even as a reference, becomes U+FFFD.
    static func escaped(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;".unicodeScalars
            case "<": result += "&lt;".unicodeScalars
            case ">": result += "&gt;".unicodeScalars
            case "\"": result += "&quot;".unicodeScalars
            // As they are, a reader would make blanks of them (§3.3.3).
            case "\t", "\n", "\r": result += "&#\(scalar.value);".unicodeScalars
            case "\u{0}"..."\u{1f}", "\u{fffe}", "\u{ffff}": result.append("\u{fffd}")
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
