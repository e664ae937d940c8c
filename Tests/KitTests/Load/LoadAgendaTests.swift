import Testing

@testable import Kit

struct LoadAgendaTests {
    private static func taken(_ agenda: inout LoadAgenda, until now: Int64) -> [String] {
        var events: [String] = []
        while let event = agenda.take(until: now) { events.append("\(event.feed)@\(event.due)") }
        return events
    }

    @Test func `what is due comes with its own time, however late it is asked for`() {
        var agenda = LoadAgenda()
        #expect(agenda.wake == .max && agenda.take(until: .max) == nil)
        agenda.begin(Pacer(.constant(rate: 10), over: .milliseconds(300), seed: 1), at: 1_000)
        #expect(Self.taken(&agenda, until: 100_001_000) == ["0@1000", "0@100001000"])
        #expect(agenda.wake == 200_001_000 && agenda.hasMore)
        #expect(Self.taken(&agenda, until: .max) == ["0@200001000"])
        #expect(!agenda.hasMore && agenda.wake == .max)
    }

    @Test func `filling goes on beside the schedule until it is told to end`() {
        var agenda = LoadAgenda()
        agenda.begin(Pacer(.constant(rate: 1), over: .seconds(10), seed: 1), at: 0)
        agenda.fill(feed: 1, rate: 4, from: 500_000_000)
        #expect(
            Self.taken(&agenda, until: 1_000_000_000) == [
                "0@0", "0@1000000000", "1@500000000", "1@750000000", "1@1000000000",
            ])
        agenda.fill(feed: 1, rate: 0, from: 0)
        #expect(Self.taken(&agenda, until: 2_000_000_000) == ["0@2000000000"])
        agenda.end()
        #expect(agenda.take(until: .max) == nil)
    }

    @Test func `each block is one side's, before and after have a fifth of nobody's between them`() {
        let halves = LoadAgenda.sides(blocks: 10, seed: 1, isBeforeAndAfter: true)
        #expect(halves == [0, 0, 0, 0, 2, 2, 1, 1, 1, 1])
        let coin = LoadAgenda.sides(blocks: 1_000, seed: 7, isBeforeAndAfter: false)
        #expect((400...600).contains(coin.count { $0 == 0 }) && coin.allSatisfy { (0...1).contains($0) })
        #expect(coin == LoadAgenda.sides(blocks: 1_000, seed: 7, isBeforeAndAfter: false))
        var agenda = LoadAgenda()
        let block = Scoreboard.blockLength
        agenda.begin(Pacer(.constant(rate: 4), over: .seconds(1), seed: 1), sides: [1, 0, 0, 1], at: 0)
        #expect(Self.taken(&agenda, until: .max) == ["1@0", "0@\(block)", "0@\(2 * block)", "1@\(3 * block)"])
    }
}
