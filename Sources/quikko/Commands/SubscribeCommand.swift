import ArgumentParser
import Kit

struct SubscribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscribe",
        abstract: "Follow clicks as they happen.",
        discussion: """
            Without a code: all my links. In a pipe each click is one line of JSON.

            Examples:
              quikko subscribe
              quikko subscribe guide --count 10 --timeout 1m
            """
    )

    @Argument(
        help: ArgumentHelp("Only these links: a code, or url:CODE.", valueName: "code"),
        transform: SubscribeCommand.link)
    var codes: [ShortCode] = []

    @Option(help: "End after this many clicks.", transform: { try CountText.read($0) })
    var count: Int?

    @Option(
        help: "End after this long; with --count, status 75 says that too few came.",
        transform: { try DurationText.read($0) })
    var timeout: Duration?

    @OptionGroup var target: TargetOptions
    @OptionGroup var output: OutputOptions

    func validate() throws { try output.check(EventPrinter.fields) }

    private static func link(_ text: String) throws -> ShortCode {
        try ShortCode(text.hasPrefix("url:") ? String(text.dropFirst(4)) : text)
    }

    func run() async throws {
        let client = try target.client()
        let feed = FeedClient(client.origin, rooms: codes.map(Room.link)) { () throws(KitError) in
            try await client.makeTicket(kind: "ticket").ticket ?? ""
        }
        let interrupts = Interrupts()
        let tally = Tally()
        let ending = try await withThrowingTaskGroup(of: Ending.self) { group in
            group.addTask { try await follow(feed, tally) }
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
        try await finish(ending, tally)
    }

    private enum Ending { case done, timedOut, interrupted(Int32) }

    private actor Tally {
        private(set) var clicks = 0
        func add() -> Int {
            clicks += 1
            return clicks
        }
    }

    private func follow(_ feed: FeedClient, _ tally: Tally) async throws -> Ending {
        var printer = EventPrinter(output)
        try await feed.run { item in
            switch item {
            case .connected:
                let what = codes.isEmpty ? "all my links" : codes.map(\.description).joined(separator: ", ")
                if Terminal.errorIsTerminal { Terminal.complain("following the clicks of \(what); Ctrl-C ends it") }
            case .disconnected(let reason, let delay):
                Terminal.complain("\(Terminal.printable(reason)); connecting again in \(DurationText.write(delay))")
            case .event(.refused(_, let message)):
                throw KitError(.notFound, message)
            case .event(.click(let click)):
                // The server delivers all my clicks in one room; the codes asked for are picked here.
                guard codes.isEmpty || codes.contains(where: { $0.description == click.shortCode }) else { return true }
                printer.print(click)
                if await tally.add() == count { return false }
            }
            return true
        }
        return .done
    }

    private func finish(_ ending: Ending, _ tally: Tally) async throws {
        let clicks = await tally.clicks
        switch ending {
        case .done: break
        case .timedOut:
            guard let count else { return }
            Terminal.complain("quikko: only \(clicks) of \(count) clicks came in time")
            throw ExitStatus.incomplete
        case .interrupted(let number):
            Terminal.complain("\(clicks) \(clicks == 1 ? "click" : "clicks")")
            throw ExitStatus(signal: number)
        }
    }
}
