import Histogram

/// How long things took, in microseconds from 0 to one hour, to within 1 % of the truth.
///
/// Bounded: 26 KiB however much is recorded, allocated once. A value outside the range counts as its nearest end.
///
/// The counts are shared until one of the copies changes. An owner that hands out a copy pays for a new 26 KiB at
/// its next `record`; one that must not should add itself to a total (`+=`) instead.
struct LatencyHistogram: Sendable {
    /// One hour.
    static let longest: Int64 = 3_600_000_000

    /// Microseconds recorded, all together; exact for what lies in the range.
    private(set) var sum: Int64 = 0

    /// Two digits: three would be 184 KiB for each owner and make a copy or a percentile six times as dear.
    private var steps = Histogram<UInt64>(
        highestTrackableValue: UInt64(Self.longest), numberOfSignificantValueDigits: .two)

    /// How many were recorded.
    var count: Int { Int(steps.totalCount) }

    /// Microseconds; exact, 0 when nothing was recorded.
    var max: Int64 { Int64(steps.maxRecorded) }

    /// Microseconds, to within 1 %; 0 when nothing was recorded.
    var min: Int64 { percentile(0) }

    /// Microseconds, from the steps; 0 when nothing was recorded.
    var standardDeviation: Double { count == 0 ? 0 : steps.stdDeviation }

    /// Every step that has something in it, rising: its highest value, as `percentile` gives it, and how many. Allocates.
    var recorded: [(value: Int64, count: Int)] {
        steps.recordedValues().map { (Swift.min(Int64($0.value), max), Int($0.count)) }
    }

    /// Microseconds; 0 when nothing was recorded.
    var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }

    /// Records `count` things that took this long. Never allocates while no copy is about; `count` below 1 is nothing.
    @inline(__always)
    mutating func record(_ microseconds: Int64, count: Int = 1) {
        guard count > 0 else { return }
        let value = Swift.min(Swift.max(microseconds, 0), Self.longest)
        steps.record(UInt64(value), count: UInt64(count))
        sum &+= value &* Int64(count)
    }

    static func += (total: inout Self, part: Self) {
        total.steps.add(part.steps)
        total.sum &+= part.sum
    }

    /// Microseconds within which the given share, from 0 to 100, lies; 0 when nothing was recorded. Never above `max`.
    func percentile(_ percent: Double) -> Int64 {
        count == 0 ? 0 : Int64(steps.valueAtPercentile(Swift.max(percent, 0)))
    }

    /// How many took at most each of these times; a step that a bound falls into counts as within it.
    ///
    /// One pass over the steps for all bounds together.
    /// - Parameter bounds: Microseconds, rising.
    func cumulative(upTo bounds: [Int64]) -> [Int] {
        var reached = 0
        var next: UInt64 = 0
        return bounds.map { bound in
            let bound = UInt64(Swift.min(Swift.max(bound, 0), Self.longest))
            if bound >= next {
                reached += Int(steps.count(within: next...bound))
                next = steps.nextNonEquivalentForValue(bound)
            }
            return reached
        }
    }
}
