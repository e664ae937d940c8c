/// What someone wants published, as JSON: by the REST API, and by Quickback's internal calls.
struct PublicationRequest {
    /// Larger ones are refused; every subscriber's outbox has to hold it.
    static let maximumBytes = 262_144

    let publication: Publication
    /// As asked for, or this server's own.
    let organization: String

    /// What is wrong with it, by field.
    struct Refused: Error {
        let fields: [(name: String, reason: String)]

        var error: KitError {
            KitError(.invalid, fields.map { "\($0.name) \($0.reason)" }.joined(separator: "; "))
        }
    }

    /// Reads `{"type":"broadcast","event":…,"payload":…}` or `{"type":"postgres_changes","table":…,"eventType":…,"new":…,"old":…}`, each with
    /// `organizationId`, `userId` and `targetRoles` at will. Whatever else it has is ignored, as the original does.
    ///
    /// - Parameters:
    ///   - type: Instead of the body's own.
    ///   - size: Of the request, in bytes.
    init(_ json: JSON, type: String? = nil, size: Int, settings: ProtocolSettings, now: Timestamp) throws(Refused) {
        guard case .object = json else { throw Refused(fields: [("body", "must be a JSON object")]) }
        var reader = FieldReader(json)
        let kind: Publication.Kind
        switch type ?? reader.text("type") {
        case "broadcast": kind = .broadcast(name: reader.text("event"), payload: json["payload"] ?? .null)
        case "postgres_changes": kind = .row(reader.change())
        default:
            reader.refuse("type", "must be broadcast or postgres_changes")
            kind = .broadcast(name: "", payload: .null)
        }
        let roles = reader.texts("targetRoles")
        let user = reader.optionalText("userId")
        organization = reader.optionalText("organizationId") ?? settings.home
        guard reader.problems.isEmpty else { throw Refused(fields: reader.problems) }
        let key = settings.key(of: organization)
        publication = Publication(
            kind, in: user.map { .member(key, UserID(named: $0)) } ?? .organization(key), roles: roles, at: now,
            size: size)
    }
}

/// Members of an object, with everything that is wrong with them.
private struct FieldReader {
    private static let longestName = 256

    let json: JSON
    private(set) var problems: [(name: String, reason: String)] = []

    init(_ json: JSON) { self.json = json }

    mutating func refuse(_ name: String, _ reason: String) { problems.append((name, reason)) }

    mutating func text(_ name: String) -> String {
        if let text = optionalText(name) { return text }
        if json[name] == nil || json[name] == .null { refuse(name, "is missing") }
        return ""
    }

    /// Nil when it is absent or null, and when it is wrong.
    mutating func optionalText(_ name: String) -> String? {
        switch json[name] {
        case nil, .null: return nil
        case .string(let text) where (1...Self.longestName).contains(text.utf8.count): return text
        default:
            refuse(name, "must be a text of 1 to \(Self.longestName) bytes")
            return nil
        }
    }

    mutating func texts(_ name: String) -> [String] {
        switch json[name] {
        case nil, .null: return []
        case .array(let values):
            let texts = values.compactMap { value in
                if case .string(let text) = value, !text.isEmpty { text } else { nil as String? }
            }
            if texts.count == values.count, texts.count <= 64 { return texts }
        default: break
        }
        refuse(name, "must be a list of at most 64 texts")
        return []
    }

    mutating func change() -> RowChange {
        let table = text("table")
        guard case .string(let word) = json["eventType"], let operation = RowChange.Operation(rawValue: word) else {
            refuse("eventType", "must be INSERT, UPDATE or DELETE")
            return RowChange(table: table, operation: .insert, new: nil, old: nil)
        }
        return RowChange(
            table: table, operation: operation, new: row("new", isWanted: operation != .delete),
            old: row("old", isWanted: operation != .insert))
    }

    private mutating func row(_ name: String, isWanted: Bool) -> JSON? {
        switch json[name] {
        case nil, .null:
            if isWanted { refuse(name, "is missing") }
            return nil
        case .object(let row):
            if !isWanted { refuse(name, "must be null for this eventType") }
            return .object(row)
        default:
            refuse(name, "must be an object")
            return nil
        }
    }
}
