import ArgumentParser
import Foundation
import Kit

struct LoadtestReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Make another form of a report: Markdown, JUnit, .hgrm, CSV, HTML.",
        discussion: """
            Several reports are merged first. With GITHUB_STEP_SUMMARY set, Markdown is appended there too, and with
            GITHUB_ACTIONS=true failures are annotated.

            Examples:
              quikko loadtest report report/report.json
              quikko loadtest report report/report.json --format junit --out junit.xml
            """
    )

    @Argument(help: ArgumentHelp("report.json of one run, or of several.", valueName: "file"))
    var files: [String]

    @Option(help: "The form; hgrm is what HdrHistogram's plotters read.")
    var format = Form.md

    @Option(help: ArgumentHelp("Write to this file instead of standard output.", valueName: "file"))
    var out: String?

    @Flag(help: "With junit: what could not be judged is a failure, not skipped.")
    var strict = false

    @Option(help: ArgumentHelp("With hgrm: the metric. Default: e2e.", valueName: "name"))
    var metric: String?

    @Option(help: ArgumentHelp("With hgrm: of whom, such as fast@B.", valueName: "scope"))
    var scope: String?

    enum Form: String, ExpressibleByArgument, CaseIterable { case md, junit, hgrm, csv, html, json, github }

    func validate() throws {
        guard !strict || format == .junit else { throw ValidationError("--strict goes with --format junit") }
        guard metric == nil && scope == nil || format == .hgrm else {
            throw ValidationError("--metric and --scope go with --format hgrm")
        }
    }

    func run() throws {
        let parts = try files.map { ReportMerge.Part(name: $0, report: try ReportFiles.read($0)) }
        let report = parts.count == 1 ? parts[0].report : try ReportMerge.merge(parts)
        let text = try text(of: report)
        if let out {
            try ReportFiles.write(Data(text.utf8), to: URL(filePath: out))
        } else {
            Terminal.print(text.hasSuffix("\n") ? String(text.dropLast()) : text)
        }
        try tellGitHub(report)
    }

    private func text(of report: LoadReport) throws -> String {
        switch format {
        case .md: MarkdownReport.text(report)
        case .junit: JUnitReport.text(report, strict: strict)
        case .hgrm: try HDRText.text(report, metric: metric ?? "e2e", scope: scope)
        case .csv: CSVReport.text(report)
        case .html: HTMLReport(report).text
        case .json: String(decoding: try ReportFile.encode(report), as: UTF8.self)
        case .github: GitHubAnnotations.text(report)
        }
    }

    private func tellGitHub(_ report: LoadReport) throws {
        let environment = ProcessInfo.processInfo.environment
        if format == .md, let path = environment["GITHUB_STEP_SUMMARY"], !path.isEmpty {
            if !FileManager.default.fileExists(atPath: path) {
                try ReportFiles.write(Data(), to: URL(filePath: path))
            }
            guard let file = FileHandle(forWritingAtPath: path) else {
                throw KitError(.unwritable, "cannot write the step summary \(path)")
            }
            try file.seekToEnd()
            try file.write(contentsOf: Data(MarkdownReport.text(report).utf8))
        }
        // Whoever reads the annotations takes them from either stream; this one is not the report's.
        if format != .github, environment["GITHUB_ACTIONS"] == "true" {
            Terminal.complain(GitHubAnnotations.text(report))
        }
    }
}

struct LoadtestCompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Set two reports side by side.",
        discussion: """
            A word such as "worse" stands only where the 95 % interval of the difference excludes chance within the two runs.

            Examples:
              quikko loadtest compare before/report.json after/report.json
              quikko loadtest compare before/report.json after/report.json -o json
            """
    )

    @Argument(help: ArgumentHelp("The report to compare with.", valueName: "base"))
    var base: String

    @Argument(help: ArgumentHelp("The report that is compared.", valueName: "new"))
    var new: String

    @Option(name: .shortAndLong, help: "auto: a table; json: one object.")
    var output = Form.auto

    @Option(help: ArgumentHelp("Of the intervals.", valueName: "number"))
    var seed: UInt64 = 1

    enum Form: String, ExpressibleByArgument, CaseIterable { case auto, json }

    func run() throws {
        let comparison = try ReportComparison(
            base: ReportFiles.read(base), new: ReportFiles.read(new), baseName: base, newName: new, seed: seed)
        let text = output == .json ? comparison.json.text : comparison.text
        Terminal.print(text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }
}

struct LoadtestDoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say whether this machine is fit for a load test, and what to do where it is not.",
        discussion: """
            Examples:
              quikko loadtest doctor
              quikko loadtest doctor --clients 10k -o json
            """
    )

    @Option(
        help: ArgumentHelp("Connections to be opened. Default: those of the isolation test.", valueName: "count"),
        transform: { try CountText.read($0) })
    var clients: Int?

    @Option(name: .shortAndLong, help: "auto: a line each; json: one object.")
    var output = LoadtestCompareCommand.Form.auto

    func run() throws {
        let connections = try clients ?? LoadPlan.scenario(named: "isolation").connections
        let doctor = Doctor(connections: connections, timing: .measure())
        let text = output == .json ? doctor.json.text : doctor.text
        Terminal.print(text.hasSuffix("\n") ? String(text.dropLast()) : text)
        guard doctor.verdict != .bad else { throw ExitStatus.failed }
    }
}
