/// What a second loop is worth, on a machine whose second core the driver needs: deliveries per second of CPU time of the busiest
/// loop's thread. It shows what the loops cost each other in time on a core, and not what they would wait for each other.
///
/// A thread beside the driver has it cheaper or dearer than one that is alone, so loops change cores with every turn: one
/// loop is alone half of the time, and of two always one.
struct TwoLoopsWorkload: Workload {
    private var fanOut: FanOutWorkload
    private let threads: [Int32]
    private let pinning: CorePinning?
    private var turns = 0

    init(of crowd: Crowd, loops: Int, process: Int32, pinning: CorePinning?) throws {
        fanOut = FanOutWorkload("", of: crowd, burst: 8)
        self.pinning = pinning
        threads = try ProcFile.numbers(in: "/proc/\(process)/task").filter { thread in
            try ProcFile.read("/proc/\(process)/task/\(thread)/comm").hasPrefix("sockets-")
        }
        guard threads.count == loops else { throw SystemError.failed("\(threads.count) loops instead of \(loops)") }
    }

    var count: Int { fanOut.count }

    mutating func begin() {
        for (index, thread) in threads.enumerated() {
            guard let pinning else { break }
            pinning.put(thread: thread, on: (index + turns) % 2 == 0 ? pinning.server : pinning.driver)
        }
        turns += 1
        fanOut.begin()
    }

    mutating func step() throws { try fanOut.step() }
    mutating func rest() { fanOut.rest() }
    mutating func forget() { fanOut.forget() }

    func samples(_ cost: TurnCost) -> [BenchSample] {
        let seconds = Double(cost.bill.loop) / Double(MonotonicClock.second)
        return [
            BenchSample(
                "fan-out, bursts of 8: deliveries by CPU time of the busiest loop", "/s",
                Double(cost.count) / max(seconds, 1e-9)),
            .microseconds("fan-out, bursts of 8: process CPU", per: "delivery", cost.bill.process, over: cost.count),
        ]
    }
}
