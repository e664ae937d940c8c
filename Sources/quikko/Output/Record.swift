import Kit

/// One thing a command prints, in every form it can be asked for.
struct Record {
    /// All fields, in the order promised.
    let fields: [(name: String, value: JSON)]
    /// For people, on one line.
    let line: String
    /// For scripts, when it differs from NDJSON.
    var plain: String?
    /// The identifier alone.
    let identifier: String
}

/// Prints records in the form asked for. Streams are NDJSON, never an endless array.
struct RecordPrinter {
    private let options: OutputOptions
    private var hasHeader = false

    init(_ options: OutputOptions) { self.options = options }

    /// The fields asked for have been checked when the command line was (`OutputOptions.check`).
    mutating func print(_ record: Record) {
        let fields = selected(record)
        switch options.output {
        case .auto where !options.fields.isEmpty:
            Terminal.print(fields.map { Self.cell($0.value) }.joined(separator: "\t"))
        case .auto where !Terminal.outputIsTerminal:
            Terminal.print(record.plain ?? JSON.object(.init(fields.map { ($0.name, $0.value) })).text)
        case .auto, .table: Terminal.print(record.line)
        case .json, .ndjson: Terminal.print(JSON.object(.init(fields.map { ($0.name, $0.value) })).text)
        case .csv:
            if !hasHeader { Terminal.print(fields.map { Self.quoted($0.name) }.joined(separator: ",")) }
            hasHeader = true
            Terminal.print(fields.map { Self.quoted(Self.cell($0.value)) }.joined(separator: ","))
        case .quiet: Terminal.print(record.identifier)
        }
    }

    /// What stands in the place of a record that was not made, so that results and lines go on corresponding.
    mutating func printFailure(_ error: KitError, line: Int) {
        switch options.output {
        case .json, .ndjson:
            let failure: JSON = ["code": .string(error.code.wireName), "message": .string(error.message)]
            Terminal.print(JSON.object(["line": .int(line), "error": failure]).text)
        case .auto, .quiet: if !Terminal.outputIsTerminal { Terminal.print("") }
        case .table, .csv: break
        }
    }

    private func selected(_ record: Record) -> [(name: String, value: JSON)] {
        guard !options.fields.isEmpty else { return record.fields }
        return options.fields.compactMap { name in record.fields.first { $0.name == name } }
    }

    static func cell(_ value: JSON) -> String {
        switch value {
        case .string(let text): text
        case .null: ""
        case .array(let values): values.map(cell).joined(separator: " ")
        default: value.text
        }
    }

    /// RFC 4180 §2.
    private static func quoted(_ text: String) -> String {
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
