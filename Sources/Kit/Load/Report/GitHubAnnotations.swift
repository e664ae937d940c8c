/// Lines that GitHub's runner turns into annotations: `::error` for what failed, `::warning` for what is inconclusive.
///
/// Bounded: a step shows ten of each kind, so the tenth line says how many more there were.
public enum GitHubAnnotations {
    private static let most = 10

    /// Empty when all is well; else every line ends with a line feed.
    public static func text(_ report: LoadReport) -> String {
        var errors: [String] = []
        var warnings: [String] = []
        func note(_ verdict: LoadReport.Verdict, _ title: String, _ message: String) {
            switch verdict {
            case .pass: break
            case .inconclusive: warnings.append(line("warning", title, message))
            case .fail, .interrupted, .error: errors.append(line("error", title, message))
            }
        }
        for check in report.checks { note(check.verdict, check.name, check.words) }
        for threshold in report.thresholds {
            let observed = "observed \(threshold.observed ?? "nothing"), bound \(threshold.bound)"
            note(threshold.verdict, threshold.expression, threshold.note.map { "\(observed); \($0)" } ?? observed)
        }
        let reasons = report.reasons.joined(separator: "; ")
        if report.verdict == .inconclusive ? warnings.isEmpty : errors.isEmpty {
            note(report.verdict, "loadtest", reasons.isEmpty ? report.verdict.rawValue : reasons)
        }
        if report.generator.health != .ok {
            let reasons = report.generator.reasons.joined(separator: "; ")
            warnings.append(line("warning", "load generator \(report.generator.health.rawValue)", reasons))
        }
        return (bounded(errors, "error") + bounded(warnings, "warning")).map { $0 + "\n" }.joined()
    }

    private static func bounded(_ lines: [String], _ command: String) -> [String] {
        guard lines.count > most else { return lines }
        let rest = lines.count - most + 1
        return lines.prefix(most - 1) + [line(command, "loadtest", "\(rest) more like these are in the report")]
    }

    private static func line(_ command: String, _ title: String, _ message: String) -> String {
        "::\(command) title=\(escapedProperty(title))::\(escaped(message))"
    }

    /// The runner undoes these three in a message, and `:` and `,` in a property as well (actions/toolkit, `command.ts`).
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "%": result += "%25"
            case "\r": result += "%0D"
            case "\n": result += "%0A"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    static func escapedProperty(_ text: String) -> String {
        escaped(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}
