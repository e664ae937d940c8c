import Glibc

/// Where values lie along an axis, and which of them to name.
struct Scale {
    let isLogarithmic: Bool
    /// The values at both ends; the first is the smaller.
    let low, high: Double
    /// Where those are drawn.
    let start, end: Double

    /// From `low` to `high` evenly; a range that is none is widened.
    init(linear low: Double, _ high: Double, start: Double, end: Double) {
        isLogarithmic = false
        self.low = low.isFinite ? low : 0
        self.high = high.isFinite && high > self.low ? high : self.low + 1
        (self.start, self.end) = (start, end)
    }

    /// Equal factors are equally far apart; both ends above 0.
    init(logarithmic low: Double, _ high: Double, start: Double, end: Double) {
        isLogarithmic = true
        self.low = low.isFinite && low > 0 ? low : 1
        self.high = high.isFinite && high > self.low ? high : self.low * 10
        (self.start, self.end) = (start, end)
    }

    /// Values beyond the ends are drawn at them.
    func callAsFunction(_ value: Double) -> Double {
        guard !value.isNaN else { return start }
        let value = min(max(value, low), high)
        let share = isLogarithmic ? log(value / low) / log(high / low) : (value - low) / (high - low)
        return start + (end - start) * share
    }

    /// Round values within the range, about `count` of them; on a logarithmic axis 1, 2 and 5 of each decade, or fewer.
    func ticks(about count: Int, unit: Double = 1) -> [Double] {
        isLogarithmic ? decades(about: count) : Self.steps(from: low, to: high, about: count, unit: unit)
    }

    private func decades(about count: Int) -> [Double] {
        let exponents = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
        for digits in [[1.0, 2, 5], [1, 3], [1]] {
            let values = exponents.flatMap { exponent in digits.map { $0 * pow(10, Double(exponent)) } }
            let within = values.filter { $0 >= low * 0.999 && $0 <= high * 1.001 }
            if within.count <= count + 2 { return within }
        }
        let every = max(1, (exponents.count + count - 1) / max(count, 1))
        return exponents.filter { $0 % every == 0 }.map { pow(10, Double($0)) }.filter { $0 >= low && $0 <= high }
    }

    /// Multiples of 1, 2 or 5 times a power of ten of `unit`.
    static func steps(from low: Double, to high: Double, about count: Int, unit: Double = 1) -> [Double] {
        let step = step(for: (high - low) / unit / Double(max(count, 1))) * unit
        guard step > 0, step.isFinite, (high - low) / step < 100 else { return [] }
        var values: [Double] = []
        var value = (low / step).rounded(.up) * step
        while value <= high + step / 1_000 {
            values.append(value)
            value += step
        }
        return values
    }

    /// The first of 1, 2, 5, 10, … that is not below `rough`.
    static func step(for rough: Double) -> Double {
        guard rough > 0, rough.isFinite else { return 0 }
        let power = pow(10, log10(rough).rounded(.down))
        return ([1.0, 2, 5].first { $0 * power >= rough * 0.999 } ?? 10) * power
    }

    /// The end of an axis from 0 that holds `value` and is a round number.
    static func roundTop(_ value: Double, about count: Int, unit: Double = 1) -> Double {
        guard value > 0, value.isFinite else { return unit }
        let step = step(for: value / unit / Double(max(count, 1))) * unit
        return (value / step - 0.001).rounded(.up) * step
    }

    /// Moments to name on an axis of so many seconds.
    static func moments(until seconds: Double, about count: Int) -> [Double] {
        let rough = seconds / Double(max(count, 1))
        let choices = [1.0, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400]
        let step = choices.first { $0 >= rough } ?? 86_400 * (rough / 86_400).rounded(.up)
        return Array(stride(from: 0, through: seconds, by: step).prefix(60))
    }
}
