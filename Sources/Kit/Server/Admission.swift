import Synchronization

/// Who may come in and what for: everything a live connection needs that is decided before its first byte goes out.
struct Admission: Sendable {
    /// Of this run of the server, from 1.
    let number: Int
    var identity: Identity
    let audience: Audience
    /// What it follows by number; empty when it did not ask.
    var tracks: [Follower.Track] = []
    var overflow = Outbox.Overflow.drop

    /// - Throws: `.forbidden` for a room that is not the caller's.
    init(_ following: Following?, identity: Identity, audience: Audience, services: Services, now: Timestamp)
        throws(KitError)
    {
        self.identity = identity
        self.audience = audience
        number = services.nextConnection()
        guard let following else { return }
        overflow = following.replays ? .replay : .drop
        let rooms = following.rooms.isEmpty ? [(.user(identity.user), following.since)] : following.rooms
        for (room, since) in rooms {
            try RoomPolicy.allows(identity, room, links: services.links).get()
            tracks.append(Self.track(room, since, services, now))
        }
    }

    private static func track(
        _ room: Room, _ since: Following.Since, _ services: Services, _ now: Timestamp
    ) -> Follower.Track {
        let feed = services.feed(of: room)
        let head = feed.map { services.sequencer.head(of: $0) } ?? .start
        let start: FeedStart =
            switch since {
            case .now: .position(head)
            case .position(let position): .position(position)
            case .ago(let duration): .time(now + (.zero - duration))
            }
        return Follower.Track(room: room, feed: feed, start: start, isAsked: since != .now)
    }

    /// Turns away whoever comes when the server is full or going. Before a ticket is burnt.
    ///
    /// - Throws: `.unavailable`.
    static func check(_ services: Services) throws(KitError) {
        guard !services.isStopping else {
            throw KitError(.unavailable, "the server is stopping; connect again in a moment")
        }
        let open = services.connectionCount.load(ordering: .relaxed)
        guard open < services.configuration.maximumConnections else {
            throw KitError(.unavailable, "the server has all the connections it takes; try again later")
        }
    }

    /// What the answer's head says to a numbered connection: who it is, and behind which position each room owes it events.
    func headers(_ services: Services) -> [(name: String, value: String)] {
        guard audience.isNumbered else { return [] }
        let positions = tracks.compactMap { track in
            if case .position(let position) = track.start {
                (name: "X-Quikko-Position", value: "\(track.room) \(position)")
            } else {
                nil
            }
        }
        return [("X-Quikko-Connection", services.name(of: self))] + positions
    }
}
