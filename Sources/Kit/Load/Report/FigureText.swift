import Foundation

/// Figures as people read them, with a point for decimals whatever the locale.
enum FigureText {
    static let none = "n/a"

    static func fixed(_ value: Double?, _ decimals: Int) -> String {
        guard let value, value.isFinite else { return none }
        let text = String(format: "%.\(decimals)f", value)
        // A difference that rounds to nothing has no sign.
        return text.hasPrefix("-") && !text.contains { ("1"..."9").contains($0) } ? String(text.dropFirst()) : text
    }

    /// `840 µs`, `3.12 ms`, `1.20 s`, from microseconds.
    static func duration(_ microseconds: Double?) -> String {
        guard let microseconds, microseconds.isFinite else { return none }
        return switch microseconds.magnitude {
        case ..<999.5: "\(fixed(microseconds, 0)) µs"
        case ..<999_995: "\(fixed(microseconds / 1_000, 2)) ms"
        default: "\(fixed(microseconds / 1_000_000, 2)) s"
        }
    }

    static func duration(_ microseconds: Int?) -> String { duration(microseconds.map(Double.init)) }

    /// `512 B`, `30.5 KiB`, `1.2 GiB`.
    static func size(_ bytes: Double?) -> String {
        guard let bytes, bytes.isFinite else { return none }
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var value = bytes
        var unit = 0
        while value.magnitude >= 1_024, unit < units.count - 1 {
            value /= 1_024
            unit += 1
        }
        return "\(fixed(value, unit == 0 ? 0 : 1)) \(units[unit])"
    }

    static func size(_ bytes: Int?) -> String { size(bytes.map(Double.init)) }

    /// `1,234,567`.
    static func count(_ count: Int) -> String {
        (count < 0 ? "-" : "") + ReportText.grouped(String(count.magnitude))
    }

    /// A share of one as `42.0 %`.
    static func share(_ share: Double?) -> String {
        guard let share, share.isFinite else { return none }
        return "\(fixed(share * 100, 1)) %"
    }

    /// With the sign of a difference: `+1.20 ms`.
    static func signed(_ text: String, _ value: Double) -> String {
        value > 0 && text.contains { ("1"..."9").contains($0) } ? "+\(text)" : text
    }

    /// Without line breaks and other control characters, which would begin a line of their own in a log or a table.
    static func oneLine(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? " " : $0 }))
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control || scalar == "\u{2028}" || scalar == "\u{2029}"
    }
}
