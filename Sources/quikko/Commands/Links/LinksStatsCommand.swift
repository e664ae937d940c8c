import ArgumentParser
import Kit

struct LinksStatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show the clicks of a link, or of all my links, counted.",
        discussion: """
            In a pipe: one line of JSON with the position it is true at; with -o csv as the original's dashboard exports it.

            Examples:
              quikko links stats guide
              quikko links stats --range 30d -o json
            """
    )

    enum Format: String, ExpressibleByArgument, CaseIterable { case auto, table, json, ndjson, csv }

    @Argument(help: "A short code or short URL; all my links without one.", transform: { try LinkArguments.code($0) })
    var code: ShortCode?

    @Option(
        help: ArgumentHelp("24h, 7d or 30d.", valueName: "range"),
        transform: { try StatisticsRange(text: $0) })
    var range = StatisticsRange.day

    @Option(name: .shortAndLong, help: "auto is bars for people on a terminal and JSON in a pipe.")
    var output = Format.auto

    @OptionGroup var target: TargetOptions

    func run() async throws {
        let client = try target.client()
        switch output {
        case .csv: Terminal.printWhole(try await client.statisticsCSV(of: code, range))
        case .table: show(try await client.statistics(of: code, range))
        case .auto where Terminal.outputIsTerminal: show(try await client.statistics(of: code, range))
        case .auto, .json, .ndjson: Terminal.print(try await client.statistics(of: code, range).text)
        }
    }

    private func show(_ statistics: JSON) {
        let name = code.map { "\($0)" } ?? "all my links"
        for line in StatisticsChart(statistics, name: name).lines { Terminal.print(Terminal.printable(line)) }
    }
}
