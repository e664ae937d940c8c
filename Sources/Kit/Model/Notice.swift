/// What a numbered connection is told besides events.
enum Notice: Sendable, Equatable {
    /// These numbers will not come.
    case gap(Gap)
    /// In a replay, in its place among the events: the log lacks these.
    case hole(Room, Hole)
    /// The replay that was asked for is done; live events follow.
    case recovered(Recovery)
    /// Everything up to here has been sent.
    case position(Room, Position)
}
