import ArgumentParser
import Kit

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how the running server is.",
        discussion: """
            In a pipe: one line of JSON. Administrators only, but for -o position.

            Examples:
              quikko status --watch
              quikko status --fields clicks.numbered,messages.dropped.full
              quikko status -o position          the head of my feed, to resume from
            """
    )

    @Flag(help: "Again and again, until Ctrl-C; a server that goes away is waited for.")
    var watch = false

    @Option(
        help: ArgumentHelp("With --watch, how often. Default: 1s.", valueName: "duration"),
        transform: { try DurationText.read($0) })
    var interval: Duration?

    @OptionGroup var target: TargetOptions
    @OptionGroup var output: StatusOptions

    func validate() throws {
        try output.check(Record.statusFields)
        guard interval == nil || watch else { throw ValidationError("--interval goes with --watch") }
        guard interval.map({ $0 >= .milliseconds(100) }) ?? true else {
            throw ValidationError("--interval is 100ms or more")
        }
    }

    func run() async throws {
        let client = try target.client()
        var view = View(self, origin: client.origin)
        // A server that does not answer at first is an error, as in every other command.
        let first = try await look(client)
        guard watch else { return view.show(first, inPlace: false) }
        let screen = view.screen
        let interrupts = Interrupts { screen?.end() }
        defer { screen?.end() }
        view.show(first, inPlace: true)
        let number = try await withThrowingTaskGroup(of: Int32.self) { group in
            group.addTask { [view] in try await follow(client, view) }
            group.addTask {
                for await number in interrupts.first { return number }
                return 0
            }
            defer { group.cancelAll() }
            return try await group.next() ?? 0
        }
        throw ExitStatus(signal: number)
    }

    /// What was asked for, once.
    fileprivate enum Sight: Sendable {
        case position(String)
        case server(APIClient.ServerAnswer, losing: [APIClient.ConnectionAnswer])
    }

    private func look(_ client: APIClient) async throws -> Sight {
        guard output.output != .position else { return .position("\(try await client.events(limit: 0).head)") }
        async let connections = client.openConnections(limit: 20)
        return .server(try await client.server(), losing: try await connections)
    }

    /// Returns never but by an error; ends when its task is cancelled.
    private func follow(_ client: APIClient, _ view: View) async throws -> Int32 {
        var view = view
        let interval = interval ?? .seconds(1)
        var next = ContinuousClock.now
        while true {
            next += interval
            // Late: the rates of an instant would say nothing.
            if next < .now { next = .now + interval }
            try await Task.sleep(until: next)
            do {
                view.show(try await look(client, within: max(interval, .seconds(5))), inPlace: true)
            } catch let error as KitError where [.unavailable, .limitExceeded, .internal].contains(error.code) {
                try Task.checkCancellation()
                view.miss(error.message)
            }
        }
    }

    private func look(_ client: APIClient, within limit: Duration) async throws -> Sight {
        try await withThrowingTaskGroup(of: Sight.self) { group in
            group.addTask { try await look(client) }
            group.addTask {
                try await Task.sleep(for: limit)
                throw KitError(.unavailable, "no answer from \(client.origin) for \(DurationText.write(limit))")
            }
            defer { group.cancelAll() }
            guard let sight = try await group.next() else { throw CancellationError() }
            return sight
        }
    }
}

extension StatusCommand {
    /// Prints what is seen, in the form asked for, and remembers what rates need.
    fileprivate struct View {
        private let origin: String
        private let records: OutputOptions?
        private var printer: RecordPrinter?
        /// nil when records or positions are asked for.
        private(set) var screen: LiveScreen?
        private var last: (screen: StatusScreen, at: ContinuousClock.Instant)?
        private var silence: String?

        init(_ command: StatusCommand, origin: Origin) {
            self.origin = origin.description
            screen = command.output.showsScreen ? LiveScreen() : nil
            records = command.output.records
            printer = records.map(RecordPrinter.init)
        }

        mutating func show(_ sight: Sight, inPlace: Bool) {
            if silence != nil, screen == nil { Terminal.complain("\(origin) answers again") }
            silence = nil
            switch sight {
            case .position(let position): Terminal.print(Terminal.printable(position))
            case .server(let server, let losing) where screen != nil:
                let now = ContinuousClock.now
                let rates = last.flatMap { StatusRates(from: $0.screen.server, to: server, in: now - $0.at) }
                let status = StatusScreen(
                    origin: origin, server: server, losing: losing, rates: rates ?? StatusRates(server))
                last = (status, now)
                draw(status, inPlace: inPlace)
            case .server(let server, let losing):
                guard let records else { return }
                printer?.print(Record(server, losing: losing, for: records))
            }
        }

        /// The server did not answer: said on the screen, or once on stderr.
        mutating func miss(_ reason: String) {
            defer { silence = reason }
            if var status = last?.screen {
                status.silence = reason
                status.rates = nil
                draw(status, inPlace: true)
            } else if silence != reason {
                Terminal.complain("trying again: \(Terminal.printable(reason))")
            }
        }

        private mutating func draw(_ status: StatusScreen, inPlace: Bool) {
            let lines = status.lines(inColor: Terminal.usesColor)
            if inPlace { screen?.show(lines) } else { Terminal.print(lines.joined(separator: "\n")) }
        }
    }
}
