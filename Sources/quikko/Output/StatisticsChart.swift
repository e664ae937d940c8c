import Kit

/// Statistics as bars.
struct StatisticsChart {
    private static let width = 40
    /// Rows of a list at most; what follows is one row.
    private static let rows = 10

    private let answer: JSON
    private let name: String

    init(_ answer: JSON, name: String) { (self.answer, self.name) = (answer, name) }

    var lines: [String] {
        let stats = answer["stats"] ?? .null
        var lines = [
            "\(name), \(text(answer["range"])): \(number(stats["totalClicks"])) clicks"
                + " (\(number(stats["people"])) of people, \(number(stats["bots"])) of bots, \(number(stats["previews"])) previews),"
                + " \(number(stats["visitors"])) visitors; true at \(text(answer["position"]))"
        ]
        lines += section("over time", timeline(stats), limit: .max)
        lines += section("countries", counts(stats["clicksByCountry"]))
        lines += section("devices", counts(stats["clicksByDevice"]))
        lines += section("browsers", counts(stats["clicksByBrowser"]))
        lines += section("came from", counts(stats["clicksByReferrer"]))
        return lines
    }

    private func section(_ title: String, _ counts: [(name: String, count: Int)], limit: Int = rows) -> [String] {
        guard !counts.isEmpty else { return [] }
        var shown = Array(counts.prefix(limit))
        let rest = counts.dropFirst(limit).reduce(0) { $0 + $1.count }
        if rest > 0 { shown.append(("\(counts.count - limit) others", rest)) }
        let most = max(shown.map(\.count).max() ?? 1, 1)
        var table = TextTable(columns: [])
        table.alignsRight = [1]
        for (name, count) in shown { table.add(["  " + name, "\(count)", Self.bar(count, of: most)]) }
        return ["", title] + table.lines
    }

    /// In eighths of a character: the smallest count is still seen.
    static func bar(_ count: Int, of most: Int) -> String {
        guard count > 0 else { return "" }
        let eighths = max(1, count * width * 8 / most)
        let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
    }

    private func timeline(_ stats: JSON) -> [(name: String, count: Int)] {
        guard case .array(let points)? = stats["clicksOverTime"] else { return [] }
        let isByHour = text(answer["range"]) == StatisticsRange.day.rawValue
        return points.map { point in
            let time = text(point["timestamp"])
            return (
                isByHour ? "\(time.prefix(10)) \(time.dropFirst(11).prefix(5))" : String(time.prefix(10)),
                number(point["count"])
            )
        }
    }

    private func counts(_ value: JSON?) -> [(name: String, count: Int)] {
        guard case .object(let pairs)? = value else { return [] }
        return pairs.members.map { ($0.key, number($0.value)) }
    }

    private func text(_ value: JSON?) -> String { if case .string(let text)? = value { text } else { "" } }
    private func number(_ value: JSON?) -> Int { if case .int(let number)? = value { number } else { 0 } }
}
