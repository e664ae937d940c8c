/// Many WebSocket connections that nobody speaks on: what one costs to open, and to have.
struct IdleMeasurement {
    /// How many are opened unless descriptors run short.
    static let wanted = 10_000
    /// Opened first and not counted, so that what a server sets up once is not divided among connections.
    static let warmUp = 200

    private static let settling = 0.5

    private let process: Int32
    private let endpoint: BenchEndpoint
    private let count: Int

    /// - Parameter count: connections to divide by.
    init(process: Int32, endpoint: BenchEndpoint, count: Int) {
        self.process = process
        self.endpoint = endpoint
        self.count = count
    }

    /// How many fit under a limit on open descriptors, which holds for the server and the driver alike.
    static func affordable(descriptors: Int) -> Int {
        max(1, min(wanted, descriptors - warmUp - 128))
    }

    func run() throws -> [BenchSample] {
        let poller = try Poller(check: BenchInterrupt.check)
        let pool = SubscriberPool(of: endpoint, capacity: Self.warmUp + count, poller: poller)
        try pool.open(Self.warmUp)
        try settle(poller, pool)
        let residentBefore = try ProcessUsage.residentBytes(process: process)
        let before = try ProcessUsage.read(process: process, core: nil)
        try pool.open(count)
        let after = try ProcessUsage.read(process: process, core: nil)
        try settle(poller, pool)
        // Without this the pool might go, and its connections with it, before they are weighed.
        let residentAfter = try withExtendedLifetime(pool) { try ProcessUsage.residentBytes(process: process) }
        let bytes = Double(residentAfter - residentBefore) / Double(count)
        let bill = after.bill(since: before)
        return [
            BenchSample("idle WebSocket: resident", "bytes", bytes),
            .microseconds("idle WebSocket: process CPU", per: "upgrade", bill.process, over: count),
        ]
    }

    private func settle(_ poller: Poller, _ pool: SubscriberPool) throws {
        let deadline = MonotonicClock.after(seconds: Self.settling)
        while MonotonicClock.now() < deadline {
            try poller.poll(milliseconds: 10) { tag, ready in _ = try pool.handle(tag, ready) }
        }
    }
}
