/// One thing to measure. The raw value is its name on the command line.
public enum BenchMeasurement: String, CaseIterable, Sendable {
    /// The next click only after every subscriber has the last one.
    case fanOut = "fan-out"
    /// The same with 8 clicks at a time; the floor puts 8 frames into a send.
    case fanOut8 = "fan-out-8"
    /// The same with 32.
    case fanOut32 = "fan-out-32"
    /// 50 clicks a second, whatever becomes of them: a quarter of a core's time.
    case fanOutCalm = "fan-out-calm"
    /// 4,000 clicks a second; the floor puts 16 frames into a send.
    case fanOutOpen = "fan-out-open"
    /// Up to 240 clicks under way, 16 per write; the floor puts 16 frames into a send.
    case fanOutSaturated = "fan-out-saturated"
    /// 10,000 subscribers, each of a link of its own, and a click on each link in turn.
    case rooms
    /// 900 subscribers, 100 clicks a second: beside 100 that never read, against without them.
    case stalled
    /// Two loops on two cores against one loop on one, in bursts of 8.
    case twoLoops = "two-loops"
    /// The first over Socket.IO, against native sockets.
    case fanOutSocketIO = "fan-out-socketio"
    /// 64 keep-alive connections, one request under way on each.
    case redirect
    /// The same with a link of its own for each connection, against one link for all.
    case redirectSpread = "redirect-spread"
    /// The first with 16 requests at a time on each.
    case redirectPipelined = "redirect-pipelined"
    /// 10,000 WebSocket connections that nobody speaks on.
    case idle
    /// From starting the process to its ready line, with 100,000 links.
    case start
    /// The same with 1,000,000.
    case startMillion = "start-million"
}

/// One column of the table: a server and what it is given.
struct BenchSide {
    let target: BenchTarget
    /// What the column is called.
    var title: String { name ?? target.rawValue }
    var name: String?
    /// Messages the floor puts into one send.
    var floorBatch = 1
    var links = 1
    /// Each subscriber in a room of its own.
    var isApart = false
    /// Subscribers that never read.
    var unread = 0
    /// Event loops; nil: one for each core it may use.
    var loops: Int?
    /// Pinned to a core that the driver is not on.
    var isAlone = true
    /// Subscribers speak Socket.IO, each to a dashboard of the link.
    var speaksSocketIO = false
}

extension BenchMeasurement {
    static let roomsWanted = 10_000

    /// What is compared with what.
    func sides(rooms: Int) -> (reference: BenchSide, subject: BenchSide) {
        var floor = BenchSide(target: .floor)
        var quikko = BenchSide(target: .quikko)
        switch self {
        case .fanOut8: floor.floorBatch = 8
        case .fanOut32: floor.floorBatch = 32
        case .fanOutOpen, .fanOutSaturated: floor.floorBatch = 16
        case .rooms:
            (floor.links, floor.isApart) = (rooms, true)
            (quikko.links, quikko.isApart) = (rooms, true)
        case .stalled:
            floor = BenchSide(target: .quikko, name: "alone")
            (quikko.name, quikko.unread) = ("beside 100", 100)
        case .twoLoops:
            floor = BenchSide(target: .quikko, name: "one loop", loops: 1, isAlone: false)
            quikko = BenchSide(target: .quikko, name: "two loops", loops: 2, isAlone: false)
        case .fanOutSocketIO:
            floor = BenchSide(target: .quikko, name: "native")
            (quikko.name, quikko.speaksSocketIO) = ("socket.io", true)
        case .redirectSpread:
            floor = BenchSide(target: .quikko, name: "one link")
            (quikko.name, quikko.links) = ("64 links", RedirectWorkload.connections)
        case .start: quikko.links = 100_000
        case .startMillion: quikko.links = 1_000_000
        case .fanOut, .fanOutCalm, .redirect, .redirectPipelined, .idle: break
        }
        return (floor, quikko)
    }

    /// Seconds of a turn; nil where the two servers have none, but one after the other.
    var turn: Double? {
        switch self {
        // What a server cannot keep up with shows only after a while.
        case .fanOutOpen, .fanOutSaturated: .infinity
        // What is logged behind a turn is not in its rate: long turns make that little.
        case .redirect, .redirectSpread, .redirectPipelined: 1
        case .idle, .start, .startMillion: nil
        default: 0.25
        }
    }
}

/// How much to measure. Each round has two fresh servers, which are measured in turns.
public struct BenchPlan: Sendable {
    /// 1...100.
    public let rounds: Int
    /// What each of the two is measured for in a round, 0.1...60; warm-up comes on top, a quarter of it and at most 0.5 s.
    public let seconds: Double
    /// In the fan-outs, 1...50,000.
    public let subscribers: Int
    /// In the order they run.
    public let measurements: [BenchMeasurement]

    /// - Throws: `SystemError.failed` when a number is out of its range.
    public init(
        rounds: Int = 5,
        seconds: Double = 2,
        subscribers: Int = 1_000,
        measurements: [BenchMeasurement] = BenchMeasurement.allCases
    ) throws {
        guard (1...100).contains(rounds) else { throw SystemError.failed("--rounds takes 1 to 100") }
        guard (0.1...60).contains(seconds) else { throw SystemError.failed("--seconds takes 0.1 to 60") }
        guard (1...50_000).contains(subscribers) else { throw SystemError.failed("--subscribers takes 1 to 50000") }
        self.rounds = rounds
        self.seconds = seconds
        self.subscribers = subscribers
        self.measurements = measurements
    }
}
