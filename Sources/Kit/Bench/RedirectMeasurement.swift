/// Redirects over keep-alive connections, with nobody listening for the clicks.
struct RedirectMeasurement {
    static let connections = 64
    private static let patience = 2 * MonotonicClock.second

    private let window: MeasuredWindow
    private let depth: Int
    private let links: Int
    private let poller: Poller
    private let connections: [ClickConnection]
    private var answered = 0
    private var lastProgress = MonotonicClock.now()

    /// - Parameter depth: requests each connection has under way; the next ones go out when all are answered.
    init(_ window: MeasuredWindow, _ endpoint: BenchEndpoint, depth: Int) throws {
        self.window = window
        self.depth = depth
        let poller = try Poller(check: BenchInterrupt.check)
        self.poller = poller
        links = endpoint.clickPaths.count
        connections = try (0..<Self.connections).map {
            try ClickConnection(to: endpoint, poller: poller, tag: UInt32($0))
        }
    }

    mutating func run() throws -> [BenchSample] {
        let name = links > 1 ? "redirect, \(links) links" : depth == 1 ? "redirect" : "redirect, \(depth) pipelined"
        var before = 0
        for connection in connections { try connection.send(depth) }
        lastProgress = MonotonicClock.now()
        let outcome = try window.measure {
            before = answered
        } work: {
            try step()
        }
        let requests = answered - before
        let busiest = outcome.bill.busiestThread
        return [
            .microseconds("\(name): process CPU", per: "request", outcome.bill.process, over: requests),
            .microseconds("\(name): busiest thread CPU", per: "request", busiest, over: requests),
            BenchSample("\(name): requests", "/s", Double(requests) / outcome.seconds),
        ]
    }

    private mutating func step() throws {
        let seen = answered
        try poller.poll(milliseconds: 10) { tag, ready in
            let connection = connections[Int(tag)]
            answered += try connection.handle(ready)
            if connection.outstanding == 0 { try connection.send(depth) }
        }
        let now = MonotonicClock.now()
        if answered > seen { lastProgress = now }
        guard now - lastProgress <= Self.patience else {
            throw SystemError.failed("no answer to any of \(connections.count * depth) requests for 2 s")
        }
    }
}
