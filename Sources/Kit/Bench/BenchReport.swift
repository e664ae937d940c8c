/// What a bench found. Encodes as the object `--json` writes.
public struct BenchReport: Encodable, Sendable {
    /// One figure: the medians of both servers over the rounds, and what quikko costs in floors.
    public struct Row: Encodable, Sendable {
        public let name: String
        public let unit: String
        public let floor: Double
        public let quikko: Double
        /// quikko divided by floor, of the medians. Above 1 is dearer, except for rates (`/s`).
        public let ratio: Double
        /// Rounds that both servers finished.
        public let rounds: Int
        /// Every round's value, in the order taken.
        public let floorSamples: [Double]
        public let quikkoSamples: [Double]
    }

    public private(set) var rows: [Row] = []
    /// Measurements that were given up, with the reason.
    public private(set) var failures: [String] = []
    /// What a reader must know to judge the rows, such as that nothing was pinned.
    public private(set) var notes: [String] = []

    mutating func note(_ text: String) {
        if !notes.contains(text) { notes.append(text) }
    }

    mutating func fail(_ text: String) {
        failures.append(text)
    }

    /// Adds a row per metric, in the order of the first round, and a note when the core was not the server's alone.
    mutating func add(floor: [[BenchSample]], quikko: [[BenchSample]]) {
        let shares = (floor + quikko).joined().filter { $0.foreignShare > 0 }.map(\.foreignShare)
        if let share = Self.median(shares), share > 0.2 {
            note("\(Int(share * 100)) % of the server core's busy time was someone else's: is the machine quiet?")
        }
        for metric in floor.first?.map(\.metric) ?? [] {
            let ours = quikko.joined().filter { $0.metric == metric }.map(\.value)
            let theirs = floor.joined().filter { $0.metric == metric }.map(\.value)
            guard let quikkoMedian = Self.median(ours), let floorMedian = Self.median(theirs) else { continue }
            rows.append(
                Row(
                    name: metric.name,
                    unit: metric.unit,
                    floor: floorMedian,
                    quikko: quikkoMedian,
                    ratio: floorMedian == 0 ? 0 : quikkoMedian / floorMedian,
                    rounds: min(ours.count, theirs.count),
                    floorSamples: theirs,
                    quikkoSamples: ours
                )
            )
        }
    }

    static func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}

extension BenchReport {
    /// Aligned columns with a heading, then failures and notes; ends with a line feed.
    public var table: String {
        let heading = ["", "floor", "quikko", "ratio"]
        let body = rows.map { row in
            ["\(row.name), \(row.unit)", Self.figure(row.floor), Self.figure(row.quikko), Self.fixed(row.ratio, 2)]
        }
        let widths = heading.indices.map { column in
            ([heading] + body).map { $0[column].count }.max() ?? 0
        }
        var text = ""
        for line in [heading] + body {
            let cells = line.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + padding : padding + cell
            }
            text += cells.joined(separator: "  ") + "\n"
        }
        for failure in failures { text += "failed: \(failure)\n" }
        for note in notes { text += "note: \(note)\n" }
        return text
    }

    /// Three significant digits, as far as a reader can use them.
    static func figure(_ value: Double) -> String {
        switch value.magnitude {
        case 100...: fixed(value, 0)
        case 10...: fixed(value, 1)
        default: fixed(value, 2)
        }
    }

    private static func fixed(_ value: Double, _ decimals: Int) -> String {
        let scale = [1, 10, 100][decimals]
        let scaled = Int((value * Double(scale)).rounded())
        let whole = "\(scaled < 0 ? "-" : "")\(scaled.magnitude / UInt(scale))"
        guard decimals > 0 else { return whole }
        let fraction = String(scaled.magnitude % UInt(scale))
        return whole + "." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
}
