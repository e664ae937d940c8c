/// Numbers of one room that one connection will not get as events.
public struct Gap: Sendable, Equatable {
    public enum Reason: String, Sendable, CaseIterable {
        /// The connection did not keep up and its outbox was full.
        case slow = "slow_consumer"
        /// The server's loop did not keep up and its inbox was full.
        case overload
    }

    public let room: Room
    public let epoch: Int32
    public var numbers: ClosedRange<Int64>
    public let reason: Reason

    public init(room: Room, epoch: Int32, numbers: ClosedRange<Int64>, reason: Reason) {
        self.room = room
        self.epoch = epoch
        self.numbers = numbers
        self.reason = reason
    }

    public var count: Int { Int(numbers.upperBound - numbers.lowerBound) + 1 }
}

/// Numbers of one feed that the log does not have.
public struct Hole: Sendable, Equatable {
    public enum Reason: String, Sendable, CaseIterable {
        /// The store could not be written in time, and the clicks waiting for it reached their bound.
        case overflow = "recorder_overflow"
        /// The server was not stopped in order: the epoch ended durably at the number before, and what it gave out after
        /// that is gone. How much that was nobody knows; it is at most the flush interval's clicks.
        case crash
        /// The log lacks them, and nobody recorded why.
        case missing
        /// The position asked for is not of this log: another database, or a backup older than it.
        case unknown = "unknown_position"
    }

    public let epoch: Int32
    public let from: Int64
    /// The last of them; nil when the end is not known.
    public let to: Int64?
    public let reason: Reason

    public init(epoch: Int32, from: Int64, to: Int64?, reason: Reason) {
        self.epoch = epoch
        self.from = from
        self.to = to
        self.reason = reason
    }
}

/// How a connection got from an old position to the head.
public struct Recovery: Sendable, Equatable {
    public let room: Room
    /// Behind which it was owed clicks; nil when it asked for a time and not for a position.
    public let from: Position?
    /// Live events follow behind this.
    public let to: Position
    /// Events replayed.
    public let count: Int
    /// At most `maximumHoles`, the oldest first; `GET /api/v1/events` has all.
    public let holes: [Hole]

    public static let maximumHoles = 100

    public init(room: Room, from: Position?, to: Position, count: Int, holes: [Hole]) {
        self.room = room
        self.from = from
        self.to = to
        self.count = count
        self.holes = holes
    }

    /// Whether every number on the way was replayed.
    public var isComplete: Bool { holes.isEmpty }
}
