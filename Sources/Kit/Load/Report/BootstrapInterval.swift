import Foundation

/// How far the means of two series are apart, as a 95 % interval that needs no assumption about their distribution.
///
/// Seconds of a run resemble their neighbours, so blocks of them are drawn, around the end to the start again; then the interval
/// is widened for the fewness of the blocks. Its real coverage is in `docs/loadtest.md`.
struct BootstrapInterval: Equatable {
    /// Values each series needs at least: four blocks of three.
    static let fewest = 12

    private static let draws = 2_000

    var low: Double
    var high: Double

    /// Nothing lies between the two series' means but chance.
    var includesZero: Bool { low <= 0 && high >= 0 }

    /// Of the mean of `new` minus that of `base`; nil when either is too short, or nothing varies.
    ///
    /// The same series and seed give the same interval, on every machine.
    init?(base: [Double], new: [Double], seed: UInt64) {
        guard min(base.count, new.count) >= Self.fewest else { return nil }
        var random = SeededGenerator(state: seed)
        let baseMeans = Self.means(of: base, &random)
        let newMeans = Self.means(of: new, &random)
        let differences = zip(newMeans, baseMeans).map(-).sorted()
        let centre = Self.mean(new) - Self.mean(base)
        let factor = max(Self.widening(base.count), Self.widening(new.count))
        low = centre + (differences[Self.draws * 25 / 1_000] - centre) * factor
        high = centre + (differences[Self.draws * 975 / 1_000 - 1] - centre) * factor
        guard low < high, low.isFinite, high.isFinite else { return nil }
    }

    static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    private static func blockLength(_ count: Int) -> Int { Int(cbrt(Double(count)).rounded(.up)) }

    /// For the drawn blocks' own mean, and as Student's t is wider than the normal distribution with so few blocks.
    private static func widening(_ count: Int) -> Double {
        let length = Double(blockLength(count))
        let freedom = Double(count) / length - 1
        return (Double(count) / (Double(count) - length) * freedom / (freedom - 2)).squareRoot()
    }

    private static func means(of values: [Double], _ random: inout SeededGenerator) -> [Double] {
        let length = blockLength(values.count)
        return (0..<draws).map { _ in
            var sum = 0.0
            var taken = 0
            while taken < values.count {
                let start = Int.random(in: 0..<values.count, using: &random)
                for offset in 0..<min(length, values.count - taken) { sum += values[(start + offset) % values.count] }
                taken += length
            }
            return sum / Double(values.count)
        }
    }
}
