import NIOCore
import NIOPosix

/// Pages of feeds, read from the log and its unflushed tail on threads of their own.
///
/// Bounded by its callers: each open connection and each request has at most one page under way, and pages of closed ones are
/// not read.
final class FeedReader: Sendable {
    private let store: any Store
    private let sequencer: Sequencer
    private let threads: NIOThreadPool

    /// - Parameter threads: Readers beside the writer; SQLite's write-ahead log lets them go on while it commits.
    init(store: any Store, sequencer: Sequencer, threads: Int = 2) {
        self.store = store
        self.sequencer = sequencer
        self.threads = NIOThreadPool(numberOfThreads: threads)
        self.threads.start()
    }

    /// Reads a page and makes of it what is wanted, off the loop.
    ///
    /// - Throws: into the future `.unavailable` when the log cannot be read, the server is stopping, or `life` is over.
    func page<Answer: Sendable>(
        of feed: Feed, from start: FeedStart, limit: Int, for life: PageLife = PageLife(), on loop: any EventLoop,
        as transform: @escaping @Sendable (FeedPage) -> Answer
    ) -> EventLoopFuture<Answer> {
        threads.runIfActive(eventLoop: loop) { [store, sequencer] in
            guard !life.isOver else { throw KitError(.unavailable, "nobody waits for this page") }
            // Before the log: what becomes durable in between is then in both, and not in neither.
            let tail = sequencer.tail(of: feed)
            return transform(try Self.read(start, tail, limit: limit, store))
        }.flatMapErrorThrowing { error in
            throw error as? KitError ?? KitError(.unavailable, "the log cannot be read now; try again", cause: error)
        }
    }

    /// What a feed's clicks in `range` were, up to the last one numbered.
    ///
    /// - Parameter names: Names for the numbers that clicks carry.
    /// - Throws: into the future `.unavailable` when the rollups cannot be read.
    func statistics(
        of feed: Feed, _ range: StatisticsRange, now: Timestamp, names: Referrers, on loop: any EventLoop
    ) -> EventLoopFuture<Statistics> {
        reading(on: loop) { [store, sequencer] in
            let tail = sequencer.tail(of: feed)
            return try Self.statistics(range, tail, now: now, names: names, store)
        }
    }

    /// The rollups of the tail's feed with what is not in them yet, at once.
    ///
    /// - Parameter tail: Seen before; what has become durable since is in the rollups, and the position says so.
    static func statistics(
        _ range: StatisticsRange, _ tail: Tail, now: Timestamp, names: Referrers?, _ store: any Store
    ) throws(KitError) -> Statistics {
        var statistics = try store.statistics(of: tail.feed, range, now: now)
        for click in tail.clicks(after: statistics.position.number) {
            statistics.add(click, referrer: names?.name(click.referrer, at: click.at))
        }
        statistics.position = max(statistics.position, tail.head)
        return statistics
    }

    private func reading<Answer: Sendable>(
        on loop: any EventLoop, _ body: @escaping @Sendable () throws -> Answer
    ) -> EventLoopFuture<Answer> {
        threads.runIfActive(eventLoop: loop, body).flatMapErrorThrowing { error in
            throw error as? KitError ?? KitError(.unavailable, "this cannot be read now; try again", cause: error)
        }
    }

    /// A page with the domains its visitors came from, by the clicks' positions.
    ///
    /// - Throws: into the future `.unavailable` when the log cannot be read.
    func export<Answer: Sendable>(
        of feed: Feed, after position: Position, limit: Int, names: Referrers, on loop: any EventLoop,
        as transform: @escaping @Sendable (FeedPage, [Position: String]) -> Answer
    ) -> EventLoopFuture<Answer> {
        reading(on: loop) { [store, sequencer] in
            let page = try Self.read(.position(position), sequencer.tail(of: feed), limit: limit, store)
            var domains = try store.referrers(of: feed, after: position, through: page.end)
            for click in page.clicks where click.referrer != 0 {
                domains[click.position(in: feed)] = names.name(click.referrer, at: click.at)
            }
            return transform(page, domains)
        }
    }

    /// Links that match.
    ///
    /// - Throws: into the future `.unavailable` when they cannot be read.
    func links(_ query: LinkQuery, on loop: any EventLoop) -> EventLoopFuture<LinkPage> {
        reading(on: loop) { [store] in try store.links(query) }
    }

    /// The code of a link; nil when there is none.
    func code(of link: LinkID, on loop: any EventLoop) -> EventLoopFuture<ShortCode?> {
        reading(on: loop) { [store] in try store.code(of: link) }
    }

    /// What is kept for an account.
    ///
    /// - Throws: into the future `.unavailable` when it cannot be read.
    func notifications(
        of account: AccountID, from start: Int, limit: Int, on loop: any EventLoop
    ) -> EventLoopFuture<NotificationPage> {
        reading(on: loop) { [store] in try store.notifications(of: account, from: start, limit: limit) }
    }

    func stop() async { try? await threads.shutdownGracefully() }

    /// A page of the tail's feed, at once.
    ///
    /// - Parameter tail: Seen before; what has become durable since is read from the store as well.
    static func read(_ start: FeedStart, _ tail: Tail, limit: Int, _ store: any Store) throws(KitError) -> FeedPage {
        let position =
            switch start {
            case .position(let position): position
            case .time(let time): try Self.position(at: time, tail, store)
            }
        guard position <= tail.head else {
            return FeedPage(after: position, log: LogPage(), tail: tail, limit: limit)
        }
        return FeedPage(
            after: position, log: try store.page(of: tail.feed, after: position, limit: limit), tail: tail, limit: limit
        )
    }

    private static func position(at time: Timestamp, _ tail: Tail, _ store: any Store) throws(KitError) -> Position {
        if let position = try store.position(in: tail.feed, at: time) { return position }
        return tail.firstClick(at: time)?.positionBefore(in: tail.feed) ?? tail.head
    }
}
