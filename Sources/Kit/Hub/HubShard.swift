import NIOCore

/// The hub's part on one event loop: room → audience → subscribers, without a lock.
///
/// Confined to its loop. Delivering never waits: a subscriber whose socket is full has its own outbox, and its own loss.
final class HubShard {
    let loop: any EventLoop
    let meter: LatencyMeter
    private let sequencer: Sequencer
    private let batches: BatchPool
    private let occupancy: Occupancy
    /// This shard's place in the sequencer; set once, before the first subscriber. Nil where nobody is ever delivered to.
    private(set) var place: Int?
    /// A room has few audiences, so a list beats a second dictionary.
    private var rooms: [Room: [Membership]] = [:]
    /// How often a metric is told, and when those that wait are.
    private let rhythm: MetricRhythm
    /// Memberships with something in their batch.
    private var dirty: ContiguousArray<Membership> = []
    /// Books of the connections that have closed.
    private(set) var closedBooks = Outbox.Books()

    init(
        loop: any EventLoop, sequencer: Sequencer, occupancy: Occupancy = Occupancy(),
        meter: LatencyMeter = LatencyMeter(), metricInterval: TimeAmount = .zero
    ) {
        rhythm = MetricRhythm(interval: metricInterval)
        self.loop = loop
        self.occupancy = occupancy
        self.sequencer = sequencer
        self.meter = meter
        batches = BatchPool(epoch: sequencer.epoch)
    }

    var epoch: Int32 { sequencer.epoch }

    /// Registers with the sequencer; `wake` must call `drain()` on this loop.
    func attach(wake: @escaping @Sendable () -> Void) {
        place = sequencer.attach(wake: wake)
    }

    /// - Parameter last: The last number of the room this shard has delivered; counts for a numbered audience's first
    ///   subscriber.
    ///   - other: With whom it shares what is said in this room; nil for its usual audience.
    func join(_ subscriber: Subscriber, _ room: Room, as other: Audience? = nil, last: Int64 = 0) {
        loop.assertInEventLoop()
        let audience = other ?? subscriber.audience
        let members = rooms[room] ?? []
        let membership =
            members.first { $0.audience == audience }
            ?? Membership(
                room: room, audience: audience, batches: batches, last: last, pace: pace(of: audience))
        if membership.subscribers.isEmpty {
            if members.isEmpty { occupancy.opened(room) }
            rooms[room, default: []].append(membership)
        }
        guard !subscriber.places.contains(where: { $0.membership === membership }) else { return }
        membership.add(subscriber)
    }

    private func pace(of audience: Audience) -> MetricPace? {
        guard audience.subject != nil, rhythm.interval > .zero else { return nil }
        return MetricPace(rhythm) { [unowned self] in schedule(at: $0) }
    }

    func leave(_ subscriber: Subscriber, _ room: Room, as other: Audience? = nil) {
        loop.assertInEventLoop()
        guard
            let place = subscriber.places.first(where: {
                $0.membership.room == room && (other == nil || $0.membership.audience == other)
            })
        else { return }
        remove(subscriber, from: place.membership)
    }

    /// The connection has gone: it leaves its rooms, and its books join the total.
    func close(_ subscriber: Subscriber) {
        loop.assertInEventLoop()
        leaveAll(subscriber)
        subscriber.follower?.stop()
        subscriber.outbox.close()
        closedBooks += subscriber.books
    }

    func leaveAll(_ subscriber: Subscriber) {
        for place in subscriber.places { remove(subscriber, from: place.membership) }
    }

    /// Empty rooms are removed at once.
    private func remove(_ subscriber: Subscriber, from membership: Membership) {
        membership.remove(subscriber)
        guard membership.subscribers.isEmpty else { return }
        rooms[membership.room]?.removeAll { $0 === membership }
        guard rooms[membership.room]?.isEmpty == true else { return }
        rooms[membership.room] = nil
        occupancy.closed(membership.room)
    }

    /// Delivers everything the sequencer has for this shard: encoded once per audience, one send per subscriber.
    func drain() {
        loop.assertInEventLoop()
        if let place { deliver(sequencer.takeInbox(of: place)) }
    }

    /// Delivers as `drain` does, and returns what the feed has behind `position` and is not durable: whoever sends that has
    /// sent all this shard has delivered. Nil when it spans more than `limit` numbers, or when some of it has become durable:
    /// then the log must be read first.
    func rest(of feed: Feed, after position: Position, limit: Int) -> FeedPage? {
        loop.assertInEventLoop()
        guard let place else { return nil }
        let (delivery, tail) = sequencer.takeInbox(of: place, withTailOf: feed)
        deliver(delivery)
        guard position != tail.head else { return FeedPage(end: position, isAtHead: true) }
        guard position.epoch == tail.head.epoch, tail.head.number - position.number <= limit else { return nil }
        let page = FeedPage(after: position, log: LogPage(), tail: tail, limit: .max)
        return page.holes.contains { $0.reason == .missing } ? nil : page
    }

    private func deliver(_ delivery: Sequencer.Delivery) {
        var publications = delivery.publications[...]
        for (place, clicks) in delivery.batches.enumerated() {
            while let next = publications.first, next.place <= place {
                publish(publications.removeFirst())
            }
            for click in clicks { publish(.click(click)) }
            if let watchers = rooms[.totals] { publish(clicks, after: delivery.totals[place], to: watchers) }
        }
        for next in publications { publish(next) }
        flush(missed: delivery.missed)
    }

    private func flush(missed: [Room: ClosedRange<Int64>] = [:]) {
        var fallen: [Subscriber] = []
        // Sends never join or leave rooms: a socket found dead is closed on a later turn of the loop.
        for membership in dirty { membership.flush(meter, fallen: &fallen) }
        dirty.removeAll(keepingCapacity: true)
        for (room, numbers) in missed {
            for membership in rooms[room] ?? [] { membership.miss(numbers, fallen: &fallen) }
        }
        for subscriber in fallen { subscriber.follower?.fallBehind() }
    }

    @inline(__always)
    private func publish(_ event: Event) {
        event.forEachRoom { room in
            guard let members = rooms[room] else { return }
            for membership in members where membership.append(event) { dirty.append(membership) }
        }
    }

    /// How many clicks there were with each of these.
    private func publish(_ clicks: [Click], after total: Int64, to watchers: [Membership]) {
        for (offset, click) in clicks.enumerated() {
            let event = Event.total(total + Int64(offset) + 1, click.at)
            for membership in watchers where membership.append(event) { dirty.append(membership) }
        }
    }

    /// Sends values of metrics whose time has come.
    private func schedule(at due: NIODeadline) {
        loop.assumeIsolated().scheduleTask(deadline: due) { [weak self] in self?.releaseMetrics() }
    }

    private func releaseMetrics() {
        let now = NIODeadline.now()
        for membership in rhythm.takeWaiting() where membership.release(now) { dirty.append(membership) }
        flush()
    }

    /// Delivers as `drain` does, and returns how many clicks there were at that moment, in a feed and in all: who hears that and
    /// joins before anything else is delivered has missed nothing and hears nothing twice.
    func totals(of feed: Feed?) -> (head: Int64, total: Int64) {
        loop.assertInEventLoop()
        guard let place else { return (feed.map { sequencer.head(of: $0).number } ?? 0, sequencer.total) }
        let (delivery, head, total) = sequencer.takeInbox(of: place, withHeadOf: feed)
        deliver(delivery)
        return (head, total)
    }

    private func publish(_ placed: Sequencer.Placed) {
        guard let members = rooms[placed.publication.room] else { return }
        let event = Event.publication(placed.publication)
        for membership in members {
            let before = membership.waiting
            if membership.append(event) { dirty.append(membership) }
            if membership.waiting > before { placed.count?.add(membership.subscribers.count) }
        }
    }

    /// Rooms with someone in them.
    var roomCount: Int { rooms.count }
}
