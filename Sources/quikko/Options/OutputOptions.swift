import ArgumentParser

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case auto, table, json, ndjson, csv, quiet
}

/// How results are printed.
struct OutputOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: "auto is for people on a terminal and for scripts in a pipe; quiet prints identifiers alone.")
    var output = OutputFormat.auto

    @Option(
        help: ArgumentHelp("Only these fields, separated by commas.", valueName: "names"),
        transform: { $0.split(separator: ",").map(String.init) })
    var fields: [String] = []

    /// Whether people get columns.
    var isTable: Bool {
        guard fields.isEmpty else { return false }
        return output == .table || (output == .auto && Terminal.outputIsTerminal)
    }

    /// Before anything is done: a field that does not exist.
    func check(_ names: [String]) throws {
        for field in fields where !names.contains(field) {
            throw ValidationError("there is no field '\(field)'; choose from --fields \(names.joined(separator: ","))")
        }
    }
}
