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

    /// What is kept for an account.
    ///
    /// - Throws: into the future `.unavailable` when it cannot be read.
    func notifications(
        of account: AccountID, from start: Int, limit: Int, on loop: any EventLoop
    ) -> EventLoopFuture<NotificationPage> {
        threads.runIfActive(eventLoop: loop) { [store] in
            try store.notifications(of: account, from: start, limit: limit)
        }.flatMapErrorThrowing { error in
            throw error as? KitError ?? KitError(.unavailable, "this cannot be read now; try again", cause: error)
        }
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
