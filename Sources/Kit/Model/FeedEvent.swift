/// What a client reads from a feed.
///
/// The text fields are the server's own words: a client must not lose an event because it names a browser it never heard of.
public enum FeedEvent: Sendable, Equatable {
    /// With its place, for a client that asked for numbers.
    case click(ClickEvent, Place?)
    /// These numbers will not come by themselves.
    case gap(Gap)
    /// The log lacks these.
    case hole(Room, Hole)
    /// The replay is done; live events follow.
    case recovered(Recovery)
    /// Everything up to here has been sent.
    case position(Place)
    /// The server is stopping, and wants to be connected to again after this long.
    case restarting(Duration)
    /// An event of a protocol without numbers, in its own words.
    case said(JSON)
    /// The server refused something this client asked for, in its own words; the connection may live on.
    case refused(KitError.Code, message: String)
}

/// A position in a room.
public struct Place: Sendable, Equatable {
    public let room: Room
    public let position: Position

    public init(room: Room, position: Position) {
        self.room = room
        self.position = position
    }
}

/// A click as it arrives at a client.
public struct ClickEvent: Sendable, Equatable, Codable {
    public let shortCode: String
    /// ISO 3166-1 alpha-2, or `unknown`.
    public let country: String
    /// `desktop`, `mobile`, `tablet` or `unknown`.
    public let deviceType: String
    public let browser: String
    /// RFC 3339 UTC, 0 to 9 fraction digits.
    public let timestamp: String
}
