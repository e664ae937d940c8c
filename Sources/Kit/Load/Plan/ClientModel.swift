/// How a client reads, or breaks the rules. As text, in flags and reports: `fast`, `trickle=1KiB/s`, `stall=1s/4s`.
public enum ClientModel: Sendable, Equatable, Hashable {
    /// Reads at once.
    case fast
    /// Reads nothing after the upgrade, until the end.
    case never
    /// Reads so many bytes a second, 1 to 2^31 - 1.
    case trickle(bytesPerSecond: Int)
    /// Reads for the first, then nothing for the second, and so on; each 10 ms to an hour.
    case stall(on: Duration, off: Duration)
    /// Reads everything and never answers a ping.
    case noPong
    /// Breaks its connection with a reset every so often, 100 ms to an hour, and comes back where it was.
    case reset(every: Duration)
    /// A process of its own, stopped (SIGSTOP) after it joined and continued at the end. At most 8 of them.
    case frozen
    /// Connects, joins and leaves, so often a second; all of a plan together at most 10,000 times a second.
    case churn(perSecond: Double)
    /// Sends its upgrade a byte a second.
    case slowHandshake

    /// Whose figures its own belong to.
    public enum Role: String, Codable, Sendable, CaseIterable {
        /// What the others must not harm.
        case fast
        /// Costs itself, and must cost nobody else.
        case slow
        /// Comes and goes; owed nothing for long.
        case churn
    }

    public var role: Role {
        switch self {
        case .fast: .fast
        case .never, .trickle, .stall, .noPong, .reset, .frozen: .slow
        case .churn, .slowHandshake: .churn
        }
    }

    /// Stops reading, or reads less than it is sent, so that the server has to drop for it.
    public var isStalled: Bool {
        switch self {
        case .never, .trickle, .stall, .frozen: true
        case .fast, .noPong, .reset, .churn, .slowHandshake: false
        }
    }

    /// One of each, for messages, documents and tests.
    static let examples: [ClientModel] = [
        .fast, .never, .trickle(bytesPerSecond: 1_024), .stall(on: .seconds(1), off: .seconds(4)), .noPong,
        .reset(every: .seconds(2)), .frozen, .churn(perSecond: 50), .slowHandshake,
    ]

    /// The word without its value: in flags, and under `model` in files.
    var name: String {
        switch self {
        case .fast: "fast"
        case .never: "never"
        case .trickle: "trickle"
        case .stall: "stall"
        case .noPong: "no-pong"
        case .reset: "reset"
        case .frozen: "frozen"
        case .churn: "churn"
        case .slowHandshake: "slow-handshake"
        }
    }
}

/// Clients that behave alike. As text: `never:5`.
public struct ClientGroup: Sendable, Equatable {
    public var model: ClientModel
    /// At least 1; all groups of a plan together at most 60,000.
    public var count: Int

    public init(_ model: ClientModel, count: Int) {
        self.model = model
        self.count = count
    }
}
