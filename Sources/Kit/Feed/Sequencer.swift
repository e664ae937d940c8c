import Synchronization

/// Gives every click its numbers, and gives log and hub the same clicks in the same order.
///
/// One lock, taken once per read batch and never per delivery. Under it the batch gets its owner and link numbers and is
/// appended to the recorder's backlog and to every shard's inbox; so no two readers can disagree about the order.
///
/// Bounded: `backlogCapacity` clicks wait for the log and `inboxCapacity` for one shard. A click that finds the backlog full
/// is served and published but not logged, counted in `lost`, and its numbers become a hole; one that finds an inbox full is
/// not delivered by that shard, counted in `undelivered`, and its numbers become a gap of everyone there who is owed it.
/// Neither ever makes a redirect wait.
final class Sequencer: Sendable {
    struct Counters: Sendable, Equatable {
        /// Clicks numbered since the start.
        var clicks = 0
        /// Clicks the log will never hold, because its backlog was full.
        var lost = 0
        /// Clicks a shard never saw, because its inbox was full; once per shard.
        var undelivered = 0
    }

    /// A publication among the clicks.
    struct Placed: Sendable {
        /// How many of the batches lie before it.
        let place: Int
        let publication: Publication
        let count: DeliveryCount?
    }

    /// What a shard has to deliver.
    struct Delivery: Sendable {
        var batches: [[Click]] = []
        /// Of each batch, how many clicks this server had counted before it.
        var totals: [Int64] = []
        var publications: [Placed] = []
        /// Numbers this shard will never see; they lie behind those of `batches`. No larger than the table of heads.
        var missed: [Room: ClosedRange<Int64>] = [:]
    }

    private struct Inbox {
        var delivery = Delivery()
        var count = 0
        /// Until it is emptied, so that what is missed is one range per room.
        var isOverflowing = false
        var isAwake = false
        let wake: @Sendable () -> Void

        mutating func miss(_ clicks: [Click]) {
            isOverflowing = true
            for click in clicks {
                miss(click.ownerNumber, of: .user(click.owner))
                miss(click.linkNumber, of: .link(click.code))
                // Nobody there is told numbers: they are only counted.
                miss((delivery.missed[.organization(.home)]?.upperBound ?? 0) + 1, of: .organization(.home))
                miss((delivery.missed[.totals]?.upperBound ?? 0) + 1, of: .totals)
            }
        }

        mutating func take(_ publication: Publication, counting reached: DeliveryCount?, capacity: Int) -> Bool {
            guard !isOverflowing, count + publication.weight <= capacity else { return false }
            delivery.publications.append(
                Placed(place: delivery.batches.count, publication: publication, count: reached))
            count += publication.weight
            return true
        }

        private mutating func miss(_ number: Int64, of room: Room) {
            delivery.missed[room] = (delivery.missed[room]?.lowerBound ?? number)...number
        }
    }

    private struct State {
        var heads: Heads
        /// Clicks of all owners together, those of earlier runs too.
        var total: Int64
        var backlog: Backlog
        var inboxes: [Inbox] = []
        var counters = Counters()
        /// Clicks the backlog has taken since the start; a click's receipt is this count with it.
        var accepted = 0
    }

    /// The life of the log these numbers belong to.
    let epoch: Int32
    private let state: Guarded<State>
    /// Where this run's numbers began.
    private let starts: Heads
    private let inboxCapacity: Int
    /// Called, outside the lock, when the backlog stops being empty or passes `groupSize`.
    private let wakeRecorder: @Sendable () -> Void
    private let groupSize: Int

    init(
        heads: Heads, backlogCapacity: Int = 262_144, inboxCapacity: Int = 65_536, groupSize: Int = 4_096,
        wakeRecorder: @escaping @Sendable () -> Void
    ) {
        epoch = heads.epoch
        starts = heads
        state = Guarded(
            State(
                heads: heads, total: heads.owners.reduce(0, +),
                backlog: Backlog(capacity: backlogCapacity, epoch: heads.epoch)))
        self.inboxCapacity = inboxCapacity
        self.groupSize = groupSize
        self.wakeRecorder = wakeRecorder
    }

    /// Registers a shard; `wake` must make it call `takeInbox` soon. Returns the shard's place.
    func attach(wake: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.inboxes.append(Inbox(wake: wake))
            return state.inboxes.count - 1
        }
    }

    /// Numbers `clicks` in place and hands them on. The submitting shard drains its own inbox afterwards and is not woken.
    ///
    /// - Returns: How many clicks the log has to hold before these are durable; nil when it will never hold them.
    @discardableResult
    func submit(_ clicks: inout [Click], from shard: Int?) -> Int? {
        var wakeUps: [@Sendable () -> Void] = []
        let (receipt, needsRecorder) = state.withLock { state -> (Int?, Bool) in
            number(&clicks, in: &state)
            state.counters.clicks += clicks.count
            for index in state.inboxes.indices {
                deliver(
                    clicks, after: state.total, to: &state.inboxes[index], counting: &state.counters.undelivered)
                if index != shard, !state.inboxes[index].isAwake {
                    state.inboxes[index].isAwake = true
                    wakeUps.append(state.inboxes[index].wake)
                }
            }
            state.total += Int64(clicks.count)
            let before = state.backlog.waiting
            guard state.backlog.append(clicks) else {
                state.counters.lost += clicks.count
                return (nil, false)
            }
            state.accepted += clicks.count
            let after = before + clicks.count
            return (state.accepted, before == 0 || (before < groupSize && after >= groupSize))
        }
        if needsRecorder { wakeRecorder() }
        for wake in wakeUps { wake() }
        return receipt
    }

    /// Hands a publication to every shard, in its place among the clicks. A shard whose inbox is full does not deliver it, which
    /// is counted in `undelivered`.
    ///
    /// - Parameter reached: Gets from each shard, as it delivers, how many subscribers hear of it.
    func publish(_ publication: Publication, counting reached: DeliveryCount? = nil) {
        let wakeUps = state.withLock { state in
            var wakeUps: [@Sendable () -> Void] = []
            for index in state.inboxes.indices {
                guard state.inboxes[index].take(publication, counting: reached, capacity: inboxCapacity) else {
                    state.counters.undelivered += 1
                    continue
                }
                guard !state.inboxes[index].isAwake else { continue }
                state.inboxes[index].isAwake = true
                wakeUps.append(state.inboxes[index].wake)
            }
            return wakeUps
        }
        for wake in wakeUps { wake() }
    }

    private func deliver(
        _ clicks: [Click], after total: Int64, to inbox: inout Inbox, counting undelivered: inout Int
    ) {
        guard !inbox.isOverflowing, inbox.count + clicks.count <= inboxCapacity else {
            inbox.miss(clicks)
            undelivered += clicks.count
            return
        }
        inbox.delivery.batches.append(clicks)
        inbox.delivery.totals.append(total)
        inbox.count += clicks.count
    }

    private func number(_ clicks: inout [Click], in state: inout State) {
        for index in clicks.indices {
            let owner = Int(clicks[index].ownerKey)
            let link = Int(clicks[index].link)
            if owner >= state.heads.owners.count { state.heads.owners.grow(toHold: owner) }
            if link >= state.heads.links.count { state.heads.links.grow(toHold: link) }
            state.heads.owners[owner] += 1
            state.heads.links[link] += 1
            clicks[index].epoch = epoch
            clicks[index].ownerNumber = state.heads.owners[owner]
            clicks[index].linkNumber = state.heads.links[link]
        }
    }

    /// Everything that waits for this shard, in order.
    func takeInbox(of shard: Int) -> Delivery {
        state.withLock { state in take(shard, from: &state) }
    }

    /// The same, and what a feed's tail was at that very moment: whoever delivers the first has seen all that the second ends with.
    func takeInbox(of shard: Int, withTailOf feed: Feed) -> (Delivery, Tail) {
        state.withLock { state in (take(shard, from: &state), tail(of: feed, in: state)) }
    }

    /// The same, and how many clicks there were at that very moment, in one feed and in all together.
    func takeInbox(of shard: Int, withHeadOf feed: Feed?) -> (Delivery, head: Int64, total: Int64) {
        state.withLock { state in
            (take(shard, from: &state), feed.map { state.heads.number(of: $0) } ?? 0, state.total)
        }
    }

    private func take(_ shard: Int, from state: inout State) -> Delivery {
        state.inboxes[shard].isAwake = false
        state.inboxes[shard].isOverflowing = false
        state.inboxes[shard].count = 0
        return exchange(&state.inboxes[shard].delivery, with: Delivery())
    }

    func tail(of feed: Feed) -> Tail { state.withLock { tail(of: feed, in: $0) } }

    private func tail(of feed: Feed, in state: borrowing State) -> Tail {
        state.backlog.tail(
            of: feed, head: state.heads.number(of: feed), start: starts.number(of: feed), isNewEpoch: starts.isNew)
    }

    /// Everything that waits for the log, oldest first. The recorder answers with `logged` once it is durable.
    ///
    /// - Parameter isLast: Nothing will follow: a loss under way ends here.
    func takeBacklog(isLast: Bool = false) -> [Segment] { state.withLock { $0.backlog.take(isLast: isLast) } }

    /// The oldest segments that `takeBacklog` gave out are durable.
    func logged(_ segments: [Segment]) { state.withLock { $0.backlog.logged(segments) } }

    /// Clicks numbered and not yet durable.
    var unlogged: Int { state.withLock { $0.backlog.count } }
    /// Clicks that wait for the recorder to take them.
    var waiting: Int { state.withLock { $0.backlog.waiting } }
    /// Whether everything numbered so far is in the log, as a click or as a hole.
    var isLogged: Bool { state.withLock { $0.backlog.isEmpty && !$0.backlog.isLosing } }
    /// Whether clicks are being lost at the moment.
    var isLosing: Bool { state.withLock(\.backlog.isLosing) }
    /// When the oldest click that is not durable was served.
    var oldestUnlogged: Timestamp? { state.withLock(\.backlog.oldest) }
    var counters: Counters { state.withLock { $0.counters } }

    /// Clicks of all owners together.
    var total: Int64 { state.withLock(\.total) }

    /// Last number given in a feed: its total.
    func head(of feed: Feed) -> Position {
        Position(epoch: epoch, number: state.withLock { $0.heads.number(of: feed) })
    }

    /// The heads of several feeds at one moment, in their order.
    func heads(of feeds: [Feed]) -> [Position] {
        state.withLock { state in feeds.map { Position(epoch: epoch, number: state.heads.number(of: $0)) } }
    }
}

extension [Int64] {
    /// Zeros up to and including `index`, growing geometrically so that a run of new links costs few copies.
    fileprivate mutating func grow(toHold index: Int) {
        let count = Swift.max(index + 1, count * 2)
        append(contentsOf: repeatElement(0, count: count - self.count))
    }
}
