import ArgumentParser
import Kit

struct SubscribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscribe",
        abstract: "Follow clicks as they happen, and miss none.",
        discussion: """
            Without a code: all my links. In a pipe each click is one line of JSON. After a broken connection it goes on where it
            was; what the server could not keep is named.

            Examples:
              quikko subscribe --since 10m --where country=DE
              quikko subscribe guide --count 10 --timeout 1m
              quikko subscribe --protocol quickback --roles member   (an organization's rows and broadcasts)
              quikko subscribe --protocol quickdapp                  (my notifications)
              quikko subscribe --protocol socketio --entity all   (a dashboard's metrics)
              quikko subscribe --stall 1s/4s   (be the slow client: see what it misses, and get it back)
            """
    )

    @Argument(
        help: ArgumentHelp("Only these links: a code, or url:CODE.", valueName: "code"),
        transform: SubscribeCommand.link)
    var codes: [ShortCode] = []

    @Option(
        name: .customLong("protocol"),
        help: ArgumentHelp(
            """
            In whose words: quikko's own clicks, quickback's changes and broadcasts of an organization, quickdapp's notifications, \
            or socketio's metrics.
            """,
            valueName: "quikko|quickback|quickdapp|socketio"),
        transform: WireProtocol.named)
    var wire = WireProtocol.quikko

    @Option(
        name: .customLong("entity"),
        help: ArgumentHelp(
            "With socketio: all, or what metrics are published for; again for more. Default: all.", valueName: "id"))
    var entities: [String] = []

    @Option(help: ArgumentHelp("With quickback: which organization's.", valueName: "id"))
    var organization: String?

    @Option(help: ArgumentHelp("With quickback: as this user, by the 24 digits of their id.", valueName: "id"))
    var user: String?

    @Option(
        help: ArgumentHelp("With quickback: as someone with these roles, separated by commas.", valueName: "roles"),
        transform: { $0.split(separator: ",").map(String.init) })
    var roles: [String] = []

    @Option(help: "End after this many clicks, or events.", transform: { try CountText.read($0) })
    var count: Int?

    @Option(
        help: "End after this long; with --count, status 75 says that too few came.",
        transform: { try DurationText.read($0) })
    var timeout: Duration?

    @Option(
        help: ArgumentHelp(
            "Begin there: behind a position, EPOCH:N (one for each code, with commas), or so long ago.",
            valueName: "position|duration"))
    var since: String?

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp(
            "Only clicks like this: country, device, browser or code. Several must all hold.", valueName: "field=value"),
        transform: { try ClickFilter($0) })
    var filters: [ClickFilter] = []

    @Flag(help: "Show gaps as they are: do not fetch what was missed.")
    var noBackfill = false

    @Option(
        help: ArgumentHelp(
            "Read no faster than this a second, such as 1KiB, to be a slow consumer.", valueName: "size"),
        transform: SubscribeCommand.rate)
    var slow: Int?

    @Option(
        help: ArgumentHelp("Read for ON, then nothing for OFF, and again, such as 2s/10s.", valueName: "on/off"),
        transform: SubscribeCommand.stall)
    var stall: ReadingPace.Stall?

    @OptionGroup var target: TargetOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        try output.check(EventPrinter.fields(of: wire))
        guard wire == .quikko || (since == nil && filters.isEmpty && !noBackfill) else {
            throw ValidationError("--since, --where and --no-backfill go with --protocol quikko: only it has numbers")
        }
        guard wire == .quikko || wire == .socketio || codes.isEmpty else {
            throw ValidationError("codes go with --protocol quikko and socketio")
        }
        guard wire == .socketio || entities.isEmpty else {
            throw ValidationError("--entity goes with --protocol socketio")
        }
        guard wire == .quickback || (organization == nil && user == nil && roles.isEmpty) else {
            throw ValidationError("--organization, --user and --roles go with --protocol quickback")
        }
        guard codes.count <= 64 else { throw ValidationError("at most 64 codes; leave them out to follow all links") }
    }

    private static func link(_ text: String) throws -> ShortCode {
        try ShortCode(text.hasPrefix("url:") ? String(text.dropFirst(4)) : text)
    }

    private static func rate(_ text: String) throws -> Int {
        try SizeText.read(text.hasSuffix("/s") ? String(text.dropLast(2)) : text)
    }

    private static func stall(_ text: String) throws -> ReadingPace.Stall {
        let parts = text.split(separator: "/")
        guard parts.count == 2 else { throw ValidationError("write --stall as on/off, such as 2s/10s") }
        return ReadingPace.Stall(
            on: try DurationText.read(String(parts[0])), off: try DurationText.read(String(parts[1])))
    }

    func run() async throws {
        let client = try target.client()
        var options = FeedClient.Options()
        options.rooms = codes.map(Room.link)
        options.entities = entities
        options.since = since
        options.pace = ReadingPace(bytesPerSecond: slow, stall: stall)
        // Who is slow on purpose, or wants to see gaps, must be one whom the server drops messages for.
        options.replays = !noBackfill && options.pace.isFull
        let roles = roles.isEmpty ? nil : roles
        let feed = FeedClient(client.origin, wire: wire, options: options) { [user, organization] () throws(KitError) in
            try await client.makeTicket(kind: "ticket", user: user, organization: organization, roles: roles).ticket
                ?? ""
        }
        let follower = FeedPrinter(
            client: client, options: output, filters: filters, limit: count, fills: !noBackfill, noun: noun)
        let interrupts = Interrupts()
        let ending = try await withThrowingTaskGroup(of: Ending.self) { group in
            group.addTask { try await follow(feed, follower) }
            group.addTask {
                for await number in interrupts.first { return .interrupted(number) }
                return .interrupted(0)
            }
            if let timeout {
                group.addTask {
                    try await Task.sleep(for: timeout)
                    return .timedOut
                }
            }
            defer { group.cancelAll() }
            return try await group.next() ?? .done
        }
        try await finish(ending, follower)
    }

    private var noun: (one: String, several: String) {
        wire == .quikko ? ("click", "clicks") : ("event", "events")
    }

    private var subject: String {
        switch wire {
        case .quikko:
            return "the clicks of "
                + (codes.isEmpty ? "all my links" : codes.map(\.description).joined(separator: ", "))
        case .quickback: return "what quickback clients of \(organization ?? "this organization") see"
        case .quickdapp: return "my notifications"
        case .socketio:
            let names = codes.map(\.description) + entities
            return "the metrics of " + (names.isEmpty ? "all links" : names.joined(separator: ", "))
        }
    }

    private enum Ending { case done, timedOut, interrupted(Int32) }

    private func follow(_ feed: FeedClient, _ printer: FeedPrinter) async throws -> Ending {
        var ledger = FeedLedger()
        do {
            try await feed.run(&ledger) { item in
                switch item {
                case .connected:
                    await printer.connected()
                    if Terminal.errorIsTerminal { Terminal.complain("following \(subject); Ctrl-C ends it") }
                case .disconnected(let reason, let delay):
                    Terminal.complain("\(Terminal.printable(reason)); connecting again in \(DurationText.write(delay))")
                case .event(let event): return try await printer.hear(event)
                }
                return true
            }
        } catch let error as KitError where error.code == .forbidden && !codes.isEmpty {
            throw KitError(.notFound, error.message)
        }
        return .done
    }

    private func finish(_ ending: Ending, _ printer: FeedPrinter) async throws {
        switch ending {
        case .done: break
        case .timedOut:
            guard await printer.isConnected else {
                throw KitError(
                    .unavailable, "could not reach the server in that time; is `quikko serve` running there?")
            }
            guard let count else { return }
            Terminal.complain("quikko: only \(await printer.clicks) of \(count) \(noun.several) came in time")
            throw ExitStatus.incomplete
        case .interrupted(let number):
            Terminal.complain(await printer.summary)
            throw ExitStatus(signal: number)
        }
    }
}
