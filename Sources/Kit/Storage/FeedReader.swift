import NIOCore
import NIOPosix

/// Pages of feeds, read from the log and its unflushed tail on threads of their own.
///
/// Bounded by its callers: each connection and each request has at most one page under way.
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

    /// - Throws: into the future `.unavailable` when the log cannot be read, or the server is stopping.
    func page(of feed: Feed, from start: FeedStart, limit: Int, on loop: any EventLoop) -> EventLoopFuture<FeedPage> {
        threads.runIfActive(eventLoop: loop) { [store, sequencer] in
            try Self.read(feed, from: start, limit: limit, store, sequencer)
        }.flatMapErrorThrowing { error in
            throw error as? KitError ?? KitError(.unavailable, "the log cannot be read now; try again", cause: error)
        }
    }

    func stop() async { try? await threads.shutdownGracefully() }

    /// What `page` does, at once.
    static func read(
        _ feed: Feed, from start: FeedStart, limit: Int, _ store: any Store, _ sequencer: Sequencer
    ) throws(KitError) -> FeedPage {
        // Before the log: what becomes durable in between is then in both, and not in neither.
        let tail = sequencer.tail(of: feed)
        let position =
            switch start {
            case .position(let position): position
            case .time(let time): try Self.position(at: time, tail, store)
            }
        guard position <= tail.head else {
            return FeedPage(after: position, log: LogPage(), tail: tail, limit: limit)
        }
        return FeedPage(
            after: position, log: try store.page(of: feed, after: position, limit: limit), tail: tail, limit: limit)
    }

    private static func position(at time: Timestamp, _ tail: Tail, _ store: any Store) throws(KitError) -> Position {
        if let position = try store.position(in: tail.feed, at: time) { return position }
        return tail.clicks(after: 0).first { $0.at >= time }?.positionBefore(in: tail.feed) ?? tail.head
    }
}
