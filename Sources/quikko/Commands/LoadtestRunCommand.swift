import ArgumentParser
import Foundation
import Kit

struct LoadtestRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Load a server, count everything, judge it (default).",
        discussion: """
            Examples:
              quikko loadtest --out report --threshold 'e2e.p99<20ms'
              quikko loadtest --url http://127.0.0.1:8080 smoke
              quikko loadtest --url ws://127.0.0.1:9000/feed --number '$.n' \\
                --publish 'POST http://127.0.0.1:9000/publish?n={n}'

            The isolation test: two feeds with equally many clients; beside one of them some stop reading. A coin says every 250 ms
            whose link is clicked. If the stalled clients cost their neighbours something, it fails.
            Exit status: 0 passed, 99 a promise or a threshold was broken, 97 too noisy or too little to say.
            """
    )

    @Argument(help: ArgumentHelp("isolation (default), smoke, restart, or a scenario file.", valueName: "scenario"))
    var scenario: String?

    @OptionGroup(title: "Target") var target: LoadTargetOptions
    @OptionGroup(title: "Load") var load: LoadOptions

    @Option(
        name: .customLong("threshold"),
        help: ArgumentHelp(
            "What must hold, such as 'fast: e2e.p99<20ms'. Several must all hold.", valueName: "expression"))
    var thresholds: [String] = []

    @Option(help: ArgumentHelp("Write report.json and report.html into this directory.", valueName: "dir"))
    var out: String?

    @Option(help: "auto: a screen on a terminal, else a line a second. Both go to standard error.")
    var live = LiveForm.auto

    @Option(name: .shortAndLong, help: "auto: a summary for people; json: the whole report; quiet: the verdict alone.")
    var output = SummaryForm.auto

    @Flag(help: "End with 0 where nothing could be said (97).")
    var allowInconclusive = false

    enum LiveForm: String, ExpressibleByArgument, CaseIterable { case auto, screen, lines, off }
    enum SummaryForm: String, ExpressibleByArgument, CaseIterable { case auto, json, quiet }

    func validate() throws { try target.check() }

    func run() async throws {
        let plan = try plan()
        let scratch = target.url == nil ? try Scratch() : nil
        defer { scratch?.remove() }
        if let out { try ReportFiles.prepare(out) }
        let test = try test(plan, scratch)
        let view = LoadScreen(live, plan: plan)
        let signals = Interrupts(lastWords: {
            test.abandon()
            view.end()
            scratch?.remove()
        })
        let (report, signal) = try await run(test, view, signals)
        view.end()
        // First what needs no disk.
        try print(report)
        if let out { try ReportFiles.write(report, to: out) }
        scratch?.remove()
        try end(report, signal)
    }

    private func plan() throws -> LoadPlan {
        var plan = try scenario.map(Self.read) ?? LoadPlan.scenario(named: "isolation")
        try load.apply(to: &plan)
        plan.thresholds += thresholds
        do throws(KitError) {
            try plan.validate()
            return plan
        } catch {
            throw ValidationError(error.message)
        }
    }

    private static func read(_ scenario: String) throws -> LoadPlan {
        if LoadPlan.scenarioNames.contains(scenario) { return try LoadPlan.scenario(named: scenario) }
        guard scenario.contains("/") || scenario.hasSuffix(".json") else {
            do { return try LoadPlan.scenario(named: scenario) } catch { throw ValidationError(error.message) }
        }
        guard let data = FileManager.default.contents(atPath: scenario), let text = String(data: data, encoding: .utf8)
        else {
            Terminal.complain("quikko: cannot read the scenario file \(scenario)")
            throw ExitStatus.inputUnreadable
        }
        do throws(KitError) {
            let plan = try LoadPlan.read(text)
            try plan.checkThresholdTexts()
            return plan
        } catch {
            throw KitError(error.code, "\(scenario): \(error.message)", cause: error)
        }
    }

    private func test(_ plan: LoadPlan, _ scratch: Scratch?) throws -> LoadTest {
        let chosen = try target.target(directory: scratch?.url)
        do throws(KitError) {
            if !target.allowRemote { try chosen.requireThisMachine() }
            return try LoadTest(
                plan, against: chosen, over: target.wire, program: ChildProcess.executable,
                arguments: LoadTargetOptions.redactedArguments)
        } catch {
            guard error.code == .invalid else { throw error }
            throw ValidationError(error.message)
        }
    }

    private func run(
        _ test: LoadTest, _ view: LoadScreen, _ signals: Interrupts
    ) async throws -> (LoadReport, Int32?) {
        try await withThrowingTaskGroup(of: Int32?.self) { group in
            group.addTask {
                for await number in signals.first {
                    test.stop()
                    return number
                }
                return nil
            }
            let report: LoadReport
            do throws(KitError) {
                report = try await test.run { view.show($0) }
            } catch {
                view.end()
                guard error.code == .invalid else { throw error }
                // What was asked for cannot be done here.
                ExitStatus.report(error)
                throw ExitStatus.usage
            }
            guard report.verdict == .interrupted else {
                group.cancelAll()
                return (report, nil)
            }
            return (report, try await group.next() ?? nil)
        }
    }

    private func print(_ report: LoadReport) throws {
        switch output {
        case .auto: Terminal.print(LoadSummary(report, usesColor: Terminal.usesColor).text)
        case .json:
            Terminal.print(String(decoding: try ReportFile.encode(report), as: UTF8.self))
        case .quiet: Terminal.print(report.verdict.rawValue)
        }
    }

    private func end(_ report: LoadReport, _ signal: Int32?) throws {
        if report.verdict == .interrupted, let signal { throw ExitStatus(signal: signal) }
        switch report.exitCode {
        case 0: return
        case 97 where allowInconclusive: return
        default: throw ExitCode(Int32(report.exitCode))
        }
    }
}
