import Glibc
import NIOCore
import NIOEmbedded
import Testing

@testable import Kit

struct HubShardTests {
    private let sequencer = Sequencer(heads: .init(epoch: 1, owners: [], links: []), wakeRecorder: {})

    private func makeShard() -> HubShard {
        let shard = HubShard(loop: EmbeddedEventLoop(), sequencer: sequencer)
        shard.attach(wake: {})
        return shard
    }

    private func join(_ shard: HubShard, _ sink: FakeSink, owner: Int32 = 1) -> Subscriber {
        let audience = Audience(wire: .quikko)
        let outbox = Outbox(sink: sink, audience: audience, limits: .init(messages: 4, bytes: 4_096))
        let subscriber = Subscriber(audience: audience, outbox: outbox)
        shard.join(subscriber, .user(UserID(high: UInt64(owner), low: 0)))
        return subscriber
    }

    private func publish(_ shard: HubShard, count: Int, owner: Int32 = 1) throws {
        var clicks = try (0..<count).map { _ in try SequencerTests.click(link: 1, owner: owner) }
        sequencer.submit(&clicks, from: shard.place)
        shard.drain()
    }

    private func frames(_ sink: FakeSink) throws -> Int { try Self.frames(sink.taken) }

    private static func frames(_ bytes: [UInt8]) throws -> Int {
        var bytes = ByteBuffer(bytes: bytes)
        var reader = MessageReader(role: .client, maximumMessage: 1_024)
        var count = 0
        while try reader.next(from: &bytes) != nil { count += 1 }
        #expect(bytes.readableBytes == 0)
        return count
    }

    @Test func `everyone in the room gets every click, and nobody else does`() throws {
        let shard = makeShard()
        let mine = (0..<3).map { _ in FakeSink() }
        let foreign = FakeSink()
        let subscribers = mine.map { join(shard, $0) } + [join(shard, foreign, owner: 2)]
        try publish(shard, count: 2)
        try publish(shard, count: 1)
        for sink in mine { #expect(try frames(sink) == 3) }
        #expect(foreign.taken.isEmpty)
        #expect(subscribers.count == 4)
    }

    @Test func `a slow consumer loses its own messages and no one else's`() throws {
        let shard = makeShard()
        let fast = FakeSink()
        let slow = FakeSink()
        slow.room = 0
        let subscribers = [join(shard, slow), join(shard, fast)]
        for _ in 0..<500 { try publish(shard, count: 1) }
        #expect(try frames(fast) == 500)
        let books = subscribers[0].outbox.books
        #expect(books.droppedFull > 0)
        #expect(books.accepted == 500)
        #expect(books.accepted == books.delivered + books.dropped + subscribers[0].outbox.pending)
        #expect(subscribers[1].outbox.books == .init(accepted: 500, delivered: 500))
    }

    @Test func `a batch an outbox still holds is not written over by the next tick`() throws {
        let shard = makeShard()
        let sink = FakeSink()
        sink.room = 10
        let subscriber = join(shard, sink)
        try publish(shard, count: 1)
        try publish(shard, count: 1)
        sink.takeHeld(thenRoomFor: .max)
        subscriber.outbox.resume()
        #expect(try frames(sink) == 2)
    }

    @Test func `who left gets nothing more, and empty rooms are gone`() throws {
        let shard = makeShard()
        let sinks = (0..<5).map { _ in FakeSink() }
        let subscribers = sinks.map { join(shard, $0) }
        #expect(shard.roomCount == 1)
        for leaving in [2, 0, 4] { shard.close(subscribers[leaving]) }
        try publish(shard, count: 1)
        #expect(sinks.map { !$0.taken.isEmpty } == [false, true, false, true, false])
        for staying in [1, 3] { shard.close(subscribers[staying]) }
        #expect(shard.roomCount == 0)
        #expect(shard.closedBooks == .init(accepted: 2, delivered: 2))
    }

    /// Sinks with a socket behind them; what it refuses goes the long way.
    final class DirectSink: FrameSink {
        let pair: (mine: Int32, theirs: Int32)
        weak var subscriber: Subscriber?
        private var held = ByteBuffer()

        init() {
            var descriptors: [Int32] = [-1, -1]
            let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
            #expect(socketpair(AF_UNIX, kind, 0, &descriptors) == 0)
            pair = (descriptors[0], descriptors[1])
        }

        deinit {
            close(pair.mine)
            close(pair.theirs)
        }

        func offer(_ bytes: UnsafeRawBufferPointer) -> Int? { StreamSocket.send(pair.mine, bytes) }
        func hold(_ bytes: ByteBuffer) {
            held = bytes
            subscriber?.direct = -1
        }
        func delivered(_ batch: Batch, _ messages: Range<Int>) {}
        func changed(to condition: Outbox.Condition, _ books: Outbox.Books) {}

        /// All the peer can read now.
        func read() -> [UInt8] {
            var all: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while case .bytes(let count) = buffer.withUnsafeMutableBytes({ StreamSocket.receive(pair.theirs, into: $0) }
            ) {
                all += buffer.prefix(count)
            }
            return all
        }

        /// Sends what was held and lets the room send by itself again.
        func flush() {
            let taken = held.withUnsafeReadableBytes { StreamSocket.send(pair.mine, $0) } ?? 0
            held.moveReaderIndex(forwardBy: taken)
            guard held.readableBytes == 0, let subscriber, subscriber.direct < 0 else { return }
            subscriber.outbox.resume()
            if subscriber.outbox.isIdle { subscriber.direct = pair.mine }
        }
    }

    @Test func `a room sends by itself, and what a socket refuses waits in its outbox`() throws {
        let shard = makeShard()
        let audience = Audience(wire: .quikko)
        let all = (0..<3).map { _ in DirectSink() }
        let subscribers = all.map { sink in
            let subscriber = Subscriber(
                audience: audience, outbox: Outbox(sink: sink, audience: audience, limits: .init(messages: 50)))
            sink.subscriber = subscriber
            subscriber.direct = sink.pair.mine
            shard.join(subscriber, .user(UserID(high: 1, low: 0)))
            return subscriber
        }
        // Of the three, 0 reads all the time, 1 late and 2 never.
        var received: [[UInt8]] = [[], [], []]
        for _ in 0..<4_000 {
            try publish(shard, count: 1)
            received[0] += all[0].read()
        }
        #expect(subscribers[1].direct < 0 && subscribers[1].books.droppedFull > 0)
        while case let bytes = all[1].read(), !bytes.isEmpty {
            received[1] += bytes
            all[1].flush()
        }
        #expect(subscribers[1].direct >= 0)
        try publish(shard, count: 3)
        for index in 0..<2 { received[index] += all[index].read() }
        for index in 0..<2 {
            let books = subscribers[index].books
            #expect(try Self.frames(received[index]) == books.delivered)
            #expect(books.accepted == 4_003 && books.accepted == books.delivered + books.dropped)
        }
        #expect(subscribers[0].books.dropped == 0)
        // The last of the room moves into the place of the first; nothing of either's books may be mixed up.
        shard.close(subscribers[0])
        try publish(shard, count: 1)
        #expect(subscribers[0].books == .init(accepted: 4_003, delivered: 4_003))
        #expect(try Self.frames(all[1].read()) == 1)
        #expect(all[0].read().isEmpty)
        #expect(subscribers[1].books.accepted == 4_004 && subscribers[2].books.accepted == 4_004)
        for subscriber in subscribers.dropFirst() { shard.close(subscriber) }
        #expect(shard.closedBooks.accepted == 4_003 + 2 * 4_004)
        #expect(shard.closedBooks.accepted == shard.closedBooks.delivered + shard.closedBooks.dropped)
    }

    @Test func `joining a room twice adds nothing`() throws {
        let shard = makeShard()
        let sink = FakeSink()
        let subscriber = join(shard, sink)
        shard.join(subscriber, .user(UserID(high: 1, low: 0)))
        try publish(shard, count: 1)
        #expect(try frames(sink) == 1)
    }

    @Test(arguments: 0..<50)
    func `random joins, leaves and clicks reach exactly those who are there`(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        let shard = makeShard()
        var live: [(subscriber: Subscriber, sink: FakeSink, owner: Int32, owed: Int)] = []
        for _ in 0..<300 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                let sink = FakeSink()
                let owner = Int32.random(in: 1...3, using: &random)
                live.append((join(shard, sink, owner: owner), sink, owner, 0))
            case 1 where !live.isEmpty:
                let gone = live.remove(at: .random(in: 0..<live.count, using: &random))
                shard.close(gone.subscriber)
                #expect(try frames(gone.sink) == gone.owed, "seed \(seed)")
            default:
                let owner = Int32.random(in: 1...3, using: &random)
                let count = Int.random(in: 1...5, using: &random)
                try publish(shard, count: count, owner: owner)
                for index in live.indices where live[index].owner == owner { live[index].owed += count }
            }
        }
        for each in live { #expect(try frames(each.sink) == each.owed, "seed \(seed)") }
    }
}
