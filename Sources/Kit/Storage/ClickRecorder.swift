import Dispatch
import Foundation
import Logging
import NIOCore
import Synchronization

/// Clicks off the redirect path: one writer thread takes what has gathered and commits it as a group.
///
/// Clicks become durable within the flush interval; a change (a new link, a new key) goes at once and takes along what has
/// gathered. When the store fails, the clicks in hand are tried again until they are in; the sequencer's backlog is bounded.
final class ClickRecorder: Sendable {
    /// Rows in one transaction at most: at 4,096 the sync costs a click nothing to speak of.
    static let groupSize = 4_096
    /// Changes that may wait; above it a change is refused with `.unavailable`.
    static let changeCapacity = 10_000

    private struct State {
        var changes: [(change: CommitGroup.Change, promise: EventLoopPromise<Void>)] = []
        /// Of these, those somebody waits for.
        var urgentChanges = 0
        /// Redirects that wait until their click is durable (`--durability strict`); bounded by the open connections.
        var waiters: [(receipt: Int, promise: EventLoopPromise<Void>)] = []
        /// Clicks committed in this run.
        var durable = 0
        var commits = 0
        /// Holes in the log, those of earlier runs too.
        var holes: Int
        var isStopping = false
        var isFailing = false
    }

    private let store: any Store
    private let flushInterval: Duration
    private let referrers: Referrers?
    private let log: Logger
    private let state: Guarded<State>
    private let signal = DispatchSemaphore(value: 0)
    /// Hears of clicks that have become durable, on the recorder's thread.
    private let listener = Guarded<@Sendable ([Click]) -> Void>({ _ in })

    /// - Parameters:
    ///   - holes: Holes the log has already.
    ///   - referrers: Names for the numbers that clicks carry.
    init(
        store: any Store, flushInterval: Duration, holes: Int = 0, referrers: Referrers? = nil, log: Logger
    ) {
        state = Guarded(State(holes: holes))
        self.referrers = referrers
        self.store = store
        self.flushInterval = flushInterval
        self.log = log
    }

    /// From now on `body` hears of every group of clicks that has become durable. It must not wait for anything.
    func whenLogged(_ body: @escaping @Sendable ([Click]) -> Void) { listener.withLock { $0 = body } }

    /// Something waits in the backlog.
    func wake() { signal.signal() }

    /// Whether the last commit failed: clicks wait in memory.
    var isFailing: Bool { state.withLock(\.isFailing) }
    /// Groups committed since the start.
    var commits: Int { state.withLock(\.commits) }
    /// Holes in the log, one a loss and feed.
    var holes: Int { state.withLock(\.holes) }

    /// Makes `change` durable; the future succeeds when it is.
    ///
    /// - Parameter isUrgent: At once; otherwise with the clicks that have gathered, and half of the room for changes is not for it.
    func apply(
        _ change: CommitGroup.Change, on loop: any EventLoop, isUrgent: Bool = true
    ) -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        let isAccepted = state.withLock { state in
            let capacity = isUrgent ? Self.changeCapacity : Self.changeCapacity / 2
            guard !state.isStopping, state.changes.count < capacity else { return false }
            state.changes.append((change, promise))
            if isUrgent { state.urgentChanges += 1 }
            return true
        }
        if isAccepted {
            signal.signal()
        } else {
            promise.fail(KitError(.unavailable, "the server is busy or stopping; try again"))
        }
        return promise.futureResult
    }

    /// Completes when the log holds `receipt` clicks of this run; fails at the next commit that does.
    ///
    /// - Parameter receipt: What `Sequencer.submit` returned.
    func whenDurable(_ receipt: Int, on loop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        let isDurable = state.withLock { state in
            if state.durable < receipt { state.waiters.append((receipt, promise)) }
            return state.durable >= receipt
        }
        if isDurable { promise.succeed() } else { signal.signal() }
        return promise.futureResult
    }

    /// Commits until `stop`, then once more, on a thread of its own.
    func run(from sequencer: Sequencer) async {
        await withCheckedContinuation { continuation in
            let thread = Thread { [self] in
                while !isStopping {
                    waitForGroup(sequencer)
                    write(sequencer)
                }
                write(sequencer)
                fail(takeWaiters(), KitError(.unavailable, "the server is stopping"))
                continuation.resume()
            }
            thread.name = "recorder"
            thread.start()
        }
    }

    /// Takes no more changes, commits what is there and lets `run` return.
    func stop() {
        state.withLock { $0.isStopping = true }
        signal.signal()
    }

    private var isStopping: Bool { state.withLock(\.isStopping) }
    private var isUrgent: Bool { state.withLock { $0.urgentChanges > 0 || !$0.waiters.isEmpty } }

    /// Returns when someone waits for an answer, when clicks have waited for the flush interval, or when a group is full.
    private func waitForGroup(_ sequencer: Sequencer) {
        signal.wait()
        let milliseconds = Int(flushInterval / .milliseconds(1))
        let deadline = DispatchTime.now() + .milliseconds(milliseconds)
        while !isStopping, !isUrgent, (1..<Self.groupSize).contains(sequencer.waiting) {
            if signal.wait(timeout: deadline) == .timedOut { return }
        }
    }

    /// Commits what has gathered, in groups; changes that come meanwhile go with the next group.
    private func write(_ sequencer: Sequencer) {
        // The waits below may take the wake-up of clicks that come meanwhile; and a loss ends only once all is written.
        defer { if sequencer.waiting > 0 || sequencer.isLosing { signal.signal() } }
        var waiting = sequencer.takeBacklog(isLast: isStopping)[...]
        while true {
            let changes = takeChanges()
            guard !waiting.isEmpty || !changes.isEmpty else { return }
            let segments = Self.nextGroup(of: waiting)
            let group = CommitGroup(
                clicks: segments.count == 1 ? segments[0].clicks : segments.flatMap(\.clicks),
                holes: segments.flatMap(\.holes), changes: changes.map(\.change), referrers: referrers)
            do {
                let answers = try store.commit(group)
                for (change, answer) in zip(changes, answers) {
                    change.promise.completeWith(answer.mapError { $0 })
                }
                waiting = waiting.dropFirst(segments.count)
                sequencer.logged(segments)
                committed(group)
            } catch {
                // Whoever waits for an answer learns it at once; clicks have nobody to tell and are tried again.
                for change in changes { change.promise.fail(error) }
                failed(error)
                if giveUp(sequencer.unlogged) || waiting.isEmpty { return }
                _ = signal.wait(timeout: .now() + .milliseconds(250))
            }
        }
    }

    /// Segments for one transaction: the first, and more up to the group's size.
    private static func nextGroup(of waiting: ArraySlice<Segment>) -> [Segment] {
        var clicks = 0
        return Array(
            waiting.prefix {
                clicks += $0.clicks.count
                return clicks <= groupSize || clicks == $0.clicks.count
            })
    }

    private func takeChanges() -> [(change: CommitGroup.Change, promise: EventLoopPromise<Void>)] {
        state.withLock { state in
            state.urgentChanges = 0
            return exchange(&state.changes, with: [])
        }
    }

    private func takeWaiters() -> [EventLoopPromise<Void>] {
        state.withLock { exchange(&$0.waiters, with: []).map(\.promise) }
    }

    private func fail(_ promises: [EventLoopPromise<Void>], _ error: KitError) {
        for promise in promises { promise.fail(error) }
    }

    /// While stopping there is no later: one failed commit ends it, and says what it cost.
    private func giveUp(_ count: Int) -> Bool {
        guard isStopping else { return false }
        if count > 0 {
            log.error("clicks lost: the store failed while stopping", metadata: ["clicks": "\(count)"])
        }
        return true
    }

    private func committed(_ group: CommitGroup) {
        let (wasFailing, durable) = state.withLock { state in
            state.durable += group.clicks.count
            state.commits += 1
            state.holes += group.holes.count
            let split = state.waiters.partition { $0.receipt <= state.durable }
            let durable = state.waiters[split...]
            state.waiters.removeSubrange(split...)
            return (exchange(&state.isFailing, with: false), durable)
        }
        for waiter in durable { waiter.promise.succeed() }
        if wasFailing { log.notice("the store works again") }
        if !group.holes.isEmpty { reportHoles(group.holes) }
        if !group.clicks.isEmpty { listener.withLock { $0 }(group.clicks) }
    }

    /// One line for a loss, however many feeds it touched.
    private func reportHoles(_ holes: [FeedHole]) {
        let owners = holes.filter { if case .owner = $0.feed { true } else { false } }
        let clicks = owners.reduce(0) { $0 + Int(($1.hole.to ?? $1.hole.from) - $1.hole.from) + 1 }
        log.error("clicks were lost from the log and are a hole in it", metadata: ["clicks": "\(clicks)"])
    }

    /// Logs changes of state only.
    private func failed(_ error: KitError) {
        fail(takeWaiters(), error)
        guard !state.withLock({ exchange(&$0.isFailing, with: true) }) else { return }
        log.error(
            "the store fails; clicks wait in memory",
            metadata: ["error": "\(error.cause.map { "\($0)" } ?? error.message)"])
    }
}
