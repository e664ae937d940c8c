import ArgumentParser
import Foundation
import Kit

struct TicketCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ticket",
        abstract: "Make credentials that open sockets.",
        discussion: """
            Examples:
              quikko ticket new
              quikko ticket new --open
              quikko ticket new | quikko ticket verify
            """,
        subcommands: [New.self, Inspect.self, Verify.self, Revoke.self]
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

    struct Inspect: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read what a ticket, token or key says of itself.",
            discussion: """
                Needs no server and no secret, and proves nothing: anybody can write such a text.

                Examples:
                  quikko ticket new | quikko ticket inspect
                  quikko ticket inspect --credential-file session.txt -o json
                """)

        @OptionGroup var given: GivenCredential
        @OptionGroup var output: OutputOptions

        func validate() throws { try output.check(["kind", "expiresAt", "expired", "claims"]) }

        func run() async throws {
            let text = try CredentialText(given.text())
            let isExpired = text.hasExpired
            let ending = text.expiresAt.map { "\(isExpired ? "expired" : "good until") \($0.secondsDescription)" }
            var printer = RecordPrinter(output)
            printer.print(
                Record(
                    fields: [
                        ("kind", .string(text.kind.rawValue)),
                        ("expiresAt", text.expiresAt.map { .string($0.secondsDescription) } ?? .null),
                        ("expired", .bool(isExpired)), ("claims", text.claims),
                    ],
                    line:
                        "\(text.kind.rawValue)  \(ending ?? "does not say when it ends")  \(Terminal.printable(text.claims.text))",
                    identifier: text.kind.rawValue))
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask the server whether a ticket, token or key is good.",
            discussion: """
                Uses nothing up. Ends with 0 when it is good and with 77 when it is not.

                Examples:
                  quikko ticket new | quikko ticket verify
                  quikko ticket verify --credential-file session.txt -o json
                """)

        @OptionGroup var given: GivenCredential
        @OptionGroup var target: TargetOptions
        @OptionGroup var output: OutputOptions

        func validate() throws { try output.check(["valid", "reason", "user", "organization", "roles", "expiresAt"]) }

        func run() async throws {
            let verdict = try await target.client().verify(given.text())
            let words = verdict.valid ? "good: \(verdict.user ?? "")" : "not good: \(verdict.reason ?? "")"
            var printer = RecordPrinter(output)
            printer.print(
                Record(
                    fields: [
                        ("valid", .bool(verdict.valid)), ("reason", verdict.reason.map(JSON.string) ?? .null),
                        ("user", verdict.user.map(JSON.string) ?? .null),
                        ("organization", verdict.organization.map(JSON.string) ?? .null),
                        ("roles", verdict.roles.map { .array($0.map(JSON.string)) } ?? .null),
                        ("expiresAt", verdict.expiresAt.map(JSON.string) ?? .null),
                    ],
                    line: Terminal.printable(words), identifier: verdict.valid ? "good" : "bad"))
            guard verdict.valid else { throw ExitStatus.refused }
        }
    }
}

extension TicketCommand {
    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take back a ticket, token or key, or all of a user's.",
            discussion: """
                It and whatever was bought with it are refused from now on, after a restart too, and the sockets opened so are
                closed. With --user, all that was issued to them so far; the API key that asks is kept.

                Examples:
                  quikko ticket revoke --credential-file session.txt
                  quikko ticket revoke --user 64a1b2c3d4e5f6a7b8c9d0e1
                """)

        @OptionGroup var given: GivenCredential

        @Option(
            help: ArgumentHelp(
                "Everything of this user: the 24 digits of their id, a name, or an account's number.", valueName: "id"))
        var user: String?

        @OptionGroup var target: TargetOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard user == nil || given.credentialFile == nil else {
                throw ValidationError("--user and --credential-file exclude one another")
            }
            try output.check(["revoked", "user", "closed"])
        }

        func run() async throws {
            let client = try target.client()
            let answer =
                if let user { try await client.revokeAll(of: user) } else { try await client.revoke(given.text()) }
            let what = answer.revoked == "user" ? "all credentials of" : "a \(answer.revoked) of"
            let sockets = "\(answer.closed) \(answer.closed == 1 ? "socket" : "sockets")"
            var printer = RecordPrinter(output)
            printer.print(
                Record(
                    fields: [
                        ("revoked", .string(answer.revoked)), ("user", .string(answer.user)),
                        ("closed", .int(answer.closed)),
                    ],
                    line: "revoked \(what) \(Terminal.printable(answer.user)); closed \(sockets)",
                    identifier: "\(answer.closed)"))
        }
    }
}

/// A credential to look at: never an argument, which other users of the machine could read.
struct GivenCredential: ParsableArguments {
    @Option(help: ArgumentHelp("Read it from this file instead of standard input.", valueName: "file"))
    var credentialFile: String?

    func text() throws -> String {
        guard let credentialFile else {
            guard let line = readLine(), !line.isEmpty else {
                throw KitError(.invalid, "give the ticket, token or key on standard input, or with --credential-file")
            }
            return line
        }
        guard let text = try? String(contentsOfFile: credentialFile, encoding: .utf8) else {
            Terminal.complain("quikko: cannot read \(credentialFile)")
            throw ExitStatus.inputUnreadable
        }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
