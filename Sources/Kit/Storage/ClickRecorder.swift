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
        var isStopping = false
        var isFailing = false
    }

    private let store: any Store
    private let flushInterval: Duration
    private let log: Logger
    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)

    init(store: any Store, flushInterval: Duration, log: Logger) {
        self.store = store
        self.flushInterval = flushInterval
        self.log = log
    }

    /// Something waits in the backlog.
    func wake() { signal.signal() }

    /// Whether the last commit failed: clicks wait in memory.
    var isFailing: Bool { state.withLock(\.isFailing) }

    /// Makes `change` durable; the future succeeds when it is.
    func apply(_ change: CommitGroup.Change, on loop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        let isAccepted = state.withLock { state in
            guard !state.isStopping, state.changes.count < Self.changeCapacity else { return false }
            state.changes.append((change, promise))
            return true
        }
        if isAccepted {
            signal.signal()
        } else {
            promise.fail(KitError(.unavailable, "the server is busy or stopping; try again"))
        }
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
    private var hasChanges: Bool { state.withLock { !$0.changes.isEmpty } }

    /// Returns when a change waits, when clicks have waited for the flush interval, or when a group is full.
    private func waitForGroup(_ sequencer: Sequencer) {
        signal.wait()
        let milliseconds = Int(flushInterval / .milliseconds(1))
        let deadline = DispatchTime.now() + .milliseconds(milliseconds)
        while !isStopping, !hasChanges, (1..<Self.groupSize).contains(sequencer.unlogged) {
            if signal.wait(timeout: deadline) == .timedOut { return }
        }
    }

    /// Commits what has gathered, in groups; changes that come meanwhile go with the next group.
    private func write(_ sequencer: Sequencer) {
        var clicks = sequencer.takeBacklog()[...]
        var changes = takeChanges()
        while !clicks.isEmpty || !changes.isEmpty {
            let group = CommitGroup(clicks: Array(clicks.prefix(Self.groupSize)), changes: changes.map(\.change))
            do {
                let answers = try store.commit(group)
                for (change, answer) in zip(changes, answers) {
                    change.promise.completeWith(answer.mapError { $0 })
                }
                clicks = clicks.dropFirst(group.clicks.count)
                sequencer.logged(group.clicks.count)
                setFailing(nil)
            } catch {
                // Whoever asked for a change learns it at once; clicks have nobody to tell and are tried again.
                for change in changes { change.promise.fail(error) }
                setFailing(error)
                guard !clicks.isEmpty, !giveUp(clicks.count) else { break }
                _ = signal.wait(timeout: .now() + .milliseconds(250))
            }
            changes = takeChanges()
        }
        // The waits above may have taken the wake-up of clicks that came since.
        if sequencer.unlogged > 0 { signal.signal() }
    }

    private func takeChanges() -> [(change: CommitGroup.Change, promise: EventLoopPromise<Void>)] {
        state.withLock { exchange(&$0.changes, with: []) }
    }

    /// While stopping there is no later: one failed commit ends it, and says what it cost.
    private func giveUp(_ count: Int) -> Bool {
        guard isStopping else { return false }
        log.error("clicks lost: the store failed while stopping", metadata: ["clicks": "\(count)"])
        return true
    }

    /// Logs changes of state only.
    private func setFailing(_ error: KitError?) {
        let wasFailing = state.withLock { exchange(&$0.isFailing, with: error != nil) }
        if let error, !wasFailing {
            log.error(
                "the store fails; clicks wait in memory",
                metadata: ["error": "\(error.cause.map { "\($0)" } ?? error.message)"])
        } else if error == nil, wasFailing {
            log.notice("the store works again")
        }
    }
}
