import ArgumentParser
import Kit

struct LinksPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Switch links off: they answer 410 until they are resumed.",
        discussion: """
            Examples:
              quikko links pause guide
              quikko links list --tag spring -o quiet | xargs quikko links pause
            """
    )

    @OptionGroup var which: LinkArguments
    @OptionGroup var target: TargetOptions
    @OptionGroup var output: OutputOptions

    func validate() throws { try output.check(Record.linkFields) }

    func run() async throws { try await LinkChanges.apply([("isActive", false)], to: which.codes, target, output) }
}

struct LinksResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Switch links on again.",
        discussion: """
            Examples:
              quikko links resume guide
              quikko links list --paused -o quiet | xargs quikko links resume
            """
    )

    @OptionGroup var which: LinkArguments
    @OptionGroup var target: TargetOptions
    @OptionGroup var output: OutputOptions

    func validate() throws { try output.check(Record.linkFields) }

    func run() async throws { try await LinkChanges.apply([("isActive", true)], to: which.codes, target, output) }
}

/// Changes links one by one, and goes on after one that cannot be.
enum LinkChanges {
    static func apply(
        _ members: [(String, JSON)], to codes: [ShortCode], _ target: TargetOptions, _ output: OutputOptions
    ) async throws {
        let client = try target.client()
        var printer = RecordPrinter(output)
        try await each(codes) { code in
            let link = try await client.link(code)
            printer.print(Record(try await client.changeLink(link.id, members)))
        }
    }

    /// - Throws: the error itself when there is one code, and status 1 when it was one of several.
    static func each(_ codes: [ShortCode], _ body: (ShortCode) async throws -> Void) async throws {
        var hasFailed = false
        for code in codes {
            do {
                try await body(code)
            } catch let error as KitError {
                guard codes.count > 1, ![.unavailable, .unauthorized, .expired].contains(error.code) else {
                    throw error
                }
                ExitStatus.report(KitError(error.code, "\(code): \(error.message)"))
                hasFailed = true
            }
        }
        if hasFailed { throw ExitStatus.failed }
    }
}

struct LinksEditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit",
        abstract: "Change where a link leads, when it ends, or its tags.",
        discussion: """
            Examples:
              quikko links edit guide --to https://swift.org/getting-started
              quikko links edit guide --expires 7d --max-clicks none --tag spring
            """
    )

    @OptionGroup var which: LinkArguments

    @Option(help: ArgumentHelp("Where it leads from now on.", valueName: "url"))
    var to: String?

    @Option(
        help: ArgumentHelp("How long it redirects from now on, or never for ever.", valueName: "duration"),
        transform: { try Expiry($0) })
    var expires: Expiry?

    @Option(
        help: ArgumentHelp("Redirects it gives in all, or none for any number.", valueName: "count"),
        transform: { try MaximumClicks($0) })
    var maxClicks: MaximumClicks?

    @Option(help: ArgumentHelp("Its tags from now on; again for more.", valueName: "tag"), transform: { try Tag($0) })
    var tag: [Tag] = []

    @Flag(help: "Take its tags away.")
    var noTags = false

    @OptionGroup var target: TargetOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard to != nil || expires != nil || maxClicks != nil || !tag.isEmpty || noTags else {
            throw ValidationError("name what to change: --to, --expires, --max-clicks, --tag or --no-tags")
        }
        guard tag.isEmpty || !noTags else { throw ValidationError("--tag and --no-tags exclude one another") }
        try output.check(Record.linkFields)
    }

    func run() async throws {
        var members: [(String, JSON)] = []
        if let to { members.append(("originalUrl", .string(to))) }
        if let expires { members.append(("expiresAt", expires.json)) }
        if let maxClicks { members.append(("maxClicks", maxClicks.json)) }
        if noTags || !tag.isEmpty { members.append(("tags", .array(tag.map { .string("\($0)") }))) }
        try await LinkChanges.apply(members, to: which.codes, target, output)
    }
}

struct LinksDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete links; their clicks stay in my feed, and nobody else gets their codes.",
        discussion: """
            Asks first on a terminal.

            Examples:
              quikko links delete guide
              quikko links list --tag old -o quiet | xargs quikko links delete --force
            """
    )

    @OptionGroup var which: LinkArguments

    @Flag(help: "Do not ask.")
    var force = false

    @OptionGroup var target: TargetOptions

    func run() async throws {
        let client = try target.client()
        try await LinkChanges.each(which.codes) { code in
            let link = try await client.link(code)
            if !force, Terminal.inputIsTerminal, Terminal.errorIsTerminal {
                Terminal.complain("delete \(code), which leads to \(Terminal.printable(link.originalUrl))? [y/N]")
                guard readLine()?.lowercased().hasPrefix("y") == true else { return }
            }
            try await client.deleteLink(link.id)
            Terminal.complain("deleted \(code)")
        }
    }
}
