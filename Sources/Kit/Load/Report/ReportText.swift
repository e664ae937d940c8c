/// Numbers as the report shows them: thousands apart, three digits that count, a unit behind.
///
/// A report may be read back from a file anyone wrote: nothing here fails, whatever the number is.
enum ReportText {
    static let minus = "\u{2212}"
    static let none = "n/a"
    /// Between a number and its unit: narrow, and never the end of a line.
    static let space = "\u{202F}"

    /// `1,234,567`
    static func count(_ count: Int) -> String {
        let digits = grouped(String(count.magnitude))
        return count < 0 ? minus + digits : digits
    }

    /// `840 µs`, `3.14 ms`, `2.05 s`, `3.5 min`
    static func time(us: Double) -> String {
        guard us.isFinite else { return none }
        return switch us.magnitude {
        case ..<1_000: figure(us, us.magnitude < 10 ? 1 : 0) + space + "µs"
        case ..<1_000_000: significant(us / 1_000) + space + "ms"
        case ..<120_000_000: significant(us / 1_000_000) + space + "s"
        default: significant(us / 60_000_000) + space + "min"
        }
    }

    /// The same without digits that say nothing: `2 ms`.
    static func roundTime(us: Double) -> String {
        let units: [(Double, String)] = [(1_000_000, "s"), (1_000, "ms")]
        let (factor, unit) = units.first { us.magnitude >= $0.0 } ?? (1, "µs")
        return trimmed(us / factor) + space + unit
    }

    /// A difference, with its sign: `+0.12 ms`. Always in milliseconds, so that a column can be compared.
    static func difference(us: Double) -> String {
        guard us.isFinite else { return none }
        let digits = us.magnitude >= 100_000 ? 0 : us.magnitude >= 10_000 ? 1 : 2
        let text = figure(us.magnitude / 1_000, digits)
        let isNothing = text.allSatisfy { "0.".contains($0) }
        return (isNothing ? "" : us < 0 ? minus : "+") + text + space + "ms"
    }

    /// `512 B`, `26.1 MiB`
    static func bytes(_ bytes: Double) -> String {
        guard bytes.isFinite else { return none }
        return switch bytes.magnitude {
        case ..<1_024: figure(bytes, 0) + space + "B"
        case ..<1_048_576: significant(bytes / 1_024) + space + "KiB"
        case ..<1_073_741_824: significant(bytes / 1_048_576) + space + "MiB"
        default: significant(bytes / 1_073_741_824) + space + "GiB"
        }
    }

    /// A share from 0 to 1: `37 %`
    static func share(_ share: Double) -> String {
        figure(share * 100, share.magnitude < 0.1 ? 1 : 0) + space + "%"
    }

    static func percentile(_ percent: Double) -> String { "p" + trimmed(percent, 4) }

    /// What a metric of this unit was: `us`, `bytes`, `1` or `%`.
    static func value(_ value: Double?, unit: String) -> String {
        guard let value, value.isFinite else { return "\u{2013}" }
        return switch unit {
        case "us": time(us: value)
        case "bytes": bytes(value)
        case "%": trimmed(value) + space + "%"
        default: trimmed(value)
        }
    }

    /// Three digits that count; more only in front of the point.
    static func significant(_ value: Double) -> String {
        figure(value, value.magnitude < 9.995 ? 2 : value.magnitude < 99.95 ? 1 : 0)
    }

    /// At most so many digits behind the point and no zeros at the end: `2.5`, `1,200`.
    static func trimmed(_ value: Double, _ digits: Int = 2) -> String {
        var text = figure(value, digits)
        guard text.contains(".") else { return text }
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    /// So many digits behind the point.
    static func figure(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite else { return none }
        let factor = [1.0, 10, 100, 1_000, 10_000][min(max(digits, 0), 4)]
        guard let scaled = Int((value.magnitude * factor).rounded(), in: 0...1_000_000_000_000_000) else {
            return "\(value)"
        }
        let whole = grouped(String(scaled / Int(factor)))
        let rest = String(scaled % Int(factor))
        let fraction = digits == 0 ? "" : "." + String(repeating: "0", count: digits - rest.count) + rest
        return (value < 0 && scaled > 0 ? minus : "") + whole + fraction
    }

    /// RFC 3339 as people read it, `2026-03-01 09:30:00 UTC`; as it is when it looks otherwise.
    static func moment(_ text: String) -> String {
        let parts = text.split(separator: "T")
        guard parts.count == 2, parts[0].count == 10, parts[1].hasSuffix("Z"), parts[1].count >= 9 else { return text }
        return "\(parts[0]) \(parts[1].prefix(8)) UTC"
    }

    /// `one, two and three`
    static func list(_ items: [String]) -> String {
        guard let last = items.last, items.count > 1 else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " and " + last
    }

    /// Digits with a comma every three.
    static func grouped(_ digits: String) -> String {
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }
}

extension Int {
    fileprivate init?(_ value: Double, in range: ClosedRange<Double>) {
        guard range.contains(value) else { return nil }
        self.init(value)
    }
}
