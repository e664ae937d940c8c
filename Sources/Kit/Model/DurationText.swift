/// Durations as people write them: `250ms`, `10s`, `5m`, `2h`, `7d`.
public enum DurationText {
    /// - Throws: `.invalid` when `text` is none.
    public static func read(_ text: String) throws(KitError) -> Duration {
        let units: [(suffix: String, milliseconds: Double)] = [
            ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
        ]
        for unit in units where text.hasSuffix(unit.suffix) {
            guard let number = Double(text.dropLast(unit.suffix.count)), number.isFinite, number > 0, number < 1e9
            else { break }
            return .milliseconds(Int64(number * unit.milliseconds))
        }
        throw KitError(.invalid, "write a duration like 250ms, 10s, 5m, 2h or 7d")
    }
}
