import NIOCore

/// One live connection as the hub sees it. Confined to its shard's loop.
final class Subscriber {
    let audience: Audience
    var outbox: Outbox
    /// Its places in rooms. Few: native connections have one.
    fileprivate(set) var places: [Place] = []

    struct Place {
        let membership: Membership
        /// Where in `membership.subscribers`; kept true when others leave.
        var index: Int
    }

    init(audience: Audience, outbox: Outbox) {
        self.audience = audience
        self.outbox = outbox
    }
}

/// The subscribers of one audience in one room, and this tick's batch for them. Confined to its shard's loop.
final class Membership {
    let room: Room
    let audience: Audience
    private(set) var subscribers: ContiguousArray<Subscriber> = []
    /// Encoded once, however many subscribers there are.
    var batch = Batch()

    init(room: Room, audience: Audience) {
        self.room = room
        self.audience = audience
    }

    func add(_ subscriber: Subscriber) {
        subscriber.places.append(.init(membership: self, index: subscribers.count))
        subscribers.append(subscriber)
    }

    /// The last subscriber takes the place of the one that leaves: the order within a room carries no meaning.
    func remove(_ subscriber: Subscriber) {
        guard let place = subscriber.places.firstIndex(where: { $0.membership === self }) else { return }
        let index = subscriber.places.remove(at: place).index
        subscribers.swapAt(index, subscribers.count - 1)
        subscribers.removeLast()
        guard index < subscribers.count else { return }
        let moved = subscribers[index]
        let itsPlace = moved.places.firstIndex { $0.membership === self }!
        moved.places[itsPlace].index = index
    }

    /// One send per subscriber for the whole tick.
    func flush() {
        batch.bytes.withUnsafeReadableBytes { bytes in
            for subscriber in subscribers { subscriber.outbox.deliver(batch, bytes) }
        }
        if isKnownUniquelyReferenced(&batch) { batch.clear() } else { batch = Batch() }
    }
}
