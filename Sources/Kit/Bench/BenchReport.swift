/// What a bench found. Encodes as the object `--json` writes.
public struct BenchReport: Encodable, Sendable {
    /// One figure: the medians of both sides over the rounds, and how one compares with the other.
    public struct Row: Encodable, Sendable {
        public let name: String
        public let unit: String
        /// The two columns: what is compared with, mostly `floor`, and what is compared, mostly `quikko`.
        public let titles: [String]
        /// Nil where a side has no such figure.
        public let reference: Double?
        public let subject: Double
        /// Of the rounds' ratios, subject by reference, the median: rounds are measured in turns, medians of either side are
        /// not. Above 1 is dearer, except for rates (`/s`). Nil without a reference, or where one is 0.
        public let ratio: Double?
        public let rounds: Int
        /// Every round's value, in the order taken.
        public let referenceSamples: [Double]
        public let subjectSamples: [Double]
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
    mutating func add(
        _ subject: [[BenchSample]], against reference: [[BenchSample]], titles: (reference: String, subject: String)
    ) {
        let shares = (reference + subject).joined().filter { $0.foreignShare > 0 }.map(\.foreignShare)
        if let share = Self.median(shares), share > 0.2 {
            note("\(Int(share * 100)) % of the server core's busy time was someone else's: is the machine quiet?")
        }
        for metric in subject.first?.map(\.metric) ?? [] {
            let ours = subject.joined().filter { $0.metric == metric }.map(\.value)
            let theirs = reference.joined().filter { $0.metric == metric }.map(\.value)
            guard let median = Self.median(ours) else { continue }
            let ratios = zip(ours, theirs).filter { $0.1 != 0 }.map { $0.0 / $0.1 }
            rows.append(
                Row(
                    name: metric.name,
                    unit: metric.unit,
                    titles: [titles.reference, titles.subject],
                    reference: Self.median(theirs),
                    subject: median,
                    ratio: Self.median(ratios),
                    rounds: ours.count,
                    referenceSamples: theirs,
                    subjectSamples: ours
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
    /// Aligned columns, with a heading wherever they are of something else, then failures and notes; ends with a line feed.
    public var table: String {
        var lines: [[String]] = []
        var titles: [String] = []
        for row in rows {
            if row.titles != titles {
                titles = row.titles
                lines.append([""] + titles + ["ratio"])
            }
            lines.append([
                "\(row.name), \(row.unit)", row.reference.map(Self.figure) ?? "–", Self.figure(row.subject),
                row.ratio.map { Self.fixed($0, 2) } ?? "–",
            ])
        }
        let widths = (0..<4).map { column in lines.map { $0[column].count }.max() ?? 0 }
        var text = ""
        for line in lines {
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
