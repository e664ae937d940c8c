import ArgumentParser

enum StatusFormat: String, ExpressibleByArgument, CaseIterable {
    case auto, table, json, ndjson, csv, quiet, position
}

/// How the server's status is printed: as everything else, and as a position.
struct StatusOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: """
            auto is for people on a terminal and for scripts in a pipe; quiet prints ok or degraded; position \
            prints the head of my feed.
            """)
    var output = StatusFormat.auto

    @Option(
        help: ArgumentHelp(
            "Only these fields, separated by commas; those inside others with a dot.", valueName: "names"),
        transform: { $0.split(separator: ",").map(String.init) })
    var fields: [String] = []

    /// The same choice for a printer of records; nil for a position, which is none.
    var records: OutputOptions? {
        guard let format = OutputFormat(rawValue: output.rawValue) else { return nil }
        var options = OutputOptions()
        options.output = format
        options.fields = fields
        return options
    }

    func check(_ names: [String]) throws {
        if let records {
            try records.check(names)
        } else if !fields.isEmpty {
            throw ValidationError("-o position has no fields; leave --fields out")
        }
    }

    /// One screen for people.
    var showsScreen: Bool { output == .table || output == .auto && fields.isEmpty && Terminal.outputIsTerminal }
}
