import NIOCore
import NIOEmbedded
import Testing

@testable import Kit

/// The hub, the log and their clients without sockets, threads or time: one seed is one interleaving, the same every time.
///
/// Clicks, flushes, stalls, pages on their way, connections that come and go and servers that crash, in random order; at the
/// end every client must be able to account for every number it was owed.
final class FeedSimulation {
    /// A room someone listens to, and what they heard of it.
    final class Hearing {
        let room: Room
        let feed: Feed
        let began: Position
        /// Positions heard as events, in order.
        var heard: [Position] = []
        var gaps: [Gap] = []

        init(room: Room, feed: Feed, began: Position) { (self.room, self.feed, self.began) = (room, feed, began) }
    }

    /// One listener across all its connections.
    final class Listener {
        let rooms: [Hearing]
        let replays: Bool
        var ledger = FeedLedger()
        var connection: Connection?

        init(_ rooms: [Hearing], replays: Bool) {
            (self.rooms, self.replays) = (rooms, replays)
            for each in rooms { ledger.begin(each.room, at: each.began) }
        }

        var positions: [Position] { rooms.map { ledger.position(of: $0.room)! } }
    }

    final class Connection {
        let sink = FakeSink()
        let shard: HubShard
        let subscriber: Subscriber
        /// Bytes of `sink.taken` its listener has read.
        var read = 0

        init(_ shard: HubShard, replays: Bool, limits: Outbox.Limits) {
            self.shard = shard
            let audience = Audience(wire: .quikko, variant: .positions)
            subscriber = Subscriber(
                audience: audience,
                outbox: Outbox(sink: sink, audience: audience, limits: limits, overflow: replays ? .replay : .drop))
        }
    }

    /// Pages on their way: the tail is seen at one moment, the log read at a later one, the page delivered at a third.
    final class Pages: PageSource {
        var steps: [() -> Void] = []
        private let store: MemoryStore
        private let sequencer: Sequencer

        init(_ store: MemoryStore, _ sequencer: Sequencer) { (self.store, self.sequencer) = (store, sequencer) }

        func page(
            of feed: Feed, from start: FeedStart, limit: Int, for life: PageLife,
            then: @escaping (Result<FeedPage, KitError>) -> Void
        ) {
            steps.append { [self] in
                let tail = sequencer.tail(of: feed)
                steps.append { [self] in
                    let page = Result { () throws(KitError) in try FeedReader.read(start, tail, limit: limit, store) }
                    steps.append { then(page) }
                }
            }
        }
    }

    private static let owners: [Int32] = [1, 2]
    private static let linkCount: Int32 = 4
    private var random: SeededGenerator
    private let store = MemoryStore()
    private(set) var sequencer: Sequencer
    private var shards: [HubShard] = []
    private var pages: Pages
    private var inHand: ArraySlice<Segment> = []
    private(set) var listeners: [Listener] = []
    private let failingStore: Bool

    init(seed: UInt64) throws {
        random = SeededGenerator(state: seed)
        failingStore = Int.random(in: 0..<8, using: &random) == 0
        sequencer = Sequencer(heads: .init(epoch: 1, owners: [], links: []), wakeRecorder: {})
        pages = Pages(store, sequencer)
        try start()
    }

    private func start() throws {
        let contents = try store.open(now: StoreTests.now)
        let sequencer = Sequencer(
            heads: contents.heads, backlogCapacity: .random(in: 5...60, using: &random),
            inboxCapacity: .random(in: 5...40, using: &random), wakeRecorder: {})
        self.sequencer = sequencer
        shards = (0..<2).map { _ in
            let shard = HubShard(
                loop: EmbeddedEventLoop(), sequencer: sequencer, meter: LatencyMeter(now: { StoreTests.now }))
            shard.attach(wake: {})
            return shard
        }
        pages = Pages(store, sequencer)
        inHand = []
    }

    private func number(_ range: Range<Int>) -> Int { .random(in: range, using: &random) }
    private func chance(_ percent: Int) -> Bool { number(0..<100) < percent }

    static func owner(of link: Int32) -> Int32 { link % 2 + 1 }

    func step() throws {
        switch number(0..<100) {
        case 0..<30: try click()
        case 30..<45: shards[number(0..<2)].drain()
        case 45..<57: flush()
        case 57..<72: moveSocket()
        case 72..<88: if !pages.steps.isEmpty { pages.steps.remove(at: number(0..<pages.steps.count))() }
        case 88..<93: for shard in shards { (shard.loop as? EmbeddedEventLoop)?.run() }
        case 93..<96: try connect()
        case 96..<99:
            if let listener = listeners.filter({ $0.connection != nil }).randomElement(using: &random) { cut(listener) }
        default: if chance(40) { if chance(50) { try crash() } else { try restart() } }
        }
        checkBooks()
    }

    private func click() throws {
        var clicks = try (0..<number(1..<6)).map { _ in
            let link = Int32(number(0..<Int(Self.linkCount)))
            return try SequencerTests.click(link: link, owner: Self.owner(of: link))
        }
        let shard = number(0..<3)
        sequencer.submit(&clicks, from: shard < 2 ? shards[shard].place : nil)
        if shard < 2, chance(70) { shards[shard].drain() }
    }

    /// A group of the log becomes durable; sometimes the store fails for good, and the backlog overflows.
    private func flush() {
        guard !failingStore || chance(30) else { return }
        if inHand.isEmpty { inHand = sequencer.takeBacklog()[...] }
        let group = Array(inHand.prefix(number(1..<3)))
        guard !group.isEmpty else { return }
        _ = try? store.commit(CommitGroup(clicks: group.flatMap(\.clicks), holes: group.flatMap(\.holes)))
        inHand = inHand.dropFirst(group.count)
        sequencer.logged(group)
    }

    /// A socket takes some bytes, as its peer reads them.
    private func moveSocket() {
        guard let connection = listeners.compactMap(\.connection).randomElement(using: &random) else { return }
        let room = chance(30) ? 0 : number(0..<2_000)
        guard !connection.sink.held.isEmpty else {
            connection.sink.room = room
            return
        }
        connection.sink.takeHeld(thenRoomFor: room)
        connection.subscriber.outbox.resume()
        if connection.subscriber.outbox.isIdle { connection.subscriber.follower?.advance() }
    }

    private func connect() throws {
        if let idle = listeners.filter({ $0.connection == nil }).randomElement(using: &random), chance(80) {
            return open(idle, isAsked: true)
        }
        guard listeners.count < 12 else { return }
        let owner = Int32(number(1..<3))
        var rooms = [try hearing(.user(UserID(high: UInt64(owner), low: 0)), .owner(owner))]
        if chance(50) {
            let links = (0..<Self.linkCount).filter { Self.owner(of: $0) == owner }
            rooms = try links.prefix(number(1..<links.count + 1)).map { link in
                try hearing(.link(try ShortCode("code-\(link)")), .link(link))
            }
        }
        let listener = Listener(rooms, replays: chance(50))
        listeners.append(listener)
        open(listener, isAsked: chance(50))
    }

    /// From now on, or from any click the log has.
    private func hearing(_ room: Room, _ feed: Feed) throws -> Hearing {
        let tail = sequencer.tail(of: feed)
        let log = try FeedReader.read(.position(.start), tail, limit: .max, store)
        let began = chance(70) ? tail.head : log.clicks.randomElement(using: &random)?.position(in: feed) ?? tail.head
        return Hearing(room: room, feed: feed, began: began)
    }

    private func open(_ listener: Listener, isAsked: Bool) {
        let limits = Outbox.Limits(messages: number(1..<30), bytes: number(200..<8_000))
        let connection = Connection(shards[number(0..<2)], replays: listener.replays, limits: limits)
        connection.sink.room = number(0..<3_000)
        listener.connection = connection
        let tracks = zip(listener.rooms, listener.positions).map { each, position in
            Follower.Track(room: each.room, feed: each.feed, start: .position(position), isAsked: isAsked)
        }
        let follower = Follower(
            tracks, subscriber: connection.subscriber, shard: connection.shard, pages: pages,
            pageSize: max(1, limits.messages / 2)
        ) { _ in Issue.record("the log could not be read") }
        connection.subscriber.follower = follower
        follower.advance()
    }

    /// The connection breaks: what the kernel had may or may not have arrived, and the last message only in part.
    private func cut(_ listener: Listener) {
        guard let connection = listener.connection else { return }
        let arrived = number(connection.read..<connection.sink.taken.count + 1)
        read(listener, upTo: arrived)
        connection.shard.close(connection.subscriber)
        listener.connection = nil
    }

    private func crash() throws {
        for listener in listeners { cut(listener) }
        try start()
    }

    /// An orderly stop: everything is written, and the epoch goes on.
    private func restart() throws {
        for listener in listeners { cut(listener) }
        while !sequencer.isLogged {
            if inHand.isEmpty { inHand = sequencer.takeBacklog(isLast: true)[...] }
            _ = try store.commit(CommitGroup(clicks: inHand.flatMap(\.clicks), holes: inHand.flatMap(\.holes)))
            sequencer.logged(Array(inHand))
            inHand = []
        }
        try store.close(now: StoreTests.now, isComplete: true)
        try start()
    }

    private func read(_ listener: Listener, upTo end: Int) {
        guard let connection = listener.connection, end > connection.read else { return }
        var bytes = ByteBuffer(bytes: connection.sink.taken[connection.read..<end])
        let all = bytes.readableBytes
        var reader = MessageReader(role: .client, maximumMessage: 65_536)
        var codec = QuikkoClientCodec()
        while let message = try? reader.next(from: &bytes) {
            guard case .text(let text) = message, let event = Self.click(text) ?? codec.receive(text) else {
                Issue.record("not understood")
                continue
            }
            listener.ledger.note(event)
            if case .click(_, let place?) = event {
                listener.rooms.first { $0.room == place.room }?.heard.append(place.position)
            }
            if case .gap(let gap) = event { listener.rooms.first { $0.room == gap.room }?.gaps.append(gap) }
        }
        connection.read += all - bytes.readableBytes
    }

    /// A numbered click, read without a JSON decoder: there are very many of them.
    private static func click(_ text: ByteBuffer) -> FeedEvent? {
        let text = String(buffer: text)
        guard text.hasPrefix(#"{"type":"click_event","room":""#) else { return nil }
        let parts = text.dropFirst(30).split(separator: ",", maxSplits: 3)
        guard parts.count == 4, let room = try? Room(parts[0].dropLast()),
            let epoch = Int32(parts[1].dropFirst(#""epoch":"#.count)),
            let number = Int64(parts[2].dropFirst(#""n":"#.count))
        else { return nil }
        let click = ClickEvent(shortCode: "", country: "", deviceType: "", browser: "", timestamp: "")
        return .click(click, Place(room: room, position: Position(epoch: epoch, number: number)))
    }

    private func checkBooks() {
        for connection in listeners.compactMap(\.connection) {
            let outbox = connection.subscriber.outbox
            #expect(
                outbox.books.accepted
                    == outbox.books.delivered + outbox.books.dropped + outbox.books.deferred + outbox.pending)
        }
    }

    /// Nothing new; everything under way comes to its end, and everyone connects once more.
    func settle() throws {
        for listener in listeners where listener.connection == nil {
            open(listener, isAsked: true)
        }
        var isBusy = true
        while isBusy {
            isBusy = false
            if inHand.isEmpty { inHand = sequencer.takeBacklog(isLast: true)[...] }
            if !inHand.isEmpty {
                _ = try? store.commit(CommitGroup(clicks: inHand.flatMap(\.clicks), holes: inHand.flatMap(\.holes)))
                sequencer.logged(Array(inHand))
                inHand = []
                isBusy = true
            }
            for shard in shards {
                shard.drain()
                (shard.loop as? EmbeddedEventLoop)?.run()
            }
            for connection in listeners.compactMap(\.connection) {
                connection.sink.room = .max
                while !connection.sink.held.isEmpty {
                    connection.sink.takeHeld(thenRoomFor: .max)
                    connection.subscriber.outbox.resume()
                    isBusy = true
                }
                connection.subscriber.follower?.advance()
            }
            while !pages.steps.isEmpty {
                pages.steps.removeFirst()()
                isBusy = true
            }
        }
        for listener in listeners { read(listener, upTo: listener.connection!.sink.taken.count) }
    }

    /// The promise, for one listener: every number it was owed came as an event, or was named.
    func check(_ listener: Listener) throws {
        #expect(listener.ledger.unexplained == 0)
        #expect(listener.ledger.repeated == 0)
        for each in listener.rooms {
            #expect(listener.ledger.position(of: each.room) == sequencer.head(of: each.feed))
            #expect(each.heard == each.heard.sorted() && Set(each.heard).count == each.heard.count)
            // And against the log itself: what it has was heard once, or named as lost to this connection.
            let log = try FeedReader.read(.position(each.began), sequencer.tail(of: each.feed), limit: .max, store)
            let heard = Set(each.heard)
            for click in log.clicks {
                let position = click.position(in: each.feed)
                let isNamed = each.gaps.contains { $0.epoch == position.epoch && $0.numbers.contains(position.number) }
                #expect(heard.contains(position) != isNamed, "\(position)")
            }
            // Whoever reads from the log loses nothing that it has.
            if listener.replays { #expect(each.gaps.isEmpty) }
            #expect(!log.holes.contains { $0.reason == .missing || $0.reason == .unknown })
        }
        guard let subscriber = listener.connection?.subscriber else { return }
        #expect(subscriber.outbox.pending == 0 && subscriber.outbox.isIdle)
        #expect(subscriber.condition == .live)
    }
}

struct FeedSimulationTests {
    @Test(arguments: 0..<300)
    func `every number a listener was owed is heard or named, whatever happens in whatever order`(seed: UInt64) throws {
        let simulation = try FeedSimulation(seed: seed)
        for _ in 0..<600 { try simulation.step() }
        try simulation.settle()
        for listener in simulation.listeners { try simulation.check(listener) }
    }

    @Test(arguments: 0..<100)
    func `resuming from any position at any moment yields exactly the log`(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        let store = MemoryStore()
        var sequencer = Sequencer(heads: try store.open(now: StoreTests.now).heads, wakeRecorder: {})
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            sequencer = Sequencer(
                heads: try store.open(now: StoreTests.now).heads, backlogCapacity: .random(in: 3...50, using: &random),
                wakeRecorder: {})
            for _ in 0..<Int.random(in: 0...30, using: &random) {
                var clicks = try (0..<Int.random(in: 1...4, using: &random)).map { _ in
                    try SequencerTests.click(link: 1)
                }
                sequencer.submit(&clicks, from: nil)
                guard Int.random(in: 0..<5, using: &random) == 0 else { continue }
                let group = sequencer.takeBacklog()
                _ = try store.commit(CommitGroup(clicks: group.flatMap(\.clicks), holes: group.flatMap(\.holes)))
                sequencer.logged(group)
            }
        }
        let tail = sequencer.tail(of: .link(1))
        let whole = try FeedReader.read(.position(.start), tail, limit: .max, store)
        #expect(whole.end == tail.head)
        #expect(whole.holes.allSatisfy { $0.reason == .crash || $0.reason == .overflow })
        // From every click, in pages of every small size: the rest, each once, and the holes behind it.
        for (index, start) in whole.clicks.enumerated() {
            var position = start.position(in: .link(1))
            var clicks: [Click] = []
            var holes: [Hole] = []
            while true {
                let limit = Int.random(in: 1...7, using: &random)
                let page = try FeedReader.read(.position(position), tail, limit: limit, store)
                #expect(page.clicks.count <= limit)
                clicks += page.clicks
                holes += page.holes
                position = page.end
                if page.isAtHead { break }
            }
            #expect(clicks == Array(whole.clicks[(index + 1)...]))
            let behind = whole.holes.filter { ($0.epoch, $0.from) > (start.epoch, start.linkNumber) }
            #expect(FeedPage.joined(holes) == FeedPage.joined(behind))
        }
    }
}

extension FeedPage {
    /// Holes as numbers: where pages were cut does not matter.
    fileprivate static func joined(_ holes: [Hole]) -> [String] {
        holes.flatMap { hole in
            hole.to.map { (hole.from...$0).map { "\(hole.epoch):\($0) \(hole.reason)" } } ?? [
                "\(hole.epoch):\(hole.from)… \(hole.reason)"
            ]
        }
    }
}
