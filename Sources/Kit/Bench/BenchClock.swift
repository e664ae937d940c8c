import Glibc

/// Monotonic nanoseconds. Only differences mean anything.
enum BenchClock {
    static let second: UInt64 = 1_000_000_000
    static let millisecond: UInt64 = 1_000_000

    @inline(__always)
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * second + UInt64(time.tv_nsec)
    }

    /// The moment `seconds` from now.
    static func after(seconds: Double) -> UInt64 {
        now() + UInt64(seconds * Double(second))
    }
}
