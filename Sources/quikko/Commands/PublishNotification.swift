import ArgumentParser
import Kit

extension PublishCommand {
    struct Notification: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A notification for one account: kept, and told to its open tabs.",
            discussion: """
                The administrator of this server is account 1; others are numbered by QuickDapp's tokens.

                Examples:
                  quikko publish notification 7 '{"type":"greeting","message":"hello"}'
                  quikko publish notification 1 --message "the backup is done"
                """)

        @Argument(help: "The account's number.")
        var account: Int

        @Argument(help: "A JSON object, with type and message by convention; - reads it from standard input.")
        var data: String?

        @Option(
            help: ArgumentHelp("Instead of JSON: a notification of type `message` that says this.", valueName: "text"))
        var message: String?

        @OptionGroup var target: TargetOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard account != 0 else { throw ValidationError("no account has the number 0") }
            guard (data == nil) != (message == nil) else {
                throw ValidationError("give the notification as JSON, or its words with --message")
            }
            try output.check(["id", "delivered"])
        }

        func run() async throws {
            let content: JSON =
                if let data {
                    try InputText.json(data, "the notification")
                } else {
                    ["type": "message", "message": .string(message ?? "")]
                }
            guard case .object = content else { throw KitError(.invalid, "a notification is a JSON object") }
            let answer = try await target.client().notify(account: account, content)
            let tabs = "\(answer.delivered) open \(answer.delivered == 1 ? "tab" : "tabs")"
            var printer = RecordPrinter(output)
            printer.print(
                Record(
                    fields: [("id", .int(answer.id)), ("delivered", .int(answer.delivered))],
                    line: "kept as \(answer.id), told to \(tabs)", plain: "\(answer.id)", identifier: "\(answer.id)"))
        }
    }
}
