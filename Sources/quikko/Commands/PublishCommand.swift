import ArgumentParser
import Foundation
import Kit

struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Tell sockets what is not a click.",
        discussion: """
            Prints how many sockets it went to. Broadcasts and changes are not kept: whoever is not there does not get them.
            Notifications are, and dashboards, and the newest value of a metric.

            Examples:
              quikko publish broadcast deploy:done '{"version":"1.4"}'
              quikko publish change orders UPDATE --new '{"id":7,"state":"paid"}' --old '{"id":7,"state":"open"}'
              quikko publish notification 7 '{"type":"greeting","message":"hello"}'
              quikko publish metric --entity event-7 revenue 12.5
            """,
        subcommands: [Broadcast.self, Change.self, Notification.self, MetricCommand.self, TileCommand.self]
    )

    /// Whom it is for, and where it is published.
    struct Addressing: ParsableArguments {
        @Option(help: ArgumentHelp("Whose members hear it. Default: the server's own organization.", valueName: "id"))
        var organization: String?

        @Option(help: ArgumentHelp("Only this member's sockets.", valueName: "id"))
        var user: String?

        @Option(
            help: ArgumentHelp(
                "Only sockets with one of these roles, separated by commas; x+ is x and every higher one.",
                valueName: "roles"),
            transform: { $0.split(separator: ",").map(String.init) })
        var roles: [String] = []

        @OptionGroup var target: TargetOptions
        @OptionGroup var output: OutputOptions

        func validate() throws { try output.check(["delivered"]) }

        /// Publishes by $REALTIME_URL with $ACCESS_TOKEN where those are set, as Quickback's own services do.
        func publish(kind: String, _ members: [(String, JSON)]) async throws {
            var members = members
            if let organization { members.append(("organizationId", .string(organization))) }
            if let user { members.append(("userId", .string(user))) }
            if !roles.isEmpty { members.append(("targetRoles", .array(roles.map(JSON.string)))) }
            let environment = ProcessInfo.processInfo.environment
            let delivered: Int
            if let url = environment["REALTIME_URL"], !url.isEmpty, target.url == nil {
                guard let secret = environment["ACCESS_TOKEN"], !secret.isEmpty else {
                    throw KitError(
                        .unauthorized, "REALTIME_URL is set; set ACCESS_TOKEN to the secret of that server as well")
                }
                delivered = try await APIClient(Origin(url), credential: secret).publishInternally(kind: kind, members)
            } else {
                delivered = try await target.client().publish(kind: kind, members)
            }
            var printer = RecordPrinter(output)
            printer.print(
                Record(
                    fields: [("delivered", .int(delivered))],
                    line: "delivered to \(delivered) \(delivered == 1 ? "socket" : "sockets")", plain: "\(delivered)",
                    identifier: "\(delivered)"))
        }
    }

    struct Broadcast: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A named event, with a payload.",
            discussion: """
                Examples:
                  quikko publish broadcast screening:progress '{"percent":50}' --roles recruiter+
                  date | jq -R '{now:.}' | quikko publish broadcast clock -
                """)

        @Argument(help: "Its name, such as deploy:done.")
        var event: String

        @Argument(help: "Any JSON; - reads it from standard input. Default: {}.")
        var payload = "{}"

        @OptionGroup var addressing: Addressing

        func run() async throws {
            try await addressing.publish(
                kind: "broadcast", [("event", .string(event)), ("payload", try InputText.json(payload, "the payload"))])
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A row was added, changed or removed.",
            discussion: """
                Examples:
                  quikko publish change orders INSERT --new '{"id":7,"state":"open"}'
                  quikko publish change orders DELETE --old '{"id":7}' --roles admin,owner
                """)

        @Argument(help: "The table.")
        var table: String

        @Argument(help: "INSERT, UPDATE or DELETE.", transform: { $0.uppercased() })
        var operation: String

        @Option(help: ArgumentHelp("The row as it is now; - reads it from standard input.", valueName: "json"))
        var new: String?

        @Option(help: ArgumentHelp("The row as it was; - reads it from standard input.", valueName: "json"))
        var old: String?

        @OptionGroup var addressing: Addressing

        func validate() throws {
            guard ["INSERT", "UPDATE", "DELETE"].contains(operation) else {
                throw ValidationError("the second word is INSERT, UPDATE or DELETE")
            }
            guard (new != nil) == (operation != "DELETE"), (old != nil) == (operation != "INSERT") else {
                throw ValidationError("INSERT takes --new, DELETE takes --old, UPDATE both")
            }
            guard new != "-" || old != "-" else { throw ValidationError("only one row can come from standard input") }
        }

        func run() async throws {
            try await addressing.publish(
                kind: "change",
                [
                    ("table", .string(table)), ("eventType", .string(operation)),
                    ("new", try new.map { try InputText.json($0, "--new") } ?? .null),
                    ("old", try old.map { try InputText.json($0, "--old") } ?? .null),
                ])
        }
    }
}

/// JSON given as an argument, or on standard input.
enum InputText {
    /// - Throws: `.invalid` naming `what` when it is not JSON.
    static func json(_ text: String, _ what: String) throws -> JSON {
        let bytes = text == "-" ? Array(FileHandle.standardInput.readDataToEndOfFile()) : Array(text.utf8)
        do {
            return try JSON(parsing: bytes)
        } catch {
            throw KitError(.invalid, "\(what) is not JSON: \(error.message)")
        }
    }
}
