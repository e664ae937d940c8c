import ArgumentParser
import Foundation
import Kit
import Logging

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the server; nothing needs to be configured.",
        discussion: """
            Examples:
              quikko serve
              quikko serve --temp --run -- sh -c 'quikko click $(quikko shorten https://swift.org)'

            With --run the command finds QUIKKO_URL and QUIKKO_TOKEN in its environment and quikko on its PATH; its status is
            the status of `serve`, and nothing is left behind.
            """
    )

    @Option(help: "The address to listen on. Default: 127.0.0.1, this machine only.")
    var host: String?

    @Option(help: "The port; 0 takes any free one. Default: $PORT, else 8080; with --temp any free one.")
    var port: Int?

    @Flag(
        help: ArgumentHelp(
            "Also listen where the originals do, on this machine only, so that their clients need no other address.",
            discussion: "3000 for QuickDapp, 8787 for Quickback; each port answers only what its original does."))
    var compatPorts = false

    @Option(
        help: ArgumentHelp(
            "Where database and secrets live.", discussion: "Default: $QUIKKO_DATA_DIR, else $XDG_DATA_HOME/quikko.",
            valueName: "dir"))
    var dataDir: String?

    @Option(
        help: ArgumentHelp("Tables, masks and roles, as JSON; see docs/config.schema.json.", valueName: "file"))
    var config: String?

    @Flag(help: "Print one line of JSON on standard output once connections are accepted.")
    var printReady = false

    @Flag(help: "Keep everything in a temporary directory that is removed at the end.")
    var temp = false

    @Flag(help: "Run the command after -- against this server, then stop.")
    var run = false

    @Option(help: ArgumentHelp("With --temp: make the same short codes every time.", valueName: "number"))
    var seed: UInt64?

    @Option(help: ArgumentHelp("Event loops, a thread each. Default: one a core, at most 16.", valueName: "number"))
    var loops: Int?

    @Option(
        help: ArgumentHelp("Messages that may wait for one connection. Default: 256.", valueName: "count"),
        transform: { try CountText.read($0) })
    var outboxMessages: Int?

    @Option(
        help: ArgumentHelp("Bytes that may wait for one connection. Default: 256KiB.", valueName: "size"),
        transform: { try SizeText.read($0) })
    var outboxBytes: Int?

    @Option(
        help: ArgumentHelp("The kernel's send buffer of a socket. Default: 32KiB.", valueName: "size"),
        transform: { try SizeText.read($0) })
    var sndbuf: Int?

    @Option(
        help: ArgumentHelp(
            "Close a socket that takes nothing for this long; it may come again. Default: 30s.", valueName: "duration"),
        transform: { try DurationText.read($0) })
    var stallTimeout: Duration?

    @Option(
        help: ArgumentHelp(
            "relaxed: a click is durable within 100 ms (default); strict: its redirect waits until it is.",
            valueName: "mode"))
    var durability: Durability?

    @Option(
        help: ArgumentHelp(
            "Clicks that may wait for a slow disk before they are lost from the log. Default: 262144.",
            valueName: "count"),
        transform: { try CountText.read($0) })
    var logBacklog: Int?

    @Flag(help: "Answer /metrics without a credential.")
    var metricsOpen = false

    @Flag(
        help: ArgumentHelp(
            "Echo to the test suites of Engine.IO, Socket.IO and WebSocket, on this machine only.", visibility: .hidden)
    )
    var conformance = false

    @Flag(help: "Let anybody make an account with a password.")
    var allowRegistration = false

    enum Durability: String, ExpressibleByArgument, CaseIterable { case relaxed, strict }

    @Argument(help: ArgumentHelp("With --run: the command and its arguments, after --.", valueName: "command"))
    var command: [String] = []

    func validate() throws {
        guard run || command.isEmpty else {
            throw ValidationError("unexpected argument '\(command[0])'; a command to run goes with --run --")
        }
        guard !run || !command.isEmpty else {
            throw ValidationError("--run needs a command: quikko serve --temp --run -- CMD")
        }
        guard !run || temp else {
            throw ValidationError("--run goes with --temp: the command gets a server of its own")
        }
        guard !run || !printReady else {
            throw ValidationError("--run and --print-ready exclude one another: standard output is the command's")
        }
        guard seed == nil || temp else {
            throw ValidationError("--seed goes with --temp: predictable codes are for scripts")
        }
        guard !temp || dataDir == nil else { throw ValidationError("--temp and --data-dir exclude one another") }
        guard dataDir?.isEmpty != true else { throw ValidationError("--data-dir is empty; name a directory") }
        guard port.map({ (0...65_535).contains($0) }) ?? true else {
            throw ValidationError("--port is a number from 0 to 65535")
        }
        guard loops.map({ (1...256).contains($0) }) ?? true else {
            throw ValidationError("--loops is a number from 1 to 256")
        }
    }

    func run() async throws {
        // Everything this program makes is its owner's only.
        umask(0o077)
        let log = try Self.log()
        let scratch = temp ? try Scratch() : nil
        defer { scratch?.remove() }
        let child = ChildProcess.Handle()
        let interrupts = Interrupts(lastWords: {
            _ = child.forward(SIGKILL)
            scratch?.remove()
        })
        let configuration = try configuration(scratch)
        let server = Server(configuration, log: log)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await server.run { address in
                    try announce(address, configuration)
                    guard run else { return }
                    let status = await child.run(command, environment: childEnvironment(address))
                    throw Finished(status: status)
                }
            }
            group.addTask {
                for await signal in interrupts.first {
                    // The command ends first, then the server: it may still have something to say to it.
                    if !child.forward(signal) { server.stop() }
                }
            }
            defer { group.cancelAll() }
            do {
                try await group.next()
            } catch let finished as Finished {
                guard finished.status != 0 else { return }
                scratch?.remove()
                Foundation.exit(finished.status)
            }
        }
    }

    /// The command of --run has ended.
    private struct Finished: Error {
        let status: Int32
    }

    private func configuration(_ scratch: Scratch?) throws -> ServerConfiguration {
        var configuration = ServerConfiguration(
            dataDirectory: scratch?.url ?? dataDir.map { URL(filePath: $0) } ?? Paths.data)
        if temp { configuration.port = 0 }
        var environment = ProcessInfo.processInfo.environment
        // A private server has its own address, whatever another one was told.
        if temp {
            for name in ["PORT", "BASE_URL"] { (environment[name], environment["QUIKKO_\(name)"]) = (nil, nil) }
        }
        try configuration.apply(environment)
        if let config { try Self.apply(config, to: &configuration) }
        configuration.keyFile = scratch?.url.appending(path: "keys.json") ?? Paths.keyFile
        if !temp, let socket = try InheritedSocket.take(environment) {
            guard host == nil, port == nil else {
                throw KitError(
                    .invalid, "a socket was passed (LISTEN_FDS): it says where to listen; leave --host and --port out")
            }
            configuration.socket = socket
        }
        configuration.host = host ?? configuration.host
        configuration.port = port ?? configuration.port
        if compatPorts {
            for entrance in Entrance.allCases { configuration.compatPorts[entrance] = entrance.originalPort }
        }
        configuration.loops = loops ?? configuration.loops
        configuration.outboxMessages = outboxMessages ?? configuration.outboxMessages
        configuration.outboxBytes = outboxBytes ?? configuration.outboxBytes
        configuration.sendBuffer = sndbuf ?? configuration.sendBuffer
        configuration.stallTimeout = stallTimeout ?? configuration.stallTimeout
        configuration.logBacklog = logBacklog ?? configuration.logBacklog
        configuration.isStrict = durability == .strict
        if allowRegistration { configuration.allowsRegistration = true }
        configuration.opensMetrics = metricsOpen
        configuration.seed = seed
        if conformance { try configuration.beConformanceTestee() }
        configuration.makesStartTicket = Terminal.errorIsTerminal && !run
        return configuration
    }

    private static func apply(_ file: String, to configuration: inout ServerConfiguration) throws {
        guard let bytes = FileManager.default.contents(atPath: file) else {
            Terminal.complain("quikko: cannot read the configuration file \(Terminal.printable(file))")
            throw ExitStatus.inputUnreadable
        }
        do throws(KitError) {
            try configuration.apply(configurationFile: bytes)
        } catch {
            throw KitError(error.code, "\(file): \(error.message)", cause: error)
        }
    }

    private func announce(_ address: Server.Address, _ configuration: ServerConfiguration) throws {
        if printReady {
            Terminal.print(
                JSON.object([
                    "url": .string(address.url), "port": .int(address.port), "pid": .int(Int(getpid())),
                    "keyFile": .string(configuration.keyFile?.path ?? ""),
                    "ports": .object(
                        .init([("http", .int(address.port))] + address.compatPorts.map { ($0.name, .int($0.port)) })),
                ]).text)
        }
        guard !run else { return }
        // Scripts that read the ready line want no greeting.
        guard !printReady || Terminal.errorIsTerminal else { return }
        Terminal.complain(try greeting(address, configuration))
    }

    private func greeting(_ address: Server.Address, _ configuration: ServerConfiguration) throws(KitError) -> String {
        let program = Self.spokenName
        var exports: [String] = []
        // The commands look at the usual address for a key in the usual file; anything else they must be told.
        if address.url != "http://127.0.0.1:8080" { exports.append("  export QUIKKO_URL=\(address.url)") }
        if temp, let key = address.key {
            let file = configuration.dataDirectory.appending(path: "key")
            try KeyFile.write(key, to: file)
            exports.append("  export QUIKKO_TOKEN=$(cat \(file.path))")
        }
        let commands =
            exports + [
                "  \(program) subscribe", "  \(program) click $(\(program) shorten https://swift.org) --count 3",
            ]
        return """
            quikko \(Kit.version) serves \(address.url)

              data      \(configuration.dataDirectory.path)
              API key   \(configuration.keyFile?.path ?? "none")
              page      \(address.startTicket.map { "\(address.url)/#ticket=\($0)" } ?? "run: \(program) ticket new --open")

            \(Self.lines(address.compatPorts))In another terminal:

            \(commands.joined(separator: "\n"))

            Ctrl-C stops it.
            """
    }

    /// A line for each further port, with what is to stand between them and what follows.
    private static func lines(_ ports: [(name: String, port: Int)]) -> String {
        guard !ports.isEmpty else { return "" }
        return ports.map { name, port in
            "  \(name)" + String(repeating: " ", count: max(1, 10 - name.count)) + "http://127.0.0.1:\(port)\n"
        }.joined() + "\n"
    }

    /// How people call this program from where they are: by name when the shell would find it.
    private static var spokenName: String {
        let called = CommandLine.arguments[0]
        guard called.contains("/") else { return called }
        let own = ChildProcess.executable
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let found = path.split(separator: ":").map { "\($0)/quikko" }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
        let isOwn = found.map { URL(filePath: $0).resolvingSymlinksInPath().path == own } ?? false
        return isOwn ? "quikko" : called
    }

    private func childEnvironment(_ address: Server.Address) -> [String: String] {
        var environment = ProcessInfo.processInfo.environment
        environment["QUIKKO_URL"] = address.url
        environment["QUIKKO_TOKEN"] = address.key
        let directory = URL(filePath: ChildProcess.executable).deletingLastPathComponent().path
        environment["PATH"] = "\(directory):\(environment["PATH"] ?? "/usr/bin:/bin")"
        return environment
    }

    private static func log() throws -> Logger {
        var log = Logger(label: "quikko", factory: { StreamLogHandler.standardError(label: $0) })
        log.logLevel = .notice
        guard let name = ProcessInfo.processInfo.environment["QUIKKO_LOG_LEVEL"], !name.isEmpty else { return log }
        guard let level = Logger.Level(rawValue: name) else {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw KitError(.invalid, "QUIKKO_LOG_LEVEL is one of \(levels)")
        }
        log.logLevel = level
        return log
    }
}
