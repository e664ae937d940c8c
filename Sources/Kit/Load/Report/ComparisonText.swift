extension ReportComparison {
    /// Aligned columns with a heading, then notes; ends with a line feed.
    public var text: String {
        let heading = ["", baseName, newName, "difference", "ratio", "95 % interval", ""].map(FigureText.oneLine)
        let body = rows.map { row in
            [
                row.name, Self.figure(row.base, row.unit), Self.figure(row.new, row.unit),
                row.difference.map { FigureText.signed(Self.figure($0, row.unit), $0) } ?? "",
                FigureText.fixed(row.ratio, 3), Self.interval(row), row.direction?.rawValue ?? "",
            ]
        }
        let widths = heading.indices.map { column in ([heading] + body).map { $0[column].count }.max() ?? 0 }
        var text = ""
        for line in [heading] + body {
            let cells = line.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 || column == line.count - 1 ? cell + padding : padding + cell
            }
            let row = cells.joined(separator: "  ")
            text += row.prefix(upTo: row.lastIndex { $0 != " " }.map(row.index(after:)) ?? row.endIndex) + "\n"
        }
        for note in notes { text += "note: \(FigureText.oneLine(note))\n" }
        return text
    }

    /// One object; a figure that is not there is null.
    public var json: JSON {
        func number(_ value: Double?) -> JSON { value.map { .double($0) } ?? .null }
        let members = rows.map { row in
            JSON.object([
                "name": .string(row.name), "unit": .string(row.unit), "base": number(row.base), "new": number(row.new),
                "difference": number(row.difference), "ratio": number(row.ratio), "low": number(row.low),
                "high": number(row.high), "direction": row.direction.map { .string($0.rawValue) } ?? .null,
            ])
        }
        return [
            "schema": "quikko.loadtest-comparison/1", "base": .string(baseName), "new": .string(newName),
            "rows": .array(members), "notes": .array(notes.map { .string($0) }),
        ]
    }

    private static func interval(_ row: Row) -> String {
        guard let low = row.low, let high = row.high else { return "" }
        return "\(FigureText.signed(figure(low, row.unit), low)) to \(FigureText.signed(figure(high, row.unit), high))"
    }

    private static func figure(_ value: Double?, _ unit: String) -> String {
        switch unit {
        case "us": FigureText.duration(value)
        case "bytes": FigureText.size(value)
        case "/s": value.map { "\(FigureText.fixed($0, 1))/s" } ?? FigureText.none
        case "1": FigureText.share(value)
        default: FigureText.fixed(value, 0)
        }
    }
}
