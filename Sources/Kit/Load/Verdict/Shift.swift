/// By how much one set of whole numbers lies above another: the median of all differences between a number of one and a
/// number of the other, and the interval that holds the truth 95 times in 100 when a coin dealt them.
///
/// Costs a sort, and 32 passes for each of four ranks, however many there are; the differences are never written down.
struct Shift: Sendable, Equatable {
    let middle: Double
    let low: Double
    let high: Double

    /// - Parameters: At least one each.
    init(of one: [Int], against other: [Int]) {
        let one = one.sorted()
        let other = other.sorted()
        let pairs = one.count * other.count
        // Ranks of the interval's ends: the rank sum's normal approximation (Lehmann 1975, ch. 2), to the safe side.
        let deviation = (Double(pairs) * Double(one.count + other.count + 1) / 12).squareRoot()
        let rank = max(Int(Double(pairs) / 2 - 1.959_964 * deviation), 1)
        func difference(_ rank: Int) -> Double { Double(Self.difference(ranked: rank, one, other)) }
        low = difference(rank)
        high = difference(pairs + 1 - rank)
        middle = (difference((pairs + 1) / 2) + difference(pairs / 2 + 1)) / 2
    }

    /// The least difference that so many are at most.
    private static func difference(ranked rank: Int, _ one: [Int], _ other: [Int]) -> Int {
        var low = one[0] - other[other.count - 1]
        var high = one[one.count - 1] - other[0]
        while low < high {
            let middle = low + (high - low) / 2
            // Both rise, so the first number of `other` that is near enough only moves on.
            var first = 0
            var reached = 0
            for number in one {
                while first < other.count, number - other[first] > middle { first += 1 }
                reached += other.count - first
            }
            if reached >= rank { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// Between two means, with what they may be wrong by.
struct Spread: Sendable, Equatable {
    let difference: Double
    /// Standard error (Welch); each side has its own variance.
    let error: Double

    /// - Parameters: At least two each.
    init(of one: [Int], against other: [Int]) {
        let (mean, variance) = Self.moments(one.map(Double.init))
        let (otherMean, otherVariance) = Self.moments(other.map(Double.init))
        difference = mean - otherMean
        error = (variance / Double(one.count) + otherVariance / Double(other.count)).squareRoot()
    }

    static func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (mean, squares / Double(max(values.count - 1, 1)))
    }
}
