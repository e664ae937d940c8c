import ArgumentParser

struct LoadtestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "loadtest",
        abstract: "Stall consumers on purpose, and prove that nobody else noticed.",
        discussion: """
            Bare, it starts a private server, runs the isolation test against it and leaves nothing behind.

            Examples:
              quikko loadtest
              quikko loadtest smoke --out report
            """,
        subcommands: [
            LoadtestRunCommand.self, LoadtestReportCommand.self, LoadtestCompareCommand.self,
            LoadtestDoctorCommand.self,
        ],
        defaultSubcommand: LoadtestRunCommand.self
    )
}
