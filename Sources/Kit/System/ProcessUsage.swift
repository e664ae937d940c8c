import Glibc

/// What a process has cost so far; two of them make a bill.
struct ProcessUsage {
    /// Nanoseconds all threads have spent since birth, those that have ended too.
    let total: UInt64
    /// Nanoseconds on a core since birth, by thread that lives.
    private let threads: [Int32: UInt64]
    /// Those of them that are event loops, by name; all, where none is called so.
    private let loops: Set<Int32>
    /// Nanoseconds the server's core was not idle since boot, in steps of a clock tick (10 ms); nil when nothing is
    /// pinned, since the core is then anyone's.
    private let core: UInt64?

    /// Nanoseconds spent between two readings.
    struct Bill {
        var process: UInt64
        /// Of the event loop that was busiest.
        var loop: UInt64
        /// Counts kernel threads too, which no process is charged for.
        var core: UInt64?
    }

    /// `schedstat` counts nanoseconds where `stat` counts ticks of 10 ms: windows of two seconds need the former.
    ///
    /// - Throws: `.failed` when the process has ended.
    static func read(process: Int32, core: Int?) throws -> ProcessUsage {
        var threads: [Int32: UInt64] = [:]
        var loops: Set<Int32> = []
        for thread in try ProcFile.numbers(in: "/proc/\(process)/task") {
            // A thread may end between the listing and the reading.
            guard let text = try? ProcFile.read("/proc/\(process)/task/\(thread)/schedstat") else { continue }
            guard let first = text.split(separator: " ").first, let spent = UInt64(first) else {
                throw SystemError.failed("this kernel keeps no schedstat")
            }
            threads[thread] = spent
            if let name = try? ProcFile.read("/proc/\(process)/task/\(thread)/comm"), name.hasPrefix("sockets-") {
                loops.insert(thread)
            }
        }
        return ProcessUsage(
            total: try spent(process), threads: threads, loops: loops.isEmpty ? Set(threads.keys) : loops,
            core: try core.map(busy))
    }

    func bill(since earlier: ProcessUsage) -> Bill {
        func spent(_ thread: Int32, _ now: UInt64) -> UInt64 { now - (earlier.threads[thread] ?? 0) }
        var bill = Bill(
            process: total - earlier.total,
            loop: loops.map { spent($0, threads[$0] ?? 0) }.max() ?? 0)
        if let core, let before = earlier.core { bill.core = core - before }
        return bill
    }

    /// The process's CPU clock.
    ///
    /// - Throws: `.failed` when the process has ended.
    private static func spent(_ process: Int32) throws -> UInt64 {
        var clock = clockid_t()
        guard clock_getcpuclockid(process, &clock) == 0 else {
            throw SystemError.failed("process \(process) has ended")
        }
        let time = KernelTime(reading: clock)
        return UInt64(time.seconds) * MonotonicClock.second + UInt64(time.nanoseconds)
    }

    /// Resident bytes. The page walk of `smaps_rollup` is exact; `VmRSS` may lag by some per-core pages.
    static func residentBytes(process: Int32) throws -> Int {
        if let text = try? ProcFile.read("/proc/\(process)/smaps_rollup"),
            let bytes = ProcFile.kilobytes("Rss:", in: text)
        {
            return bytes
        }
        let text = try ProcFile.read("/proc/\(process)/status")
        guard let bytes = ProcFile.kilobytes("VmRSS:", in: text) else {
            throw SystemError.failed("no VmRSS for process \(process)")
        }
        return bytes
    }

    /// Resident bytes as the kernel counts them anyway: may lag by some per-core pages, and holds up nobody.
    static func roughResidentBytes(process: Int32) -> Int? {
        let fields = (try? ProcFile.read("/proc/\(process)/statm"))?.split(separator: " ")
        return fields?.dropFirst().first.flatMap { Int($0) }.map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) }
    }

    /// `cpuN user nice system idle iowait irq softirq steal …`, in ticks; steal is the hypervisor's, not ours.
    private static func busy(core: Int) throws -> UInt64 {
        let text = try ProcFile.read("/proc/stat")
        for line in text.split(separator: "\n") where line.hasPrefix("cpu\(core) ") {
            let ticks = line.split(separator: " ").dropFirst().prefix(7).compactMap { UInt64($0) }
            guard ticks.count == 7 else { break }
            let nanosecondsPerTick = MonotonicClock.second / UInt64(sysconf(Int32(_SC_CLK_TCK)))
            return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) * nanosecondsPerTick
        }
        throw SystemError.failed("no line for core \(core) in /proc/stat")
    }
}
