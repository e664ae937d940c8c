import Synchronization

/// Gives every click its numbers, and gives log and hub the same clicks in the same order.
///
/// One lock, taken once per read batch and never per delivery. Under it the batch gets its owner and link numbers and is
/// appended to the recorder's backlog and to every shard's inbox; so no two readers can disagree about the order.
///
/// Bounded: `backlogCapacity` clicks wait for the log and `inboxCapacity` for one shard. A click that finds the backlog full
/// is served and published but not logged, and counted in `lost`; one that finds an inbox full is not delivered by that
/// shard, and counted in `undelivered`. Neither ever makes a redirect wait.
final class Sequencer: Sendable {
    struct Counters: Sendable, Equatable {
        /// Clicks numbered since the start.
        var clicks = 0
        /// Clicks the log will never hold, because its backlog was full.
        var lost = 0
        /// Clicks a shard never saw, because its inbox was full; once per shard.
        var undelivered = 0
    }

    private struct Inbox {
        var batches: [[Click]] = []
        var count = 0
        var isAwake = false
        let wake: @Sendable () -> Void
    }

    private struct State {
        var heads: Heads
        var backlog: [Click] = []
        /// Clicks handed to the recorder and not yet durable; they count towards the bound.
        var beingLogged = 0
        var inboxes: [Inbox] = []
        var counters = Counters()
    }

    private let state: Mutex<State>
    private let backlogCapacity: Int
    private let inboxCapacity: Int
    /// Called, outside the lock, when the backlog stops being empty or passes `groupSize`.
    private let wakeRecorder: @Sendable () -> Void
    private let groupSize: Int

    init(
        heads: Heads, backlogCapacity: Int = 262_144, inboxCapacity: Int = 65_536, groupSize: Int = 4_096,
        wakeRecorder: @escaping @Sendable () -> Void
    ) {
        state = Mutex(State(heads: heads))
        self.backlogCapacity = backlogCapacity
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
    func submit(_ clicks: inout [Click], from shard: Int?) {
        var wakeUps: [@Sendable () -> Void] = []
        let needsRecorder = state.withLock { state in
            number(&clicks, in: &state)
            state.counters.clicks += clicks.count
            for index in state.inboxes.indices {
                guard state.inboxes[index].count + clicks.count <= inboxCapacity else {
                    state.counters.undelivered += clicks.count
                    continue
                }
                state.inboxes[index].batches.append(clicks)
                state.inboxes[index].count += clicks.count
                if index != shard, !state.inboxes[index].isAwake {
                    state.inboxes[index].isAwake = true
                    wakeUps.append(state.inboxes[index].wake)
                }
            }
            let before = state.backlog.count
            let room = min(clicks.count, backlogCapacity - before - state.beingLogged)
            state.backlog.append(contentsOf: clicks[..<room])
            state.counters.lost += clicks.count - room
            return before == 0 || (before < groupSize && before + room >= groupSize)
        }
        if needsRecorder { wakeRecorder() }
        for wake in wakeUps { wake() }
    }

    private func number(_ clicks: inout [Click], in state: inout State) {
        for index in clicks.indices {
            let owner = Int(clicks[index].ownerKey)
            let link = Int(clicks[index].link)
            if owner >= state.heads.owners.count { state.heads.owners.grow(toHold: owner) }
            if link >= state.heads.links.count { state.heads.links.grow(toHold: link) }
            state.heads.owners[owner] += 1
            state.heads.links[link] += 1
            clicks[index].epoch = state.heads.epoch
            clicks[index].ownerNumber = state.heads.owners[owner]
            clicks[index].linkNumber = state.heads.links[link]
        }
    }

    /// Everything that waits for this shard, in order.
    func takeInbox(of shard: Int) -> [[Click]] {
        state.withLock { state in
            state.inboxes[shard].isAwake = false
            state.inboxes[shard].count = 0
            return exchange(&state.inboxes[shard].batches, with: [])
        }
    }

    /// Every click that waits for the log, oldest first. The recorder answers with `logged` once they are durable.
    func takeBacklog() -> [Click] {
        state.withLock { state in
            state.beingLogged += state.backlog.count
            return exchange(&state.backlog, with: [])
        }
    }

    /// `count` clicks that `takeBacklog` gave out are durable.
    func logged(_ count: Int) { state.withLock { $0.beingLogged -= count } }

    /// Clicks numbered and not yet durable.
    var unlogged: Int { state.withLock { $0.backlog.count + $0.beingLogged } }
    var counters: Counters { state.withLock { $0.counters } }
    var epoch: Int32 { state.withLock { $0.heads.epoch } }

    /// Last number given in an owner's feed: the owner's total.
    func ownerHead(_ key: Int) -> Int64 {
        state.withLock { $0.heads.owners.indices.contains(key) ? $0.heads.owners[key] : 0 }
    }

    /// Last number given in a link's feed: the link's total.
    func linkHead(_ key: Int) -> Int64 {
        state.withLock { $0.heads.links.indices.contains(key) ? $0.heads.links[key] : 0 }
    }
}

extension [Int64] {
    /// Zeros up to and including `index`, growing geometrically so that a run of new links costs few copies.
    fileprivate mutating func grow(toHold index: Int) {
        let count = Swift.max(index + 1, count * 2)
        append(contentsOf: repeatElement(0, count: count - self.count))
    }
}
