import ArgumentParser
import Foundation
import Kit

/// Measures quikko in multiples of the floor.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure quikko against a server that does only what none can avoid.",
        shouldDisplay: false
    )

    @Option(help: "Rounds; each measures both servers, and medians are reported.")
    var rounds = 5

    @Option(help: "Length of a measured window, in seconds.")
    var seconds = 2.0

    @Option(help: "Subscribers in the fan-outs.")
    var subscribers = 1_000

    @Option(
        help: ArgumentHelp("Measure only this: \(names).", valueName: "name"),
        transform: measurement
    )
    var only: [BenchMeasurement] = []

    @Option(help: ArgumentHelp("Write the results to this file as JSON.", valueName: "file"))
    var json: String?

    func validate() throws {
        do {
            _ = try plan()
        } catch {
            throw ValidationError("\(error)")
        }
    }

    func run() throws {
        let report = try Bench.run(plan()) { line in
            FileHandle.standardError.write(Data("\(line)\n".utf8))
        }
        print(report.table, terminator: "")
        if let json { try write(report, to: json) }
        guard report.failures.isEmpty else { throw ExitCode.failure }
    }

    private func plan() throws -> BenchPlan {
        try BenchPlan(
            rounds: rounds,
            seconds: seconds,
            subscribers: subscribers,
            measurements: only.isEmpty ? BenchMeasurement.allCases : only
        )
    }

    private func write(_ report: BenchReport, to file: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(report).write(to: URL(fileURLWithPath: file))
    }

    private static let names = BenchMeasurement.allCases.map(\.rawValue).joined(separator: ", ")

    private static func measurement(_ name: String) throws -> BenchMeasurement {
        guard let measurement = BenchMeasurement(rawValue: name) else {
            throw ValidationError("no measurement is called \(name); there are \(names)")
        }
        return measurement
    }
}
