import ArgumentParser
import Kit

struct ShortenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shorten",
        abstract: "Make short links.",
        discussion: """
            Examples:
              quikko shorten https://swift.org/documentation
              quikko shorten --code guide --expires 7d --tag spring https://swift.org/documentation
              quikko shorten --from links.csv -o csv > made.csv
            """
    )

    @Argument(help: ArgumentHelp("Where the links lead.", valueName: "url"))
    var destinations: [String] = []

    @Option(help: "The short code to use: 3 to 30 letters, digits or hyphens.", transform: { try ShortCode($0) })
    var code: ShortCode?

    @Option(
        help: ArgumentHelp(
            "How long they redirect, such as 7d, or a time in UTC. Default: for ever.", valueName: "duration"),
        transform: { try Expiry($0) })
    var expires: Expiry?

    @Option(
        help: ArgumentHelp("Redirects each gives in all. Default: any number.", valueName: "count"),
        transform: { try MaximumClicks($0) })
    var maxClicks: MaximumClicks?

    @Option(help: ArgumentHelp("A tag for them; again for more.", valueName: "tag"), transform: { try Tag($0) })
    var tag: [Tag] = []

    @Option(
        help: ArgumentHelp(
            "A file with a link a line, as CSV or NDJSON; - is standard input.",
            discussion:
                "Fields: originalUrl, customAlias, expiresAt, maxClicks, tags. CSV without a header: URL, code.",
            valueName: "file"))
    var from: String?

    @OptionGroup var target: TargetOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard from != nil || !destinations.isEmpty else {
            throw ValidationError("name a URL to shorten, or --from a file")
        }
        guard from == nil || destinations.isEmpty else { throw ValidationError("--from and URLs exclude one another") }
        guard code == nil || destinations.count == 1 else {
            throw ValidationError("--code goes with one URL; shorten the others without it")
        }
        guard !target.tokenStdin || from != "-" else {
            throw ValidationError("--token-stdin and --from - exclude one another")
        }
        try output.check(Record.linkFields)
    }

    /// One result per URL, in order; goes on after one that was refused.
    func run() async throws {
        let client = try target.client()
        if let from {
            var batch = ShortenBatch(client, output, terms: terms)
            return try await batch.run(try InputLines(from))
        }
        var printer = RecordPrinter(output)
        var failure: KitError?
        for destination in destinations {
            do throws(KitError) {
                var wish = APIClient.LinkWish(destination)
                wish.code = code?.description
                terms(&wish)
                printer.print(Record(made: try await client.shorten(wish)))
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

    /// What the flags say of every link; what a line of a file says of its own comes before.
    private func terms(_ wish: inout APIClient.LinkWish) {
        wish.expiresAt = wish.expiresAt ?? expires?.text
        wish.maxClicks = wish.maxClicks ?? maxClicks?.count
        if wish.tags.isEmpty { wish.tags = tag.map { "\($0)" } }
    }
}

extension Record {
    /// A link just made: in a pipe its short URL.
    init(made link: APIClient.LinkAnswer) {
        self.init(
            fields: Self.fields(link), line: link.shortUrl, plain: link.shortUrl, identifier: link.shortCode)
    }
}
