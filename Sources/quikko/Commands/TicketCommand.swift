import ArgumentParser
import Kit

struct TicketCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ticket",
        abstract: "Make credentials that open sockets.",
        discussion: """
            Examples:
              quikko ticket new
              quikko ticket new --open
            """,
        subcommands: [New.self]
    )

    struct New: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a ticket: one socket, within a minute.",
            discussion: """
                Examples:
                  quikko ticket new                      a ticket for /ws?ticket=…
                  quikko ticket new --session --ttl 1h   a token for /ws?token=… and the REST API
                """
        )

        @Flag(help: "A session token instead: usable again and again until it expires.")
        var session = false

        @Flag(help: "The live page's address, with a ticket to open it.")
        var open = false

        @Option(help: ArgumentHelp("Whose, by the 24 digits of their id; yourself without it.", valueName: "id"))
        var user: String?

        @Option(help: ArgumentHelp("In which organization.", valueName: "id"))
        var organization: String?

        @Option(
            help: ArgumentHelp("With which roles, separated by commas.", valueName: "roles"),
            transform: { $0.split(separator: ",").map(String.init) })
        var roles: [String] = []

        @Option(
            help: "For how long. Default: 60s for a ticket, 15m for a session.",
            transform: { try DurationText.read($0) })
        var ttl: Duration?

        @OptionGroup var target: TargetOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard !(session && open) else { throw ValidationError("--session and --open exclude one another") }
            try output.check(["kind", credentialField, "expiresAt"])
        }

        private var credentialField: String { open ? "url" : session ? "token" : "ticket" }

        func run() async throws {
            let client = try target.client()
            let answer = try await client.makeTicket(
                kind: session ? "session" : open ? "start" : "ticket", user: user, organization: organization,
                roles: roles.isEmpty ? nil : roles, ttl: ttl.map { max(1, Int($0 / .seconds(1))) })
            let text = answer.ticket ?? answer.token ?? ""
            let shown = open ? "\(client.origin)/#ticket=\(text)" : text
            var printer = RecordPrinter(output)
            printer.print(
                Record(
                    fields: [
                        ("kind", .string(answer.kind)), (credentialField, .string(shown)),
                        ("expiresAt", .string(answer.expiresAt)),
                    ],
                    line: shown, plain: shown, identifier: shown))
        }
    }
}
