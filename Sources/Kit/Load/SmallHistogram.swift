/// Latencies of one client in 384 bytes, to within a fifth: four steps per power of two, from 16 µs to about a minute.
struct SmallHistogram {
    private static let lowestBits = 4
    private static let steps = 96
    private var counts = [UInt32](repeating: 0, count: steps)
    private(set) var count = 0

    mutating func record(_ microseconds: Int64) {
        counts[Self.step(microseconds)] &+= 1
        count += 1
    }

    /// Microseconds; nil with fewer than ten samples above it.
    func percentile(_ percent: Double) -> Int? {
        guard Double(count) * (100 - percent) / 100 >= 10 else { return nil }
        var left = Int((Double(count) * percent / 100).rounded(.up))
        for (step, occupied) in counts.enumerated() {
            left -= Int(occupied)
            if left <= 0 { return Self.middle(step) }
        }
        return Self.middle(Self.steps - 1)
    }

    private static func step(_ microseconds: Int64) -> Int {
        let value = UInt64(max(microseconds, 1 << lowestBits))
        let bits = 63 - value.leadingZeroBitCount
        return min((bits - lowestBits) * 4 + Int(value >> UInt64(bits - 2) & 3), steps - 1)
    }

    private static func middle(_ step: Int) -> Int {
        let unit = 1 << (step / 4 + lowestBits - 2)
        return unit * (4 + step % 4) + unit / 2
    }
}
