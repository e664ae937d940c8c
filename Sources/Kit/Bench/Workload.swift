/// What is done to one server while it is measured, in turns with the other.
protocol Workload {
    /// Deliveries or requests done so far.
    var count: Int { get }
    /// A turn begins; nothing is under way.
    mutating func begin() throws
    /// One step, of no more than some milliseconds.
    mutating func step() throws
    /// Until nothing is under way any more.
    mutating func rest() throws
    /// Forgets the latencies of the warm-up.
    mutating func forget()
    /// The figures of the turns that `cost` is of.
    func samples(_ cost: TurnCost) -> [BenchSample]
}

/// What the turns of one server have cost together.
struct TurnCost {
    private(set) var count = 0
    private(set) var bill = ProcessUsage.Bill(process: 0, loop: 0, core: nil)
    /// Deliveries or requests a second, of each turn.
    private var rates: [Double] = []

    mutating func add(_ count: Int, rate: Double, bill: ProcessUsage.Bill) {
        self.count += count
        rates.append(rate)
        self.bill.process += bill.process
        self.bill.loop += bill.loop
        if let core = bill.core { self.bill.core = (self.bill.core ?? 0) + core }
    }

    /// Deliveries or requests a second: the mean of the turns, which are equally long.
    var rate: Double { rates.reduce(0, +) / Double(max(1, rates.count)) }

    /// CPU and, where a core is set aside, its busy time, each over `count` things.
    func samples(_ name: String, per thing: String) -> [BenchSample] {
        var samples = [BenchSample.microseconds("\(name): process CPU", per: thing, bill.process, over: count)]
        if let core = bill.core {
            var busy = BenchSample.microseconds("\(name): core busy", per: thing, core, over: count)
            busy.foreignShare = max(0, 1 - Double(bill.process) / Double(max(1, core)))
            samples.append(busy)
        }
        return samples
    }
}
