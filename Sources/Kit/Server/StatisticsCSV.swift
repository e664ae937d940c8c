/// Statistics as the original's dashboard exports them, byte for byte: its titles are Spanish.
enum StatisticsCSV {
    static func text(of statistics: Statistics, now: Timestamp) -> String {
        let blocks = [
            block("# Totales por país", "country,clicks", sorted(statistics.countries)),
            block("# Totales por dispositivo", "deviceType,clicks", sorted(statistics.devices)),
            block("# Totales por navegador", "browser,clicks", sorted(statistics.browsers)),
            block(
                "# Clics por día", "date,clicks",
                statistics.timeline(now: now).map { (date($0.end, statistics.range), $0.clicks) }),
        ]
        // A byte order mark, for spreadsheets.
        return "\u{feff}" + blocks.joined(separator: "\r\n")
    }

    /// The most first, then by name.
    static func sorted(_ counts: [String: Int]) -> [(key: String, value: Int)] {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    }

    private static func block(_ title: String, _ header: String, _ rows: [(key: String, value: Int)]) -> String {
        ([title, header] + rows.map { "\($0.key),\($0.value)" }).map { $0 + "\r\n" }.joined()
    }

    /// To the day; to the minute where buckets are hours.
    private static func date(_ time: Timestamp, _ range: StatisticsRange) -> String {
        let text = time.secondsDescription
        return range == .day ? "\(text.prefix(10)) \(text.dropFirst(11).prefix(5))" : String(text.prefix(10))
    }
}
