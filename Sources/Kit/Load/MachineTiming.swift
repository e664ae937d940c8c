/// How well this machine keeps time, measured.
public struct MachineTiming: Sendable, Equatable {
    /// Nanoseconds one reading of the clock takes.
    public var clockReadNanoseconds: Double
    /// Microseconds the latest of the sleeps of one millisecond was late.
    public var worstSleepMicroseconds: Double

    public init(clockReadNanoseconds: Double, worstSleepMicroseconds: Double) {
        self.clockReadNanoseconds = clockReadNanoseconds
        self.worstSleepMicroseconds = worstSleepMicroseconds
    }

    /// Takes a fifth of a second, in which the calling thread sleeps or reads the clock.
    public static func measure() -> MachineTiming {
        let readings = 10_000
        let begin = MonotonicClock.now()
        for _ in 1..<readings { _ = MonotonicClock.now() }
        let reading = Double(MonotonicClock.now() - begin) / Double(readings)

        let end = MonotonicClock.now() + 200 * MonotonicClock.millisecond
        var worst: UInt64 = 0
        var now = MonotonicClock.now()
        while now < end {
            let due = now + MonotonicClock.millisecond
            MonotonicClock.sleep(until: due)
            now = MonotonicClock.now()
            worst = max(worst, now > due ? now - due : 0)
        }
        return MachineTiming(clockReadNanoseconds: reading, worstSleepMicroseconds: Double(worst) / 1_000)
    }
}
