import NIOCore

/// One live connection as the hub sees it. Confined to its shard's loop.
final class Subscriber {
    /// The socket's descriptor while nothing is to be sent before a new batch and everything may be sent: then rooms send there
    /// without a word to the connection, which is to say when that changes. Negative otherwise.
    var direct: Int32 = -1 {
        didSet { if direct != oldValue { for place in places { place.membership.setDirect(direct, at: place.index) } } }
    }
    /// Messages sent that way in rooms it has left.
    private var sentDirectly = 0
    /// Values of metrics that newer ones took the place of before they were sent, in rooms it has left.
    private var superseded = 0
    let audience: Audience
    var outbox: Outbox
    /// Its places in live rooms. Few: native connections have one.
    fileprivate(set) var places: [Place] = []
    /// How it follows feeds by number; nil for connections that did not ask.
    var follower: Follower?

    /// How it keeps up.
    var condition: Outbox.Condition { follower?.isReplaying == true ? .replaying : outbox.condition }

    /// The outbox's books and what rooms sent past it.
    var books: Outbox.Books {
        var books = outbox.books
        let sent = places.reduce(sentDirectly) { $0 + $1.membership.sentDirectly(to: $1.index) }
        books.accepted += sent
        books.delivered += sent
        let superseded = places.reduce(superseded) { $0 + $1.superseded }
        books.accepted += superseded
        books.droppedConflated += superseded
        return books
    }

    fileprivate func left(_ place: Place) {
        sentDirectly += place.membership.sentDirectly(to: place.index)
        superseded += place.superseded
    }

    struct Place {
        let membership: Membership
        /// Where in `membership.subscribers`; kept true when others leave.
        var index: Int
        /// What the room had superseded before.
        fileprivate let supersededBefore: Int

        fileprivate var superseded: Int { membership.superseded - supersededBefore }
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
    private let batches: BatchPool
    private(set) var subscribers: ContiguousArray<Subscriber> = []
    /// Of each subscriber, all that a send needs when its socket takes everything: read in one go, where a subscriber each would
    /// be a miss of the cache each. Confined to one loop, and no access to it contains another.
    @exclusivity(unchecked)
    private var lanes: ContiguousArray<Lane> = []
    /// Encoded once, however many subscribers there are; nil while there is nothing.
    private(set) var batch: Batch?
    /// Of numbered audiences: everything up to here has been delivered to all of them, or they were told.
    private(set) var last: Int64
    /// Of metrics: how often at most, and what is to come.
    private let pace: MetricPace?
    /// Values of metrics that were never sent because newer ones came in time.
    var superseded: Int { pace?.superseded ?? 0 }

    private struct Lane {
        /// As `Subscriber.direct`.
        var descriptor: Int32
        /// Messages sent there.
        var sent = 0
    }

    init(room: Room, audience: Audience, batches: BatchPool, last: Int64, pace: MetricPace? = nil) {
        self.pace = pace
        self.room = room
        self.audience = audience
        self.batches = batches
        self.last = last
    }

    /// Adds an event to the batch; true when it is the batch's first.
    @inline(__always)
    func append(_ event: Event) -> Bool {
        if let pace, !pace.admits(event, to: self) { return false }
        return write(event)
    }

    @inline(__always)
    private func write(_ event: Event) -> Bool {
        var current = batch ?? batches.take(for: room)
        let isSent = current.append { audience.wire.encode(event, for: audience, in: room, into: &$0) }
        guard isSent else {
            if batch == nil { batches.give(&current) }
            return false
        }
        current.describeLast(number: audience.isNumbered ? event.number(in: room) : nil, at: event.at)
        if let subject = audience.subject {
            current.subject = subject
            current.describeLast(metric: event.metricName ?? "")
        }
        guard batch == nil else { return false }
        batch = current
        return true
    }

    /// Adds what has waited for its time to come; true when there is something to flush that was not there before.
    func release(_ now: NIODeadline) -> Bool {
        guard let pace, !subscribers.isEmpty else { return false }
        var isFirst = false
        for event in pace.release(now) where write(event) { isFirst = true }
        return isFirst
    }

    /// Messages in the batch.
    var waiting: Int { batch?.count ?? 0 }

    func add(_ subscriber: Subscriber) {
        subscriber.places.append(.init(membership: self, index: subscribers.count, supersededBefore: superseded))
        subscribers.append(subscriber)
        lanes.append(Lane(descriptor: subscriber.direct))
    }

    fileprivate func setDirect(_ descriptor: Int32, at index: Int) { lanes[index].descriptor = descriptor }
    fileprivate func sentDirectly(to index: Int) -> Int { lanes[index].sent }

    /// The last subscriber takes the place of the one that leaves: the order within a room carries no meaning.
    func remove(_ subscriber: Subscriber) {
        guard let place = subscriber.places.firstIndex(where: { $0.membership === self }) else { return }
        subscriber.left(subscriber.places[place])
        let index = subscriber.places.remove(at: place).index
        subscribers.swapAt(index, subscribers.count - 1)
        subscribers.removeLast()
        lanes.swapAt(index, lanes.count - 1)
        lanes.removeLast()
        guard index < subscribers.count else { return }
        let moved = subscribers[index]
        let itsPlace = moved.places.firstIndex { $0.membership === self }!
        moved.places[itsPlace].index = index
    }

    /// One send per subscriber for the whole tick. `fallen` gets those that must now read from the log.
    func flush(_ meter: LatencyMeter, fallen: inout [Subscriber]) {
        guard var batch = exchange(&batch, with: nil) else { return }
        var whole = 0
        let count = batch.count
        batch.bytes.withUnsafeReadableBytes { bytes in
            var next = 0
            while next < subscribers.count {
                let end = min(next + Self.stride, subscribers.count)
                var complete = 0
                for index in next..<end where deliver(batch, bytes, count: count, to: index) { complete += 1 }
                meter.record(batch.times[...], count: complete)
                whole += complete
                next = end
            }
        }
        if audience.isNumbered {
            last = max(last, batch.numbers.last ?? 0)
            if whole < subscribers.count { fallen += subscribers.filter(\.outbox.hasFallenBehind) }
        }
        batches.give(&batch)
    }

    /// True when the socket took all of the batch, whose bytes and count these are.
    @inline(__always)
    private func deliver(_ batch: Batch, _ bytes: UnsafeRawBufferPointer, count: Int, to index: Int) -> Bool {
        let descriptor = lanes[index].descriptor
        guard descriptor >= 0 else { return subscribers[index].outbox.deliver(batch, bytes) }
        assert(!subscribers[index].outbox.hasFallenBehind, "a subscriber that reads the log is not sent to")
        // What is wrong with a dead socket the connection finds out by itself.
        let taken = StreamSocket.send(descriptor, bytes) ?? 0
        guard taken == bytes.count else {
            subscribers[index].outbox.deliver(batch, from: taken)
            return false
        }
        lanes[index].sent &+= count
        return true
    }

    /// These numbers never reached this shard.
    func miss(_ numbers: ClosedRange<Int64>, fallen: inout [Subscriber]) {
        for subscriber in subscribers { subscriber.outbox.miss(numbers, of: room, epoch: batches.epoch) }
        guard audience.isNumbered else { return }
        last = max(last, numbers.upperBound)
        fallen += subscribers.filter(\.outbox.hasFallenBehind)
    }
}
