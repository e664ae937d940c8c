import Glibc

extension Timestamp {
    /// The time of day, from the kernel without a system call (vDSO).
    static var now: Timestamp { present }

    /// The same, for whoever stands outside.
    public static var present: Timestamp {
        let time = KernelTime(reading: CLOCK_REALTIME)
        return Timestamp(microseconds: Int64(time.seconds) * 1_000_000 + Int64(time.nanoseconds) / 1_000)
    }
}
