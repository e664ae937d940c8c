import NIOCore

/// Reads pages of feeds for a follower, off its loop.
protocol PageSource: AnyObject {
    /// `then` is called on the loop the follower lives on, once; nothing is read when `life` is over by then.
    func page(
        of feed: Feed, from start: FeedStart, limit: Int, for life: PageLife,
        then: @escaping (Result<FeedPage, KitError>) -> Void)
}

/// Keeps the promise to one numbered connection: each number of its rooms comes as an event, or is named.
///
/// Per room it is live, filed in the hub; or behind: then pages come from the log joined with its unflushed tail, one at a
/// time, each when the socket has taken the one before. At the head the room goes live within one turn of the loop, so that
/// nothing is missed or sent twice. A stalled connection that replays costs one page.
///
/// Confined to its shard's loop.
final class Follower {
    /// A room to follow, and from where.
    struct Track {
        let room: Room
        /// Nil for someone this server has no account of: such a room stays silent.
        let feed: Feed?
        var start: FeedStart
        /// Whether the connection asked for a replay and is told when it is done.
        var isAsked: Bool
    }

    private struct Progress {
        var track: Track
        /// What was asked for; nil once live.
        var from: Position?
        var count = 0
        var holes: [Hole] = []
        var isLive = false
    }

    /// Clicks sent at once when a room goes live: what comes during one reading of the log must fit.
    private static let lastStep = 256

    private unowned let subscriber: Subscriber
    private unowned let shard: HubShard
    private let pages: any PageSource
    /// Messages in a page: a page and what comes live while it is sent fit the outbox.
    private let pageSize: Int
    /// Called when the log cannot be read: the connection must end, and may come again.
    private let failed: (KitError) -> Void
    private var rooms: [Progress]
    private var isReading = false
    /// Tells pages under way that nobody waits for them any more.
    private let life = PageLife()

    init(
        _ tracks: [Track], subscriber: Subscriber, shard: HubShard, pages: any PageSource, pageSize: Int,
        failed: @escaping (KitError) -> Void
    ) {
        self.subscriber = subscriber
        self.shard = shard
        self.pages = pages
        self.pageSize = pageSize
        self.failed = failed
        rooms = tracks.map { track in
            var from: Position?
            if case .position(let position) = track.start { from = position }
            return Progress(track: track, from: from)
        }
    }

    /// Whether some room is behind.
    var isReplaying: Bool { rooms.contains { !$0.isLive } }

    /// Everything up to there has been sent, by room; only of rooms that are live.
    var positions: [(Room, Position)] {
        subscriber.places.map { ($0.membership.room, Position(epoch: shard.epoch, number: $0.membership.last)) }
    }

    /// Goes on where the socket has taken what it was given. Called when it has, and once at the start.
    func advance() {
        while !isReading, !isStopped, subscriber.outbox.isIdle, let index = rooms.firstIndex(where: { !$0.isLive }) {
            guard let feed = rooms[index].track.feed else {
                goLive(index, at: 0)
                continue
            }
            guard case .position(let position) = rooms[index].track.start,
                let rest = shard.rest(of: feed, after: position, limit: Self.lastStep)
            else { return read(index, feed) }
            // Delivering the rest of the inbox may have closed or filled this very connection.
            guard !isStopped else { return }
            take(rest, index)
            goLive(index, at: rest.end.number)
        }
    }

    /// The outbox deferred something: all rooms leave the hub and go on from where each was.
    func fallBehind() {
        guard subscriber.outbox.hasFallenBehind else { return }
        let lost = subscriber.outbox.takeLost()
        for place in subscriber.places {
            let room = place.membership.room
            guard let index = rooms.firstIndex(where: { $0.track.room == room }) else { continue }
            let number = lost.first { $0.room == room }.map { $0.numbers.lowerBound - 1 } ?? place.membership.last
            let position = Position(epoch: shard.epoch, number: number)
            let track = Track(room: room, feed: rooms[index].track.feed, start: .position(position), isAsked: true)
            rooms[index] = Progress(track: track, from: position)
        }
        shard.leaveAll(subscriber)
        // Not now: the hub is delivering. With an idle socket nothing else would call.
        shard.loop.assumeIsolated().execute { [weak self] in self?.advance() }
    }

    /// The connection has gone.
    func stop() { life.end() }

    private var isStopped: Bool { life.isOver }

    private func read(_ index: Int, _ feed: Feed) {
        isReading = true
        pages.page(of: feed, from: rooms[index].track.start, limit: pageSize, for: life) { [weak self] result in
            guard let self, !isStopped else { return }
            isReading = false
            switch result {
            case .failure(let error): failed(error)
            case .success(let page):
                take(page, index)
                advance()
            }
        }
    }

    /// Sends a page and goes on behind it.
    private func take(_ page: FeedPage, _ index: Int) {
        let room = rooms[index].track.room
        rooms[index].track.start = .position(page.end)
        rooms[index].count += page.clicks.count
        rooms[index].holes += page.holes.prefix(Recovery.maximumHoles - rooms[index].holes.count)
        var clicks = page.clicks[...]
        for hole in page.holes {
            // In its place: whoever is cut off behind the next event must have heard of it.
            let before = clicks.prefix { ($0.epoch, $0.number(in: room)) < (hole.epoch, hole.from) }
            send(before, in: room)
            clicks = clicks.dropFirst(before.count)
            subscriber.outbox.send(.hole(room, hole), in: room)
        }
        send(clicks, in: room)
    }

    private func send(_ clicks: ArraySlice<Click>, in room: Room) {
        guard !clicks.isEmpty else { return }
        let audience = subscriber.audience
        let batch = Batch(room: room, kind: .replay, epoch: shard.epoch)
        for click in clicks {
            batch.append { audience.wire.encode(.click(click), for: audience, in: room, into: &$0) }
        }
        subscriber.outbox.replay(batch)
    }

    private func goLive(_ index: Int, at number: Int64) {
        let progress = rooms[index]
        let head = Position(epoch: shard.epoch, number: number)
        rooms[index].isLive = true
        rooms[index].holes = []
        if progress.track.isAsked || !progress.holes.isEmpty {
            let recovery = Recovery(
                room: progress.track.room, from: progress.from, to: head, count: progress.count, holes: progress.holes)
            subscriber.outbox.send(.recovered(recovery), in: progress.track.room)
        }
        shard.join(subscriber, progress.track.room, last: number)
        if !isReplaying { subscriber.outbox.caughtUp() }
    }
}
