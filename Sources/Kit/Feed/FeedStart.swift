/// Where a reader begins.
enum FeedStart: Sendable, Hashable {
    /// Behind this position.
    case position(Position)
    /// With the first click served at this time or later.
    case time(Timestamp)
}
