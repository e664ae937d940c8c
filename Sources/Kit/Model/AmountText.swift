/// Counts as people write them: `300`, `10k`, `2m`.
public enum CountText {
    /// - Throws: `.invalid` when `text` is none.
    public static func read(_ text: String) throws(KitError) -> Int {
        guard let count = Scaled.read(text, [("k", 1_000), ("m", 1_000_000)]) else {
            throw KitError(.invalid, "write a count like 300, 10k or 2m")
        }
        return count
    }
}

/// Sizes in bytes as people write them: `4096`, `64KiB`, `1MiB`.
public enum SizeText {
    /// - Throws: `.invalid` when `text` is none.
    public static func read(_ text: String) throws(KitError) -> Int {
        guard let size = Scaled.read(text, [("KiB", 1_024), ("MiB", 1_048_576)]) else {
            throw KitError(.invalid, "write a size like 4096, 64KiB or 1MiB")
        }
        return size
    }

    /// A whole number of the largest unit that divides it, so that it reads back as the same size.
    public static func write(_ size: Int) -> String {
        if size > 0, size.isMultiple(of: 1_048_576) { return "\(size / 1_048_576)MiB" }
        if size > 0, size.isMultiple(of: 1_024) { return "\(size / 1_024)KiB" }
        return "\(size)"
    }
}

private enum Scaled {
    /// A whole number from 1 to 2^31 - 1 with one of these suffixes or none; `1.5k` is 1,500.
    static func read(_ text: String, _ units: [(suffix: String, factor: Double)]) -> Int? {
        let unit = units.first { text.hasSuffix($0.suffix) } ?? ("", 1)
        guard let number = Double(text.dropLast(unit.suffix.count)), number.isFinite else { return nil }
        let value = number * unit.factor
        return value == value.rounded() && value >= 1 && value < 2_147_483_648 ? Int(value) : nil
    }
}
