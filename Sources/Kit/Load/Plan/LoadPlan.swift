/// What a load test is to do: a value, complete before anything connects.
///
/// As JSON it is a scenario file; `docs/loadtest-scenario.schema.json` describes it. Whatever is left out has the value
/// here. Bounds are those of `validate()`; every duration is a whole number of milliseconds.
public struct LoadPlan: Sendable, Equatable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// Clicks on a schedule to clients of one feed.
        case load
        /// The same, judged by the books alone; takes no thresholds.
        case smoke
        /// Two feeds, one with stalled clients: do they cost the others anything?
        ///
        /// `clients` means: the fast ones are there for each feed, the others stalled beside feed B and as many healthy
        /// ones beside A. One clicker, a constant or Poisson rate of at least 20 a second, 5 s or more after a warm-up
        /// of 1 s or more, in which the stalled clients fill.
        case isolation
        /// The server is stopped and killed under load; takes 6 s or more, and fast clients.
        case restart
    }

    /// 1 to 64 letters, digits, spaces, `-`, `_` or `.`.
    public var name = "load"
    public var kind = Kind.load
    /// What the measured part is; before it comes the warm-up, after it the drain. Each rate is above 0 and at most
    /// 1,000,000 a second, all events of warm-up and measured part together at most 2^31.
    public var schedule = LoadSchedule.constant(rate: 200)
    /// 100 ms to 24 h. Steps have to add up to it; a file with steps need not name it.
    public var duration = Duration.seconds(20)
    /// Events before the measured part; 0 to 1 h.
    public var warmup = Duration.seconds(3)
    /// How long the end may take, until every client has everything; 100 ms to 10 min.
    public var drain = Duration.seconds(10)
    /// At most 60,000 connections, 8 of them frozen; each model once.
    public var clients = [ClientGroup(.fast, count: 200)]
    /// Connections that click, 1 to 256. With more than one, which event is whose is not known, and `e2e` not measured.
    public var clickers = 1
    /// Upgrades begun a second, 1 to 10,000.
    public var connectRate = 500.0
    /// Events sent and not answered, at most, 1 to 1,000,000; one that would be more is counted as missed.
    public var maximumInFlight = 10_000
    /// Of everything left to chance. The same seed gives the same schedule.
    public var seed: UInt64 = 1
    /// At most 100, each at most 200 characters.
    public var thresholds: [String] = []

    public init() {}

    /// Client connections altogether: isolation has two feeds with as many each.
    public var connections: Int { clients.reduce(0) { $0 + $1.count } * (kind == .isolation ? 2 : 1) }

    /// Clients of one role, once.
    public func count(_ role: ClientModel.Role) -> Int {
        clients.reduce(0) { $1.model.role == role ? $0 + $1.count : $0 }
    }
}
