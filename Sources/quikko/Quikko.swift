import ArgumentParser
import Kit

@main
struct Quikko: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quikko",
        abstract: "A link shortener whose every click reaches every screen live.",
        discussion: """
            Start with:
              quikko serve
              quikko shorten https://swift.org        (in another terminal)
            """,
        version: Kit.version,
        subcommands: [
            ServeCommand.self, ShortenCommand.self, ClickCommand.self, TicketCommand.self, SubscribeCommand.self,
            LoadtestCommand.self, LinksCommand.self, PublishCommand.self, StatusCommand.self, BenchCommand.self,
            FloorCommand.self,
            ManualCommand.self,
        ]
    )

    /// Parsing before, printing after: every way out of the program passes here.
    static func main() async {
        Terminal.prepare()
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            ExitStatus.end(with: error)
        }
    }
}
