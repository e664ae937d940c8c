import ArgumentParser
import Kit

struct ShortenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shorten",
        abstract: "Make short links.",
        discussion: """
            Examples:
              quikko shorten https://swift.org/documentation
              quikko shorten --code guide https://swift.org/documentation
            """
    )

    @Argument(help: ArgumentHelp("Where the links lead.", valueName: "url"))
    var destinations: [String]

    @Option(help: "The short code to use: 3 to 30 letters, digits or hyphens.", transform: { try ShortCode($0) })
    var code: ShortCode?

    @OptionGroup var target: TargetOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard code == nil || destinations.count == 1 else {
            throw ValidationError("--code goes with one URL; shorten the others without it")
        }
        try output.check(Record.linkFields)
    }

    /// One result per URL, in order; goes on after one that was refused.
    func run() async throws {
        let client = try target.client()
        var printer = RecordPrinter(output)
        var failure: KitError?
        for destination in destinations {
            do throws(KitError) {
                printer.print(Record(try await client.shorten(destination, code: code?.description)))
            } catch {
                // These fail the same way for every URL.
                guard destinations.count > 1, ![.unavailable, .unauthorized, .expired].contains(error.code) else {
                    throw error
                }
                ExitStatus.report(KitError(error.code, "\(destination): \(error.message)"))
                failure = error
            }
        }
        if failure != nil { throw ExitStatus.failed }
    }
}

extension Record {
    fileprivate static let linkFields = [
        "id", "shortCode", "shortUrl", "originalUrl", "isCustomAlias", "isActive", "createdAt", "totalClicks",
    ]

    fileprivate init(_ link: APIClient.LinkAnswer) {
        self.init(
            fields: [
                ("id", .string(link.id)), ("shortCode", .string(link.shortCode)), ("shortUrl", .string(link.shortUrl)),
                ("originalUrl", .string(link.originalUrl)), ("isCustomAlias", .bool(link.isCustomAlias)),
                ("isActive", .bool(link.isActive)), ("createdAt", .string(link.createdAt)),
                ("totalClicks", .int(link.totalClicks)),
            ],
            line: link.shortUrl, plain: link.shortUrl, identifier: link.shortCode)
    }
}
