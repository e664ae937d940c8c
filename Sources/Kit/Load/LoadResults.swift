/// What the generator has measured and counted: at the end, and so far.
struct LoadResults: Sendable {
    var latencies: [LatencyHistogram] = []
    /// By feed.
    var endToEnd: [LatencyHistogram] = []
    var service: [LatencyHistogram] = []
    var clicks: [LatencyHistogram] = []
    var blocks: [Scoreboard.Block] = []
    /// Of messages that were events, on average; 0 before there was one.
    var bytesPerEvent = 0
    /// The server's names for all connections there were.
    var connections: [String] = []
    /// Events the schedule had while measured, sent or not.
    var due = 0
    /// Numbers whose requests were refused or not answered: the first ten thousand.
    var refused: [Int64] = []
    var sent = 0
    /// Of those, sent while measured; by feed.
    var sentByFeed: [Int] = []
    var measuredSent: Int { sentByFeed.reduce(0, +) }
    var acknowledged: [Int] = []
    var missed = 0
    /// Requests whose connection ended before their answer came.
    var unanswered = 0
    var errors: [String: Int] = [:]
    var errorsWhileMeasured = 0
    var samples: [String] = []
    var closes: [String: Int] = [:]
    var seconds: [LoadReport.Second] = []
    var phases: [LoadReport.Offered.Phase] = []
    var clients: [Client] = []
    /// Whether the times of all events were known, so that latencies are true.
    var isMapped = true
    var forgotten = 0
    /// Nanoseconds the generator's thread was busy, and for how long, while measured.
    var busy: (nanoseconds: Int64, of: Int64) = (0, 0)

    struct Client: Sendable {
        let feed: Int
        let model: ClientModel
        let isMeasured: Bool
        let tally: Tally
        let receivedWhileMeasured: Int
        let connection: String?
        let isOpen: Bool
        let hasJoined: Bool
        let receivedHere: Int
        let namedHere: Int
        let reconnects: Int
        let closeCode: UInt16?
        let outcomes: Int
        let p50: Int?
        let p99: Int?
    }

    subscript(latency: Scoreboard.Latency) -> LatencyHistogram { latencies[latency.rawValue] }
}

extension LoadResults.Client {
    init(_ client: LoadClient) {
        self.init(
            feed: client.feed, model: client.model, isMeasured: client.isMeasured, tally: client.tally,
            receivedWhileMeasured: client.receivedWhileMeasured,
            connection: client.connection, isOpen: client.stage == .open, hasJoined: client.hasJoined,
            receivedHere: client.receivedHere, namedHere: client.namedHere, reconnects: client.reconnects,
            closeCode: client.closeCode ?? client.lastCloseCode, outcomes: client.outcomes,
            p50: client.latencies.percentile(50),
            p99: client.latencies.percentile(99))
    }

    /// It was there, and stays to the end of the run.
    var owesItsEnd: Bool { hasJoined && !model.isPassing }
}
