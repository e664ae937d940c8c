import ArgumentParser
import Kit

struct ClickCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "click",
        abstract: "Follow short links, one step, as a browser would.",
        discussion: """
            Examples:
              quikko click guide --count 3 --country DE
              quikko click guide --count 1k --rate 50 --agent mobile

            --country counts for the link's owner and administrators.
            """
    )

    @Argument(
        help: ArgumentHelp("Short codes or short URLs.", valueName: "code"), transform: { try ClickedLink($0) })
    var targets: [ClickedLink]

    @Option(help: "How often, each.", transform: { try CountText.read($0) })
    var count = 1

    @Option(help: "Clicks a second; as fast as the server answers without it.")
    var rate: Double?

    @Option(help: "Two letters: where the clicks say they come from.", transform: ClickCommand.country)
    var country: Country?

    @Option(help: "What the clicks say they are: desktop, mobile, tablet, bot, or a user agent's text.")
    var agent: String?

    @OptionGroup var server: TargetOptions
    @OptionGroup var output: OutputOptions

    private static func country(_ text: String) throws -> Country {
        guard let country = Country(text) else { throw KitError(.invalid, "a country is two letters, such as DE") }
        return country
    }

    func validate() throws {
        guard rate.map({ $0 > 0 && $0 <= 1_000_000 }) ?? true else {
            throw ValidationError("--rate is a number of clicks a second above 0")
        }
        guard agent?.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) ?? true else {
            throw ValidationError("--agent is printable ASCII on one line")
        }
        try output.check(["code", "location", "position"])
        let origins = Set(targets.compactMap(\.origin))
        guard origins.count <= 1, server.url == nil || origins.isEmpty else {
            throw ValidationError("all short URLs must be of one server; leave --url out when you give URLs")
        }
    }

    func run() async throws {
        let client = try server.client(for: targets.compactMap(\.origin).first)
        guard country == nil || client.hasCredential else {
            throw KitError(
                .unauthorized,
                "--country needs a key for \(client.origin): set QUIKKO_TOKEN or --token-file, or leave it out")
        }
        var printer = RecordPrinter(output)
        var dead: Set<ShortCode> = []
        let start = ContinuousClock.now
        for number in 0..<count * targets.count {
            let code = targets[number % targets.count].code
            guard !dead.contains(code) else { continue }
            if let rate { try await Task.sleep(until: start + .seconds(Double(number) / rate)) }
            do {
                let answer = try await client.click(code, country: country, agent: agent.map(Self.userAgent))
                printer.print(Record(answer))
            } catch {
                guard error.code == .notFound || error.code == .inactive else { throw error }
                // The others are followed all the same.
                ExitStatus.report(KitError(error.code, "\(code): \(error.message)"))
                dead.insert(code)
            }
        }
        if !dead.isEmpty { throw ExitStatus.failed }
    }

    /// Typical agents by name; anything else is taken as the agent's text.
    private static func userAgent(_ name: String) -> String {
        switch name {
        case "desktop":
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
        case "mobile":
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
        case "tablet":
            "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/604.1"
        case "bot": "Mozilla/5.0 (compatible; ExampleBot/1.0; +https://example.com/bot)"
        default: name
        }
    }
}

/// A short code, or a short URL with the server it belongs to.
struct ClickedLink {
    let origin: Origin?
    let code: ShortCode

    /// - Throws: `.invalid` when `text` is neither.
    init(_ text: String) throws(KitError) {
        guard text.contains("/") else {
            origin = nil
            code = try ShortCode(text)
            return
        }
        origin = try Origin(text)
        let path = text.split(separator: "/").dropFirst(2).joined(separator: "/")
        code = try ShortCode(String(path.prefix { $0 != "?" && $0 != "#" }))
    }
}

extension Record {
    fileprivate init(_ click: APIClient.ClickAnswer) {
        self.init(
            fields: [
                ("code", .string(click.code)), ("location", .string(click.location)),
                ("position", click.position.map(JSON.string) ?? .null),
            ],
            line: Terminal.printable("\(click.code) → \(click.location)"), identifier: click.position ?? click.code)
    }
}
