/// Durations as people write them: `250ms`, `10s`, `5m`, `2h`, `7d`; from a millisecond to a hundred years.
public enum DurationText {
    private static let milliseconds = 1...Int64(100 * 366 * 86_400_000)

    /// - Throws: `.invalid` when `text` is none.
    public static func read(_ text: String) throws(KitError) -> Duration {
        let units: [(suffix: String, milliseconds: Double)] = [
            ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
        ]
        for unit in units where text.hasSuffix(unit.suffix) {
            guard let number = Double(text.dropLast(unit.suffix.count)),
                let length = Int64(exactly: (number * unit.milliseconds).rounded(.down)), milliseconds.contains(length)
            else { break }
            return .milliseconds(length)
        }
        throw KitError(.invalid, "write a duration like 250ms, 10s, 5m, 2h or 7d")
    }
}
