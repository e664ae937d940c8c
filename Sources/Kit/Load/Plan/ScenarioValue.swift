/// A JSON value as it stands in a scenario file, before anything is made of it.
///
/// A tree and not keyed containers, for two reasons: a dictionary's keys are left alone by the key strategies of
/// Foundation's coders, so the file's names are the same within a report that converts its own; and a complaint can
/// name the place of what it is about.
enum ScenarioValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// Kept apart from other numbers: a seed has more digits than a `Double`.
    case whole(UInt64)
    case number(Double)
    case string(String)
    case list([ScenarioValue])
    case object([String: ScenarioValue])

    /// As a complaint shows it: at most 40 characters, nothing that a terminal would obey.
    var words: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .whole(let value): "\(value)"
        case .number(let value): RateText.number(value)
        case .string(let value): Self.quoted(value)
        case .list: "a list"
        case .object: "an object"
        }
    }

    static func quoted(_ text: String) -> String {
        let visible = text.unicodeScalars.prefix(40).map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: Character("\u{FFFD}")
            default: Character(scalar)
            }
        }
        return "\"\(String(visible))\(text.unicodeScalars.count > 40 ? "…" : "")\""
    }
}

extension ScenarioValue: Codable {
    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        self =
            if value.decodeNil() {
                .null
            } else if let bool = try? value.decode(Bool.self) {
                .bool(bool)
            } else if let whole = try? value.decode(UInt64.self) {
                .whole(whole)
            } else if let number = try? value.decode(Double.self) {
                .number(number)
            } else if let string = try? value.decode(String.self) {
                .string(string)
            } else if let list = try? value.decode([ScenarioValue].self) {
                .list(list)
            } else {
                .object(try value.decode([String: ScenarioValue].self))
            }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .whole(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .list(let values): try container.encode(values)
        case .object(let members): try container.encode(members)
        }
    }

    /// What `part` makes of the value that a decoder is at.
    ///
    /// - Throws: `KitError` with code `.invalid`, naming the place from the top of the document on.
    static func read<Part>(
        _ decoder: any Decoder, as part: (ScenarioValue) throws(Complaint) -> Part
    ) throws -> Part {
        let value = try ScenarioValue(from: decoder)
        do throws(Complaint) {
            return try part(value)
        } catch {
            var complaint = error
            for key in decoder.codingPath.reversed() {
                complaint = complaint.under(key.intValue.map { "[\($0)]" } ?? key.stringValue)
            }
            throw KitError(.invalid, complaint.sentence)
        }
    }
}
