/// The frame every measurement shares: warm up, read the meters, work, read them again.
struct MeasuredWindow {
    let plan: BenchPlan
    let process: Int32
    let core: Int?

    /// What a window cost.
    struct Outcome {
        let bill: ProcessUsage.Bill
        let seconds: Double
    }

    /// Runs `work` until the warm-up is over, then for the measured time.
    ///
    /// - Parameters:
    ///   - begin: called between the two, to forget what the warm-up counted.
    ///   - work: one step, of no more than some milliseconds.
    func measure(begin: () -> Void, work: () throws -> Void) throws -> Outcome {
        try repeating(until: MonotonicClock.after(seconds: plan.warmUp), work)
        begin()
        let before = try ProcessUsage.read(process: process, core: core)
        let start = MonotonicClock.now()
        try repeating(until: start + UInt64(plan.seconds * Double(MonotonicClock.second)), work)
        let end = MonotonicClock.now()
        let after = try ProcessUsage.read(process: process, core: core)
        return Outcome(bill: after.bill(since: before), seconds: Double(end - start) / Double(MonotonicClock.second))
    }

    /// CPU and, where a core is set aside, its busy time, each over `count` things.
    func costs(_ name: String, per thing: String, _ bill: ProcessUsage.Bill, over count: Int) -> [BenchSample] {
        var samples = [BenchSample.microseconds("\(name): process CPU", per: thing, bill.process, over: count)]
        if let core = bill.core {
            var busy = BenchSample.microseconds("\(name): core busy", per: thing, core, over: count)
            busy.foreignShare = max(0, 1 - Double(bill.process) / Double(max(1, core)))
            samples.append(busy)
        }
        return samples
    }

    private func repeating(until deadline: UInt64, _ work: () throws -> Void) throws {
        while MonotonicClock.now() < deadline { try work() }
    }
}
