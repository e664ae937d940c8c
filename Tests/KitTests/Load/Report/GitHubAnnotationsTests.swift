import Testing

@testable import Kit

struct GitHubAnnotationsTests {
    @Test func `what passed says nothing`() {
        #expect(GitHubAnnotations.text(SampleReports.smoke) == "")
    }

    @Test func `failures are errors and doubts warnings`() {
        var report = SampleReports.restart
        report.thresholds = [
            LoadReport.ThresholdOutcome(expression: "fast: e2e.p99<1ms", bound: "1 ms", verdict: .fail)
        ]
        report.checks[0].verdict = .inconclusive
        #expect(
            GitHubAnnotations.text(report) == """
                ::error title=fast%3A e2e.p99<1ms::observed nothing, bound 1 ms
                ::warning title=loss.unexplained::0 of 20,000 numbers owed are unexplained

                """)
    }

    @Test func `a verdict without a line of its own gets one`() {
        #expect(
            GitHubAnnotations.text(SampleReports.restart)
                == "::error title=loadtest::\(SampleReports.restart.reasons[0])\n")
        #expect(GitHubAnnotations.text(LoadReport()) == "::warning title=loadtest::inconclusive\n")
    }

    @Test func `hostile texts begin no command of their own and come back as they were`() {
        let lines = GitHubAnnotations.text(SampleReports.full).unicodeScalars.split { $0 == "\n" || $0 == "\r" }.map(
            String.init)
        #expect(lines.isEmpty == false)
        for line in lines {
            #expect(line.hasPrefix("::error title=") || line.hasPrefix("::warning title="))
        }
        let check = lines.first { $0.hasPrefix("::error title=fail ") }
        let parts = (check ?? "").dropFirst("::error title=".count).split(separator: "::", maxSplits: 1)
        #expect(parts.count == 2)
        #expect(parts.map(Self.undone) == ["fail \(SampleReports.hostile)", SampleReports.hostile])
    }

    @Test func `a step shows ten of a kind, the tenth counts the rest`() {
        var report = LoadReport()
        report.checks = (1...25).map {
            LoadReport.Check(name: "c\($0)", verdict: .fail, words: "w", isCorrectness: true)
        }
        let lines = GitHubAnnotations.text(report).split(separator: "\n").filter { $0.hasPrefix("::error") }
        #expect(lines.count == 10 && lines.last == "::error title=loadtest::16 more like these are in the report")
    }

    /// As the runner reads it: the percent sign last.
    private static func undone(_ text: Substring) -> String {
        [("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")].reduce(String(text)) { text, pair in
            text.replacing(pair.0, with: pair.1)
        }
    }
}
