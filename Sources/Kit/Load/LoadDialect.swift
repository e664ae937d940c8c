/// How the load test understands one live protocol: a small adapter each, values in and out, no sockets.
protocol LoadDialect: Sendable {
    /// Whether a client that lost its connection can have what it missed.
    var canResume: Bool { get }
    /// Whether events are totals, of which a newer one may take the place of those before it.
    var isTotals: Bool { get }
    /// Messages a client of this feed sends once its socket is open.
    func hello(of feed: Int) -> [String]
    /// The request target of the upgrade for a client of this feed, going on behind `position` where there is one.
    func target(of feed: Int, behind position: Position?) -> String
    /// What the head of the 101 says; names are in lower case.
    func opened(_ feed: Int, _ headers: [(name: String, value: String)]) -> LoadOpening
    /// One message of this feed. Called once for each delivery: allocates nothing for an event.
    func read(_ message: UnsafeRawBufferPointer, of feed: Int) -> LoadMessage
}

extension LoadDialect {
    var isTotals: Bool { false }
    func hello(of feed: Int) -> [String] { [] }
}

/// What a server says when it accepts a client.
struct LoadOpening: Equatable {
    /// Behind this it owes events; nil when it does not say.
    var start: Position?
    /// Its own name for the connection.
    var connection: String?
}

/// What a message means to the accounting.
enum LoadMessage: Equatable {
    /// `sentAt`: when it was due, in nanoseconds of this machine's monotonic clock, where the message itself says so.
    case event(epoch: Int32, number: Int64, sentAt: Int64?)
    case gap(Gap)
    case hole(Hole)
    case reached(Position)
    /// The server stops, and wants to be connected to again after so many milliseconds.
    case restart(after: Int)
    /// Nothing that is counted: a greeting, an answer.
    case other
    /// A total: the event of this number, and what lies between it and the last one it has taken the place of.
    case total(Int64)
    /// So many there were when the client began to hear.
    case begins(Int64)
    /// To be answered with this at once.
    case asked(answer: String)
    /// Against the protocol: what it says cannot be.
    case broken(String)
}
