/// Rates as people write them: `200/s`, `0.5/s`, or the number alone.
public enum RateText {
    /// - Throws: `.invalid` when `text` is none. What is too much is for `LoadPlan.validate` to say.
    public static func read(_ text: String) throws(KitError) -> Double {
        let number = text.hasSuffix("/s") ? text.dropLast(2) : text[...]
        // Double reads more than people mean: nan, 0x10, +5.
        guard number.first?.isASCIIDigit == true, number.last?.isASCIIDigit == true,
            number.allSatisfy({ $0.isASCIIDigit || $0 == "." || $0 == "e" || $0 == "-" }),
            let rate = Double(number), rate.isFinite
        else { throw KitError(.invalid, "write a rate like 200/s") }
        return rate
    }

    /// The shortest text that reads back as the same rate.
    public static func write(_ rate: Double) -> String { number(rate) + "/s" }

    static func number(_ rate: Double) -> String {
        let text = "\(rate)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

extension DurationText {
    /// A whole number of the largest unit that divides it, so that it reads back as the same duration: `20s`, `1500ms`.
    ///
    /// What is finer than a millisecond is cut off, since nothing reads it; `LoadPlan.validate` refuses it.
    public static func exact(_ duration: Duration) -> String {
        let milliseconds = duration.components.seconds * 1_000 + duration.components.attoseconds / 1_000_000_000_000_000
        let units: [(suffix: String, milliseconds: Int64)] = [
            ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000),
        ]
        guard milliseconds != 0 else { return "0s" }
        for unit in units where milliseconds.isMultiple(of: unit.milliseconds) {
            return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
        }
        return "\(milliseconds)ms"
    }

    /// The same as `read`, and `0s` too, for what may be left out, such as a warm-up.
    /// - Throws: `.invalid` when `text` is no duration.
    public static func readOrNone(_ text: String) throws(KitError) -> Duration {
        text == "0" || text == "0s" ? .zero : try read(text)
    }
}

extension Character {
    /// `isNumber` takes digits of every script.
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
