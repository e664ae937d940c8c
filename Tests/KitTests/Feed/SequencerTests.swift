import Foundation
import Synchronization
import Testing

@testable import Kit

struct SequencerTests {
    static func click(link: Int32, owner: Int32 = 1, at microseconds: Int64 = 0) throws -> Click {
        Click(
            code: try ShortCode("code-\(link)"), link: link, owner: UserID(high: UInt64(owner), low: 0),
            ownerKey: owner,
            details: ClickDetails(), at: Timestamp(microseconds: microseconds))
    }

    @Test func `numbers are contiguous per owner and per link`() throws {
        let sequencer = Sequencer(heads: .init(epoch: 3, owners: [0, 10], links: []), wakeRecorder: {})
        var clicks = [
            try Self.click(link: 1), try Self.click(link: 2), try Self.click(link: 1),
            try Self.click(link: 5, owner: 2),
        ]
        sequencer.submit(&clicks, from: nil)
        #expect(clicks.map(\.ownerNumber) == [11, 12, 13, 1])
        #expect(clicks.map(\.linkNumber) == [1, 1, 2, 1])
        #expect(clicks.allSatisfy { $0.epoch == 3 })
        #expect(sequencer.head(of: .owner(1)) == Position(epoch: 3, number: 13))
        #expect(sequencer.head(of: .link(1)).number == 2)
        #expect(sequencer.head(of: .link(99)).number == 0)
    }

    @Test func `log and shards get racing clicks in one order`() async throws {
        let sequencer = Sequencer(heads: .init(epoch: 1, owners: [], links: []), wakeRecorder: {})
        let shards = (0..<3).map { _ in sequencer.attach(wake: {}) }
        await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for round in 0..<500 {
                        var clicks = [
                            try Self.click(link: Int32(round % 3), at: Int64(writer)),
                            try Self.click(link: 7, owner: 2),
                        ]
                        sequencer.submit(&clicks, from: writer)
                    }
                }
            }
        }
        let log = sequencer.takeBacklog().flatMap(\.clicks)
        #expect(log.count == 4_000)
        for shard in shards { #expect(sequencer.takeInbox(of: shard).batches.flatMap { $0 } == log) }
        for owner in [Int32(1), 2] {
            #expect(log.filter { $0.ownerKey == owner }.map(\.ownerNumber) == Array(1...2_000))
        }
    }

    @Test func `a full backlog loses the log's copy and nothing else, and the loss is a hole in its place`() throws {
        let sequencer = Sequencer(heads: .init(epoch: 1, owners: [], links: []), backlogCapacity: 4, wakeRecorder: {})
        let shard = sequencer.attach(wake: {})
        func submit(_ count: Int) throws -> Int? {
            var clicks = try (0..<count).map { _ in try Self.click(link: 1) }
            return sequencer.submit(&clicks, from: nil)
        }
        #expect(try submit(3) == 3)
        #expect(try submit(2) == nil)
        #expect(sequencer.isLosing)
        #expect(sequencer.takeInbox(of: shard).batches.flatMap { $0 }.map(\.ownerNumber) == [1, 2, 3, 4, 5])
        #expect(sequencer.counters == .init(clicks: 5, lost: 2, undelivered: 0))
        // Clicks in the recorder's hands count towards the bound until they are durable.
        let first = sequencer.takeBacklog()
        #expect(first.flatMap(\.clicks).count == 3)
        // And one that would fit is lost too, until half of them are: a loss is a stretch.
        #expect(try submit(1) == nil)
        sequencer.logged(first)
        #expect(try submit(1) == 4)
        #expect(!sequencer.isLosing)
        let hole = Hole(epoch: 1, from: 4, to: 6, reason: .overflow)
        let second = sequencer.takeBacklog()
        #expect(Set(second.flatMap(\.holes).map(\.feed)) == [.owner(1), .link(1)])
        #expect(second.flatMap(\.holes).allSatisfy { $0.hole == hole })
        #expect(second.flatMap(\.clicks).map(\.ownerNumber) == [7])
        #expect(second.first?.clicks.isEmpty == true, "the hole lies before what followed it")
    }

    @Test func `publications keep their place among the clicks, and their weight counts`() throws {
        let sequencer = Sequencer(heads: .init(epoch: 1, owners: [], links: []), inboxCapacity: 10, wakeRecorder: {})
        let shard = sequencer.attach(wake: {})
        func publish(_ name: String, size: Int = 0) {
            sequencer.publish(
                Publication(.broadcast(name: name, payload: .null), in: .organization(.home), at: .now, size: size))
        }
        func click() throws {
            var clicks = [try Self.click(link: 1)]
            sequencer.submit(&clicks, from: nil)
        }
        publish("first")
        try click()
        try click()
        publish("second", size: 1_024)
        try click()
        publish("too much", size: 1_024)
        let delivery = sequencer.takeInbox(of: shard)
        #expect(delivery.batches.count == 3)
        #expect(delivery.publications.map(\.place) == [0, 2])
        #expect(
            delivery.publications.map(\.publication.kind)
                == ["first", "second"].map { .broadcast(name: $0, payload: .null) })
        #expect(sequencer.counters.undelivered == 1)
    }

    @Test func `batches larger than the backlog are one loss, however many come`() throws {
        let sequencer = Sequencer(heads: .init(epoch: 1, owners: [], links: []), backlogCapacity: 2, wakeRecorder: {})
        for _ in 0..<100 {
            var clicks = try (0..<3).map { _ in try Self.click(link: 1) }
            sequencer.submit(&clicks, from: nil)
        }
        let segments = sequencer.takeBacklog()
        #expect(segments.count == 1)
        #expect(segments.flatMap(\.holes).allSatisfy { $0.hole.from == 1 && $0.hole.to == 300 })
    }

    @Test func `a loss that nothing follows is written once all else is`() throws {
        let sequencer = Sequencer(heads: .init(epoch: 1, owners: [], links: []), backlogCapacity: 1, wakeRecorder: {})
        var clicks = [try Self.click(link: 1)]
        sequencer.submit(&clicks, from: nil)
        clicks = [try Self.click(link: 1)]
        sequencer.submit(&clicks, from: nil)
        let first = sequencer.takeBacklog()
        #expect(first.flatMap(\.holes).isEmpty)
        #expect(!sequencer.isLogged)
        sequencer.logged(first)
        let second = sequencer.takeBacklog()
        #expect(second.flatMap(\.holes).count == 2)
        sequencer.logged(second)
        #expect(sequencer.isLogged)
    }

    @Test func `a shard that does not drain loses only its own deliveries`() throws {
        let sequencer = Sequencer(heads: .init(epoch: 1, owners: [], links: []), inboxCapacity: 2, wakeRecorder: {})
        let stuck = sequencer.attach(wake: {})
        let lively = sequencer.attach(wake: {})
        var delivered = 0
        for _ in 0..<5 {
            var clicks = [try Self.click(link: 1)]
            sequencer.submit(&clicks, from: nil)
            delivered += sequencer.takeInbox(of: lively).batches.count
        }
        #expect(delivered == 5)
        let late = sequencer.takeInbox(of: stuck)
        #expect(late.batches.count == 2)
        // What it missed is one range per room, behind what it got.
        #expect(
            late.missed == [
                .user(UserID(high: 1, low: 0)): 3...5, .link(try ShortCode("code-1")): 3...5,
                // Without numbers only how many counts.
                .organization(.home): 1...3, .totals: 1...3,
            ])
        #expect(sequencer.counters.undelivered == 3)
    }

    @Test func `a shard is woken once, however much waits for it`() throws {
        let wakeUps = Mutex(0)
        let sequencer = Sequencer(heads: .init(epoch: 1, owners: [], links: []), wakeRecorder: {})
        let own = sequencer.attach(wake: { Issue.record("the submitting shard needs no waking") })
        let other = sequencer.attach(wake: { wakeUps.withLock { $0 += 1 } })
        for _ in 0..<10 {
            var clicks = [try Self.click(link: 1)]
            sequencer.submit(&clicks, from: own)
        }
        #expect(wakeUps.withLock { $0 } == 1)
        _ = sequencer.takeInbox(of: other)
        var clicks = [try Self.click(link: 1)]
        sequencer.submit(&clicks, from: own)
        #expect(wakeUps.withLock { $0 } == 2)
    }
}
