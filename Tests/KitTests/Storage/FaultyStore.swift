import Dispatch
import Synchronization

@testable import Kit

/// A store that fails or stalls when told to, and tells when it is asked.
final class FaultyStore: Store {
    private let inner = MemoryStore()
    let isFailing = Mutex(false)
    /// While true each commit waits for one `release`.
    let isHolding = Mutex(false)
    let committed = Mutex(0)
    /// Clicks stored.
    var clicks: Int { committed.withLock { $0 } }
    /// Whether each attempt succeeded.
    let attempts = AsyncStream.makeStream(of: Bool.self, bufferingPolicy: .bufferingNewest(1_000))
    /// A commit waits.
    let asked = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
    let release = DispatchSemaphore(value: 0)

    func open(now: Timestamp) throws(KitError) -> StoreContents { try inner.open(now: now) }

    func close(now: Timestamp, isComplete: Bool) throws(KitError) {
        try inner.close(now: now, isComplete: isComplete)
    }

    func page(of feed: Feed, after position: Position, limit: Int) throws(KitError) -> LogPage {
        try inner.page(of: feed, after: position, limit: limit)
    }

    func position(in feed: Feed, at time: Timestamp) throws(KitError) -> Position? {
        try inner.position(in: feed, at: time)
    }

    func statistics(of feed: Feed, _ range: StatisticsRange, now: Timestamp) throws(KitError) -> Statistics {
        try inner.statistics(of: feed, range, now: now)
    }

    func referrers(of feed: Feed, after first: Position, through last: Position) throws(KitError) -> [Position: String]
    {
        try inner.referrers(of: feed, after: first, through: last)
    }

    func links(_ query: LinkQuery) throws(KitError) -> LinkPage { try inner.links(query) }

    func code(of link: LinkID) throws(KitError) -> ShortCode? { try inner.code(of: link) }

    func notifications(of account: AccountID, from start: Int, limit: Int) throws(KitError) -> NotificationPage {
        try inner.notifications(of: account, from: start, limit: limit)
    }

    func commit(_ group: CommitGroup) throws(KitError) -> [Result<Void, KitError>] {
        if isHolding.withLock({ $0 }) {
            asked.continuation.yield()
            release.wait()
        }
        let fails = isFailing.withLock { $0 }
        defer { attempts.continuation.yield(!fails) }
        guard !fails else { throw KitError(.unavailable, "faulty") }
        committed.withLock { $0 += group.clicks.count }
        return try inner.commit(group)
    }

    /// Nothing waits any more.
    func goOn() {
        isHolding.withLock { $0 = false }
        release.signal()
    }
}
