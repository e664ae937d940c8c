import ArgumentParser
import Kit

struct LinksExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print all links, or all clicks from a position on, as NDJSON or CSV.",
        discussion: """
            Of clicks the last line on standard error says where to go on next time.

            Examples:
              quikko links export clicks --since 1:812 > clicks.ndjson
              quikko links export links -o csv > links.csv
            """
    )

    enum What: String, ExpressibleByArgument, CaseIterable { case links, clicks }
    enum Format: String, ExpressibleByArgument, CaseIterable { case ndjson, csv }

    @Argument(help: "What to export.")
    var what = What.links

    @Option(
        help: ArgumentHelp("Only clicks behind this position, EPOCH:N.", valueName: "position"),
        transform: { try Position($0) })
    var since: Position?

    @Option(
        help: ArgumentHelp("Only clicks on this link.", valueName: "code"), transform: { try LinkArguments.code($0) })
    var code: ShortCode?

    @Option(name: .shortAndLong, help: "The form of the lines.")
    var output = Format.ndjson

    @OptionGroup var target: TargetOptions

    func validate() throws {
        guard what == .clicks || (since == nil && code == nil) else {
            throw ValidationError("--since and --code go with clicks")
        }
    }

    func run() async throws {
        let client = try target.client()
        var place = since.map { "\($0)" }
        while true {
            let page =
                switch what {
                case .links: try await client.exportLinks(isTable: output == .csv, after: place)
                case .clicks:
                    try await client.export(clicksIn: code.map(Room.link), isTable: output == .csv, after: place)
                }
            Terminal.printWhole(page.text)
            guard let next = page.next else {
                if let position = page.position {
                    Terminal.complain("go on with --since \(Terminal.printable(position))")
                }
                return
            }
            place = next
        }
    }
}
