import Glibc

/// Monotonic nanoseconds. Only differences mean anything.
enum MonotonicClock {
    static let second: UInt64 = 1_000_000_000
    static let millisecond: UInt64 = 1_000_000

    @inline(__always)
    static func now() -> UInt64 { read(CLOCK_MONOTONIC) }

    /// What the calling thread has spent on a core.
    static func ofThread() -> UInt64 { read(CLOCK_THREAD_CPUTIME_ID) }

    /// The moment `seconds` from now.
    static func after(seconds: Double) -> UInt64 {
        now() + UInt64(seconds * Double(second))
    }

    /// Sleeps until that moment, and not for a while: a signal in between does not lengthen it.
    static func sleep(until moment: UInt64) {
        let time = KernelTime(nanoseconds: Int64(moment))
        time.withTimespec { time in
            while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, time, nil) == EINTR {}
        }
    }

    @inline(__always)
    private static func read(_ clock: clockid_t) -> UInt64 {
        let time = KernelTime(reading: clock)
        return UInt64(time.seconds) * second + UInt64(time.nanoseconds)
    }
}

/// The kernel's `struct timespec` under names of our own: whose module its fields belong to depends on which of Glibc and
/// Foundation the compiler happens to read first.
struct KernelTime {
    var seconds = 0
    var nanoseconds = 0

    /// What a clock says.
    @inline(__always)
    init(reading clock: clockid_t) {
        withUnsafeMutablePointer(to: &self) { pointer in
            _ = pointer.withMemoryRebound(to: timespec.self, capacity: 1) { clock_gettime(clock, $0) }
        }
    }

    init(nanoseconds: Int64) {
        seconds = Int(nanoseconds / 1_000_000_000)
        self.nanoseconds = Int(nanoseconds % 1_000_000_000)
    }

    @inline(__always)
    func withTimespec<Result>(_ body: (UnsafePointer<timespec>) -> Result) -> Result {
        withUnsafePointer(to: self) { $0.withMemoryRebound(to: timespec.self, capacity: 1, body) }
    }
}
