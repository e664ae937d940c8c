import NIOCore

/// The hub's part on one event loop: room → audience → subscribers, without a lock.
///
/// Confined to its loop. Delivering never waits: a subscriber whose socket is full has its own outbox, and its own loss.
final class HubShard {
    let loop: any EventLoop
    private let sequencer: Sequencer
    /// This shard's place in the sequencer; set once, before the first subscriber.
    private(set) var place = 0
    /// A room has few audiences, so a list beats a second dictionary.
    private var rooms: [Room: [Membership]] = [:]
    /// Memberships with something in their batch.
    private var dirty: ContiguousArray<Membership> = []
    /// Books of the connections that have closed.
    private(set) var closedBooks = Outbox.Books()

    init(loop: any EventLoop, sequencer: Sequencer) {
        self.loop = loop
        self.sequencer = sequencer
    }

    /// Registers with the sequencer; `wake` must call `drain()` on this loop.
    func attach(wake: @escaping @Sendable () -> Void) {
        place = sequencer.attach(wake: wake)
    }

    func join(_ subscriber: Subscriber, _ room: Room) {
        loop.assertInEventLoop()
        let members = rooms[room] ?? []
        let membership =
            members.first { $0.audience == subscriber.audience }
            ?? Membership(room: room, audience: subscriber.audience)
        if membership.subscribers.isEmpty { rooms[room, default: []].append(membership) }
        guard !subscriber.places.contains(where: { $0.membership === membership }) else { return }
        membership.add(subscriber)
    }

    /// The connection has gone: it leaves its rooms, and its books join the total.
    func close(_ subscriber: Subscriber) {
        loop.assertInEventLoop()
        leaveAll(subscriber)
        subscriber.outbox.close()
        closedBooks += subscriber.outbox.books
    }

    func leaveAll(_ subscriber: Subscriber) {
        for place in subscriber.places { remove(subscriber, from: place.membership) }
    }

    /// Empty rooms are removed at once.
    private func remove(_ subscriber: Subscriber, from membership: Membership) {
        membership.remove(subscriber)
        guard membership.subscribers.isEmpty else { return }
        rooms[membership.room]?.removeAll { $0 === membership }
        if rooms[membership.room]?.isEmpty == true { rooms[membership.room] = nil }
    }

    /// Delivers everything the sequencer has for this shard: encoded once per audience, one send per subscriber.
    func drain() {
        loop.assertInEventLoop()
        for clicks in sequencer.takeInbox(of: place) {
            for click in clicks { publish(.click(click)) }
        }
        // Sends never call back into rooms: a socket found dead is closed on a later turn of the loop.
        for membership in dirty { membership.flush() }
        dirty.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    private func publish(_ event: Event) {
        event.forEachRoom { room in
            guard let members = rooms[room] else { return }
            for membership in members {
                let wasEmpty = membership.batch.isEmpty
                membership.batch.append { membership.audience.wire.encode(event, for: membership.audience, into: &$0) }
                if wasEmpty, !membership.batch.isEmpty { dirty.append(membership) }
            }
        }
    }

    /// Rooms with someone in them.
    var roomCount: Int { rooms.count }
}
