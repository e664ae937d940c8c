/// Redirects over keep-alive connections, with nobody listening for the clicks.
struct RedirectWorkload: Workload {
    static let connections = 64
    private static let patience = 2 * MonotonicClock.second

    private let name: String
    private let depth: Int
    private let poller: Poller
    private let connections: [ClickConnection]
    private var answered = 0
    private var lastProgress = MonotonicClock.now()

    /// - Parameter depth: requests each connection has under way; the next ones go out when all are answered.
    init(_ name: String, at endpoint: BenchEndpoint, depth: Int) throws {
        self.name = name
        self.depth = depth
        let poller = try Poller(check: BenchInterrupt.check)
        self.poller = poller
        connections = try (0..<Self.connections).map {
            try ClickConnection(to: endpoint, poller: poller, tag: UInt32($0))
        }
    }

    var count: Int { answered }

    mutating func begin() throws {
        for connection in connections { try connection.send(depth) }
        lastProgress = MonotonicClock.now()
    }

    mutating func rest() throws {
        while connections.contains(where: { $0.outstanding > 0 }) { try receive(goesOn: false) }
    }

    mutating func forget() {}

    func samples(_ cost: TurnCost) -> [BenchSample] {
        [
            .microseconds("\(name): process CPU", per: "request", cost.bill.process, over: cost.count),
            .microseconds("\(name): loop's CPU", per: "request", cost.bill.loop, over: cost.count),
            .microseconds(
                "\(name): writer's and others' CPU", per: "request", cost.bill.process - cost.bill.loop,
                over: cost.count),
            BenchSample("\(name): requests", "/s", cost.rate),
        ]
    }

    mutating func step() throws { try receive(goesOn: true) }

    private mutating func receive(goesOn: Bool) throws {
        let seen = answered
        try poller.poll(milliseconds: 10) { tag, ready in
            let connection = connections[Int(tag)]
            answered += try connection.handle(ready)
            if goesOn, connection.outstanding == 0 { try connection.send(depth) }
        }
        let now = MonotonicClock.now()
        if answered > seen { lastProgress = now }
        guard now - lastProgress <= Self.patience else {
            throw SystemError.failed("no answer to any of \(connections.count * depth) requests for 2 s")
        }
    }
}
