import ArgumentParser
import Kit

struct LinksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "links",
        abstract: "List my links, show what became of them, and change them.",
        discussion: """
            Examples:
              quikko links list --search swift
              quikko links stats guide --range 7d
            """,
        subcommands: [
            LinksListCommand.self, LinksShowCommand.self, LinksStatsCommand.self, LinksPauseCommand.self,
            LinksResumeCommand.self, LinksEditCommand.self, LinksDeleteCommand.self, LinksExportCommand.self,
        ],
        defaultSubcommand: LinksListCommand.self
    )
}

struct LinksListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List my links, newest first.",
        discussion: """
            Examples:
              quikko links list --tag spring --active
              quikko links list -o ndjson --fields shortCode,totalClicks
            """
    )

    @Option(help: "Only those with this text in the code or the destination, whatever its case.")
    var search: String?

    @Option(help: "Only those with this tag.", transform: { try Tag($0) })
    var tag: Tag?

    @Flag(help: "Only those that are switched on.")
    var active = false

    @Flag(help: "Only those that are paused.")
    var paused = false

    @Option(
        help: ArgumentHelp("At most this many. Default: all.", valueName: "count"),
        transform: { try CountText.read($0) })
    var limit: Int?

    @OptionGroup var target: TargetOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !active || !paused else { throw ValidationError("--active and --paused exclude one another") }
        try output.check(Record.linkFields)
    }

    func run() async throws {
        let client = try target.client()
        var filter = APIClient.LinkFilter()
        filter.search = search
        filter.tag = tag.map { "\($0)" }
        filter.isActive = active ? true : paused ? false : nil
        var left = limit ?? .max
        var page = 1
        var printer = RecordPrinter(output)
        var table =
            output.isTable ? TextTable(columns: ["CODE", ">CLICKS", "STATUS", "CREATED", "TAGS", "DESTINATION"]) : nil
        while left > 0 {
            let links = try await client.links(filter, page: page)
            for link in links.prefix(left) {
                if table == nil { printer.print(Record(link)) } else { table?.add(link.row) }
            }
            left -= links.count
            page += 1
            if links.count < 100 { break }
        }
        for line in table?.lines ?? [] { Terminal.print(line) }
    }
}

extension APIClient.LinkAnswer {
    fileprivate var row: [String] {
        [
            shortCode, "\(totalClicks)", status ?? (isActive ? "active" : "paused"), String(createdAt.prefix(10)),
            (tags ?? []).joined(separator: " "), originalUrl,
        ]
    }
}

struct LinksShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show links.",
        discussion: """
            Examples:
              quikko links show guide
              quikko links show guide --fields originalUrl
            """
    )

    @OptionGroup var which: LinkArguments
    @OptionGroup var target: TargetOptions
    @OptionGroup var output: OutputOptions

    func validate() throws { try output.check(Record.linkFields) }

    func run() async throws {
        let client = try target.client()
        var printer = RecordPrinter(output)
        for code in which.codes {
            let record = Record(try await client.link(code))
            guard output.isTable else {
                printer.print(record)
                continue
            }
            var table = TextTable(columns: [])
            for (name, value) in record.fields { table.add([name, RecordPrinter.cell(value)]) }
            for line in table.lines { Terminal.print(line) }
        }
    }
}

/// Links named on the command line.
struct LinkArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp("Short codes, such as guide, or short URLs.", valueName: "code"),
        transform: { try LinkArguments.code($0) })
    var codes: [ShortCode]

    static func code(_ text: String) throws -> ShortCode {
        try ShortCode(text.split(separator: "/").last.map(String.init) ?? text)
    }
}
