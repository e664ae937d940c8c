import NIOCore

/// One live connection as the hub sees it. Confined to its shard's loop.
final class Subscriber {
    let audience: Audience
    var outbox: Outbox
    /// Its places in live rooms. Few: native connections have one.
    fileprivate(set) var places: [Place] = []
    /// How it follows feeds by number; nil for connections that did not ask.
    var follower: Follower?

    /// How it keeps up.
    var condition: Outbox.Condition { follower?.isReplaying == true ? .replaying : outbox.condition }

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
    /// Sends between two looks at the clock.
    private static let stride = 64

    let room: Room
    let audience: Audience
    private let epoch: Int32
    private(set) var subscribers: ContiguousArray<Subscriber> = []
    /// Encoded once, however many subscribers there are.
    var batch: Batch
    /// Of numbered audiences: everything up to here has been delivered to all of them, or they were told.
    private(set) var last: Int64

    init(room: Room, audience: Audience, epoch: Int32, last: Int64) {
        self.room = room
        self.audience = audience
        self.epoch = epoch
        self.last = last
        batch = Batch(room: room, epoch: epoch)
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

    /// One send per subscriber for the whole tick. `fallen` gets those that must now read from the log.
    func flush(_ meter: LatencyMeter, fallen: inout [Subscriber]) {
        var whole = 0
        batch.bytes.withUnsafeReadableBytes { bytes in
            var next = 0
            while next < subscribers.count {
                let end = min(next + Self.stride, subscribers.count)
                var complete = 0
                for subscriber in subscribers[next..<end] where subscriber.outbox.deliver(batch, bytes) {
                    complete += 1
                }
                meter.record(batch.times[...], count: complete)
                whole += complete
                next = end
            }
        }
        if audience.isNumbered {
            last = max(last, batch.numbers.last ?? 0)
            if whole < subscribers.count { fallen += subscribers.filter(\.outbox.hasFallenBehind) }
        }
        if isKnownUniquelyReferenced(&batch) { batch.clear() } else { batch = Batch(room: room, epoch: epoch) }
    }

    /// These numbers never reached this shard.
    func miss(_ numbers: ClosedRange<Int64>, fallen: inout [Subscriber]) {
        for subscriber in subscribers { subscriber.outbox.miss(numbers, of: room, epoch: epoch) }
        guard audience.isNumbered else { return }
        last = max(last, numbers.upperBound)
        fallen += subscribers.filter(\.outbox.hasFallenBehind)
    }
}
