import NIOCore
import Testing

@testable import Kit

/// What becomes of the values of metrics that have to wait.
struct MetricOutboxTests {
    private static let subject = MetricSubject(.dashboard, entity: "all", clickNames: ["clicks"])
    private static let audience = Audience(wire: .socketio, subject: subject)

    private func deliver(_ values: [(metric: String, value: Int)], to outbox: inout Outbox) {
        let batch = Batch(room: .totals)
        for (metric, value) in values {
            batch.append {
                $0.writeString("\(metric)=\(value).")
                return true
            }
            batch.describeLast(number: nil, at: Timestamp(microseconds: 0))
            batch.describeLast(metric: metric)
        }
        batch.subject = Self.subject
        batch.bytes.withUnsafeReadableBytes { _ = outbox.deliver(batch, $0) }
    }

    private func text(_ sink: FakeSink) -> String { String(decoding: sink.taken, as: UTF8.self) }

    @Test func `a waiting value gives its place to a newer one, and the books say so`() {
        let sink = FakeSink()
        sink.room = 0
        var outbox = Outbox(sink: sink, audience: Self.audience, limits: .init(messages: 4, bytes: 1_000))
        deliver([("clicks", 1)], to: &outbox)
        deliver([("clicks", 2), ("revenue", 10)], to: &outbox)
        deliver([("clicks", 3), ("clicks", 4)], to: &outbox)
        deliver([("revenue", 11)], to: &outbox)
        #expect(outbox.books.droppedConflated == 3)
        #expect(outbox.pending == 3)
        sink.takeHeld(thenRoomFor: .max)
        outbox.resume()
        // The first was the socket's already; of the others the newest went out, in the place of the first.
        #expect(text(sink) == "clicks=1.clicks=4.revenue=11.")
        #expect(outbox.books == .init(accepted: 6, delivered: 3, droppedConflated: 3))
    }

    @Test func `nothing older follows a reply`() {
        let sink = FakeSink()
        sink.room = 0
        var outbox = Outbox(sink: sink, audience: Self.audience, limits: .init(messages: 4, bytes: 1_000))
        deliver([("clicks", 1)], to: &outbox)
        deliver([("clicks", 2)], to: &outbox)
        outbox.send(reply: ByteBuffer(string: "initial=2."))
        #expect(outbox.queuedReplies == 1)
        deliver([("clicks", 3)], to: &outbox)
        deliver([("clicks", 4)], to: &outbox)
        sink.takeHeld(thenRoomFor: .max)
        outbox.resume()
        #expect(text(sink) == "clicks=1.clicks=2.initial=2.clicks=4.")
        #expect(outbox.queuedReplies == 0)
        #expect(outbox.books == .init(accepted: 4, delivered: 3, droppedConflated: 1))
    }

    @Test func `a full outbox still takes newer values of what waits, and drops what is new to it`() {
        let sink = FakeSink()
        sink.room = 0
        var outbox = Outbox(sink: sink, audience: Self.audience, limits: .init(messages: 2, bytes: 1_000))
        deliver([("held", 0)], to: &outbox)
        deliver([("a", 1), ("b", 1), ("c", 1)], to: &outbox)
        deliver([("a", 2), ("c", 2), ("b", 2)], to: &outbox)
        #expect(outbox.books == .init(accepted: 7, droppedFull: 2, droppedConflated: 2))
        sink.takeHeld(thenRoomFor: .max)
        outbox.resume()
        #expect(text(sink) == "held=0.a=2.b=2.")
        deliver([("c", 3)], to: &outbox)
        #expect(text(sink) == "held=0.a=2.b=2.c=3.")
        #expect(sink.conditions == [.slow, .live])
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `whatever happens, the last value of each metric is the last one heard, and the books balance`(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        let sink = FakeSink()
        var outbox = Outbox(sink: sink, audience: Self.audience, limits: .init(messages: 1_000, bytes: 100_000))
        var last: [String: Int] = [:]
        for value in 1...3_000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                sink.takeHeld(thenRoomFor: Int.random(in: 0...200, using: &random))
                outbox.resume()
            case 1: outbox.send(reply: ByteBuffer(string: "reply=0."))
            default:
                let values = (0..<Int.random(in: 1...3, using: &random)).map { offset in
                    (metric: ["a", "b", "c", "d"].randomElement(using: &random)!, value: value * 10 + offset)
                }
                for each in values { last[each.metric] = each.value }
                deliver(values, to: &outbox)
            }
            let books = outbox.books
            #expect(books.accepted == books.delivered + books.dropped + books.deferred + outbox.pending)
        }
        sink.takeHeld(thenRoomFor: .max)
        outbox.resume()
        var heard: [String: Int] = [:]
        for piece in text(sink).split(separator: ".") where !piece.hasPrefix("reply") {
            let parts = piece.split(separator: "=")
            let value = Int(parts[1])!
            #expect(value > heard[String(parts[0])] ?? 0, "a value went back")
            heard[String(parts[0])] = value
        }
        #expect(outbox.books.droppedFull == 0)
        #expect(heard == last)
    }
}
