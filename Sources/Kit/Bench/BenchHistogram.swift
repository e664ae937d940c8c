/// Durations in 64 linear steps per power of two, so within 1.6 % of the truth, in constant space.
struct BenchHistogram {
    private static let stepBits = 6
    private static let steps = 1 << stepBits

    private var buckets = [UInt32](repeating: 0, count: (65 - stepBits) * steps)
    private(set) var count = 0

    mutating func record(nanoseconds: UInt64) {
        buckets[Self.bucket(nanoseconds)] &+= 1
        count += 1
    }

    mutating func reset() {
        for index in buckets.indices { buckets[index] = 0 }
        count = 0
    }

    /// Nanoseconds below which the given share (0...1) of the recorded durations lies; 0 when there are none.
    func quantile(_ share: Double) -> UInt64 {
        let wanted = max(1, Int((share * Double(count)).rounded(.up)))
        var seen = 0
        for (index, occupied) in buckets.enumerated() where occupied > 0 {
            seen += Int(occupied)
            if seen >= wanted { return Self.middle(index) }
        }
        return 0
    }

    private static func bucket(_ value: UInt64) -> Int {
        guard value >= UInt64(steps) else { return Int(value) }
        let shift = 63 - value.leadingZeroBitCount - stepBits
        return (shift + 1) * steps + Int(value >> UInt64(shift)) - steps
    }

    private static func middle(_ index: Int) -> UInt64 {
        guard index >= steps else { return UInt64(index) }
        let shift = UInt64(index / steps - 1)
        return UInt64(steps + index % steps) << shift + (1 << shift) >> 1
    }
}
