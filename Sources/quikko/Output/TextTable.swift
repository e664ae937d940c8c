/// Columns under one another, for people.
struct TextTable {
    private var rows: [[String]] = []
    /// Columns whose cells end under one another.
    var alignsRight: Set<Int> = []

    /// - Parameter columns: Titles; one that begins with `>` is of numbers. None for a table without titles.
    init(columns: [String]) {
        alignsRight = Set(columns.indices.filter { columns[$0].hasPrefix(">") })
        if !columns.isEmpty { rows.append(columns.map { $0.hasPrefix(">") ? String($0.dropFirst()) : $0 }) }
    }

    mutating func add(_ cells: [String]) { rows.append(cells.map(Terminal.printable)) }

    var lines: [String] {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in
            rows.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            let cells = row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                return alignsRight.contains(column) ? space + row[column] : row[column] + space
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
