import Kit

/// Reads links from the lines of a file: CSV with or without a header, or NDJSON, told apart by the first line.
struct LinkLineReader {
    private enum Form {
        case json
        /// The names of its columns.
        case table([String])
    }

    private var form: Form?

    /// Nil for a line that is none: empty, or the header.
    mutating func read(_ line: String) -> Result<APIClient.LinkWish, KitError>? {
        let line = line.hasPrefix("\u{feff}") ? String(line.dropFirst()) : line
        guard !line.allSatisfy(\.isWhitespace) else { return nil }
        let form = form ?? Self.form(of: line)
        let isFirst = self.form == nil
        self.form = form
        switch form {
        case .json: return Result { () throws(KitError) in try Self.wish(json: line) }
        case .table(let names):
            let cells = Self.cells(line)
            if isFirst, Self.isHeader(cells) { return nil }
            return Result { () throws(KitError) in try Self.wish(Dictionary(zip(names, cells)) { first, _ in first }) }
        }
    }

    private static func form(of line: String) -> Form {
        guard !line.hasPrefix("{") else { return .json }
        let cells = cells(line)
        return .table(isHeader(cells) ? cells.map(name) : ["originalUrl", "customAlias"])
    }

    private static func isHeader(_ cells: [String]) -> Bool { cells.contains { name($0) == "originalUrl" } }

    private static func name(_ title: String) -> String {
        switch title.lowercased() {
        case "url", "originalurl", "destination": "originalUrl"
        case "code", "customalias", "shortcode", "alias": "customAlias"
        case "expires", "expiresat": "expiresAt"
        case "maxclicks": "maxClicks"
        case "tag", "tags": "tags"
        default: title
        }
    }

    /// One record of RFC 4180; a quoted cell may not go over the end of a line.
    static func cells(_ line: String) -> [String] {
        var cells: [String] = []
        var cell = ""
        var isQuoted = false
        var rest = Array(line)[...]
        while let character = rest.popFirst() {
            switch character {
            case "\"" where isQuoted && rest.first == "\"":
                cell.append("\"")
                rest.removeFirst()
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                cells.append(cell)
                cell = ""
            default: cell.append(character)
            }
        }
        return (cells + [cell]).map {
            String($0.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        }
    }

    private static func wish(_ cells: [String: String]) throws(KitError) -> APIClient.LinkWish {
        func value(_ name: String) -> String? { cells[name].flatMap { $0.isEmpty ? nil : $0 } }
        guard let destination = value("originalUrl") else { throw KitError(.invalid, "there is no URL") }
        var wish = APIClient.LinkWish(destination)
        wish.code = value("customAlias")
        wish.expiresAt = try value("expiresAt").flatMap { text throws(KitError) in try Expiry(text).text }
        wish.maxClicks = try value("maxClicks").flatMap { text throws(KitError) in try MaximumClicks(text).count }
        wish.tags = value("tags")?.split(whereSeparator: { " ;".contains($0) }).map(String.init) ?? []
        return wish
    }

    private static func wish(json line: String) throws(KitError) -> APIClient.LinkWish {
        let json = try JSON(parsing: Array(line.utf8))
        guard case .object(let object) = json else { throw KitError(.invalid, "this is not a JSON object") }
        var cells: [String: String] = [:]
        for (key, value) in object.members {
            switch value {
            case .string(let text): cells[name(key)] = text
            case .int(let number): cells[name(key)] = "\(number)"
            case .array(let values):
                cells[name(key)] = values.map { if case .string(let text) = $0 { text } else { $0.text } }
                    .joined(separator: " ")
            default: continue
            }
        }
        return try wish(cells)
    }
}
