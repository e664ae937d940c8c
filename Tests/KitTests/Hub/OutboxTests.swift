import NIOCore
import Testing

@testable import Kit

/// A socket that takes as much as it is told to.
final class FakeSink: FrameSink {
    /// Bytes it still takes; nil is a dead socket.
    var room: Int? = .max
    private(set) var taken: [UInt8] = []
    /// Bytes handed over by `hold` and not yet with the "kernel".
    private(set) var held: [UInt8] = []

    func offer(_ bytes: UnsafeRawBufferPointer) -> Int? {
        #expect(held.isEmpty, "nothing may be offered while bytes are held")
        guard let room else { return nil }
        let count = min(room, bytes.count)
        taken += bytes.prefix(count)
        self.room = room - count
        return count
    }

    func hold(_ bytes: ByteBuffer) {
        #expect(held.isEmpty)
        held = Array(bytes.readableBytesView)
    }

    private(set) var conditions: [Outbox.Condition] = []
    func delivered(_ batch: Batch, _ messages: Range<Int>) {}
    func changed(to condition: Outbox.Condition, _ books: Outbox.Books) { conditions.append(condition) }

    /// The kernel takes what is held, and from now on `room` more bytes. The outbox must be resumed after it.
    func takeHeld(thenRoomFor room: Int) {
        taken += held
        held = []
        self.room = room
    }
}

struct OutboxTests {
    private static let room = Room.user(UserID(high: 1, low: 0))
    private static let plain = Audience(wire: .quikko)

    /// A batch of messages, each its number in ASCII and a dot.
    private func batch(_ numbers: Range<Int>, padding: Int = 0) -> Batch {
        let batch = Batch(room: Self.room)
        for number in numbers {
            batch.append {
                $0.writeString("\(number)" + String(repeating: "_", count: padding) + ".")
                return true
            }
            batch.describeLast(number: nil, at: Timestamp(microseconds: 0))
        }
        return batch
    }

    private func deliver(_ batch: Batch, to outbox: inout Outbox) {
        batch.bytes.withUnsafeReadableBytes { _ = outbox.deliver(batch, $0) }
    }

    private func numbers(_ sink: FakeSink) throws -> [Int] {
        let text = String(decoding: sink.taken, as: UTF8.self)
        #expect(text.isEmpty || text.hasSuffix("."), "a torn message")
        return try text.split(separator: ".").map { try #require(Int($0.filter { $0 != "_" })) }
    }

    @Test func `a socket that takes everything is sent everything at once`() throws {
        let sink = FakeSink()
        var outbox = Outbox(sink: sink, audience: Self.plain, limits: .init())
        deliver(batch(0..<10), to: &outbox)
        deliver(batch(10..<11), to: &outbox)
        #expect(try numbers(sink) == Array(0..<11))
        #expect(outbox.books == .init(accepted: 11, delivered: 11))
        #expect(outbox.pending == 0)
    }

    @Test func `wherever the kernel cuts, messages stay whole and in order`() throws {
        let length = batch(0..<20).bytes.readableBytes
        for cut in 0..<length {
            let sink = FakeSink()
            sink.room = cut
            var outbox = Outbox(sink: sink, audience: Self.plain, limits: .init(messages: 100, bytes: 10_000))
            deliver(batch(0..<20), to: &outbox)
            deliver(batch(20..<23), to: &outbox)
            #expect(outbox.books.accepted == outbox.books.delivered + outbox.books.dropped + outbox.pending)
            sink.takeHeld(thenRoomFor: .max)
            outbox.resume()
            #expect(try numbers(sink) == Array(0..<23))
            #expect(outbox.books == .init(accepted: 23, delivered: 23))
        }
    }

    @Test func `a full outbox drops the arriving messages until it is half empty`() throws {
        let sink = FakeSink()
        sink.room = 0
        var outbox = Outbox(sink: sink, audience: Self.plain, limits: .init(messages: 8, bytes: 1_000_000))
        // The first is held by the sink; eight wait; the rest does not fit. Messages this long go one at a time.
        for number in 0..<12 { deliver(batch(number..<number + 1, padding: Outbox.chunk), to: &outbox) }
        #expect(outbox.pending == 9)
        #expect(outbox.books.droppedFull == 3)
        #expect(outbox.isDropping)
        // Three go out: five wait, more than half. Still nothing is taken in.
        for _ in 0..<3 {
            sink.takeHeld(thenRoomFor: 0)
            outbox.resume()
        }
        deliver(batch(12..<13), to: &outbox)
        #expect(outbox.books.droppedFull == 4)
        sink.takeHeld(thenRoomFor: 0)
        outbox.resume()
        #expect(!outbox.isDropping)
        deliver(batch(13..<14), to: &outbox)
        sink.takeHeld(thenRoomFor: .max)
        outbox.resume()
        #expect(try numbers(sink) == Array(0..<9) + [13])
        #expect(outbox.books == .init(accepted: 14, delivered: 10, droppedFull: 4))
    }

    @Test func `bytes are bounded too, and a batch is cut between messages`() throws {
        let sink = FakeSink()
        sink.room = 0
        var outbox = Outbox(sink: sink, audience: Self.plain, limits: .init(messages: 1_000, bytes: 50_000))
        deliver(batch(0..<1, padding: Outbox.chunk), to: &outbox)
        deliver(batch(1..<8, padding: 9_998), to: &outbox)
        #expect(outbox.pending == 6)
        #expect(outbox.books.droppedFull == 2)
        sink.takeHeld(thenRoomFor: .max)
        outbox.resume()
        #expect(try numbers(sink) == Array(0..<6))
    }

    @Test func `a dead socket drops what waits and what comes`() {
        let sink = FakeSink()
        sink.room = 0
        var outbox = Outbox(sink: sink, audience: Self.plain, limits: .init())
        deliver(batch(0..<5), to: &outbox)
        outbox.close()
        deliver(batch(5..<7), to: &outbox)
        #expect(outbox.books == .init(accepted: 7, droppedClosed: 7))
        let dead = FakeSink()
        dead.room = nil
        outbox = Outbox(sink: dead, audience: Self.plain, limits: .init())
        deliver(batch(0..<5), to: &outbox)
        #expect(outbox.books == .init(accepted: 5, droppedClosed: 5))
        #expect(outbox.pending == 0)
    }

    @Test(arguments: 0..<200)
    func `the books balance through any interleaving of deliveries and stalls`(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        let sink = FakeSink()
        let limits = Outbox.Limits(
            messages: .random(in: 1...20, using: &random), bytes: .random(in: 10...400, using: &random))
        var outbox = Outbox(sink: sink, audience: Self.plain, limits: limits)
        var next = 0
        for _ in 0..<200 {
            if Bool.random(using: &random) {
                let count = Int.random(in: 1...30, using: &random)
                deliver(batch(next..<next + count, padding: .random(in: 0...20, using: &random)), to: &outbox)
                next += count
            } else if !sink.held.isEmpty {
                sink.takeHeld(thenRoomFor: .random(in: 0...300, using: &random))
                outbox.resume()
            } else {
                sink.room = .random(in: 0...300, using: &random)
            }
            #expect(
                outbox.books.accepted == outbox.books.delivered + outbox.books.dropped + outbox.pending, "seed \(seed)")
            // Waiting ones are bounded; the sink may hold whole messages up to a chunk besides, here at most 22 bytes each.
            #expect(outbox.queued <= limits.messages, "seed \(seed)")
        }
        while outbox.pending > 0 {
            sink.takeHeld(thenRoomFor: .max)
            outbox.resume()
        }
        let received = try numbers(sink)
        #expect(received == received.sorted(), "seed \(seed)")
        #expect(Set(received).count == received.count, "seed \(seed)")
        #expect(received.count == outbox.books.delivered && outbox.books.accepted == next, "seed \(seed)")
    }
}

/// Numbered connections: what they lose is named in its place.
struct NumberedOutboxTests {
    private static let room = Room.user(UserID(high: 1, low: 0))
    private static let positions = Audience(wire: .quikko, variant: .positions)

    private func batch(_ numbers: ClosedRange<Int64>) throws -> Batch {
        let batch = Batch(room: Self.room, epoch: 1)
        for number in numbers {
            var click = try SequencerTests.click(link: 1)
            (click.epoch, click.ownerNumber) = (1, number)
            batch.append { QuikkoServerCodec.encode(.click(click), for: Self.positions, in: Self.room, into: &$0) }
            batch.describeLast(number: number, at: Timestamp(microseconds: 0))
        }
        return batch
    }

    private func deliver(_ numbers: ClosedRange<Int64>, to outbox: inout Outbox) throws {
        let batch = try batch(numbers)
        batch.bytes.withUnsafeReadableBytes { _ = outbox.deliver(batch, $0) }
    }

    /// `n` for an event, `from-to` for a gap, in the order the peer gets them.
    private func heard(_ sink: FakeSink) throws -> [String] {
        var bytes = ByteBuffer(bytes: sink.taken)
        var reader = MessageReader(role: .client, maximumMessage: 65_536)
        var codec = QuikkoClientCodec()
        var heard: [String] = []
        while case .text(let text)? = try reader.next(from: &bytes) {
            switch codec.receive(text) {
            case .click(_, let place?): heard.append("\(place.position.number)")
            case .gap(let gap): heard.append("\(gap.numbers.lowerBound)-\(gap.numbers.upperBound)")
            default: Issue.record("not expected: \(String(buffer: text))")
            }
        }
        return heard
    }

    @Test func `full, then half empty, then one notice in its place, whether or not another event follows`() throws {
        let sink = FakeSink()
        sink.room = 0
        var outbox = Outbox(sink: sink, audience: Self.positions, limits: .init(messages: 4, bytes: 100_000))
        // One is held by the socket with what fits its chunk; batches of one keep it at one.
        for number in Int64(1)...9 { try deliver(number...number, to: &outbox) }
        #expect(outbox.books.droppedFull == 4)
        #expect(outbox.lost.map(\.numbers) == [6...9])
        #expect(outbox.books.gaps == 0, "nothing is told before it is over")
        sink.takeHeld(thenRoomFor: .max)
        outbox.resume()
        #expect(try heard(sink) == ["1", "2", "3", "4", "5", "6-9"])
        try deliver(10...10, to: &outbox)
        #expect(try heard(sink) == ["1", "2", "3", "4", "5", "6-9", "10"])
        #expect(outbox.books == .init(accepted: 10, delivered: 6, droppedFull: 4, gaps: 1, announced: 4))
        #expect(sink.conditions == [.slow, .live])
    }

    @Test func `a trickle reader hears gap and event in turn for as long as it reads`() throws {
        let sink = FakeSink()
        sink.room = 0
        var outbox = Outbox(sink: sink, audience: Self.positions, limits: .init(messages: 2, bytes: 100_000))
        var number: Int64 = 1
        var last: Int64 = 0
        for _ in 0..<10_000 {
            for _ in 0..<5 {
                try deliver(number...number, to: &outbox)
                number += 1
            }
            // It takes one message, and the kernel no more.
            sink.takeHeld(thenRoomFor: 0)
            outbox.resume()
            #expect(outbox.queued <= 2)
        }
        while !sink.held.isEmpty {
            sink.takeHeld(thenRoomFor: .max)
            outbox.resume()
        }
        for word in try heard(sink) {
            let ends = word.split(separator: "-").compactMap { Int64($0) }
            #expect(ends[0] == last + 1)
            last = ends.last!
        }
        #expect(last == number - 1)
        #expect(outbox.books.announced == outbox.books.droppedFull)
        #expect(outbox.books.accepted == outbox.books.delivered + outbox.books.dropped)
    }

    @Test func `what its loop missed is told at once, and counted`() throws {
        let sink = FakeSink()
        var outbox = Outbox(sink: sink, audience: Self.positions, limits: .init())
        try deliver(1...2, to: &outbox)
        outbox.miss(3...7, of: Self.room, epoch: 1)
        try deliver(8...8, to: &outbox)
        #expect(try heard(sink) == ["1", "2", "3-7", "8"])
        #expect(
            outbox.books == .init(accepted: 8, delivered: 3, droppedOverload: 5, gaps: 1, announced: 5))
    }

    @Test func `one that replays drops nothing: it remembers where it fell behind`() throws {
        let sink = FakeSink()
        sink.room = 0
        var outbox = Outbox(
            sink: sink, audience: Self.positions, limits: .init(messages: 2, bytes: 100_000), overflow: .replay)
        for number in Int64(1)...6 { try deliver(number...number, to: &outbox) }
        #expect(outbox.hasFallenBehind)
        #expect(outbox.books.dropped == 0)
        #expect(outbox.books.deferred == 3)
        #expect(outbox.takeLost().map(\.numbers) == [4...6])
        sink.takeHeld(thenRoomFor: .max)
        outbox.resume()
        #expect(outbox.isIdle)
        #expect(try heard(sink) == ["1", "2", "3"])
        #expect(outbox.books.accepted == outbox.books.delivered + outbox.books.deferred)
    }
}
