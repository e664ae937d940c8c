import Testing

@testable import Kit

struct TallyTests {
    private func tally(_ numbers: [Int64]) -> Tally {
        var tally = Tally()
        tally.begin(at: Position(epoch: 1, number: 0))
        for number in numbers { _ = tally.receive(1, number) }
        return tally
    }

    @Test func `numbers in turn leave nothing to explain`() {
        let tally = tally([1, 2, 3])
        #expect(tally.received == 3)
        #expect(tally.unexplained == 0)
        #expect(tally.owed == 3)
    }

    @Test func `a number that was passed over is unexplained until it is named`() {
        var tally = tally([1, 4])
        #expect(tally.unexplained == 2)
        tally.name(1, 2...3)
        #expect(tally.unexplained == 0)
        #expect(tally.named == 2)
        #expect(tally.owed == 4)
    }

    @Test func `a notice in its place moves the end along`() {
        var tally = tally([1, 2])
        tally.name(1, 3...10)
        _ = tally.receive(1, 11)
        #expect(tally.unexplained == 0)
        #expect(tally.named == 8)
        #expect(tally.last == Position(epoch: 1, number: 11))
    }

    @Test func `late, twice, and never are told apart`() {
        let tally = tally([1, 3, 2, 2, 5])
        #expect(tally.orderViolations == 1)
        #expect(tally.duplicates == 1)
        #expect(tally.unexplained == 1)
        #expect(tally.received == 4)
    }

    @Test func `naming what had come is noticed`() {
        var tally = tally([1, 2, 3])
        tally.name(1, 2...4)
        #expect(tally.named == 1)
        #expect(tally.falselyNamed == 2)
    }

    @Test func `an epoch that ended early gives its numbers anew`() {
        var tally = tally([1, 2, 3, 4, 5])
        tally.hole(Hole(epoch: 1, from: 4, to: nil, reason: .crash))
        tally.reach(Position(epoch: 2, number: 3))
        _ = tally.receive(2, 4)
        #expect(tally.unexplained == 0)
        #expect(tally.duplicates == 0)
        #expect(tally.received == 6)
    }

    @Test func `a tail the server says was sent is missing when it did not come`() {
        var tally = tally([1, 2])
        tally.reach(Position(epoch: 1, number: 5))
        #expect(tally.unexplained == 3)
    }

    @Test func `a position behind what has come takes nothing back`() {
        var tally = tally([1, 2, 3])
        tally.reach(Position(epoch: 1, number: 1))
        _ = tally.receive(1, 2)
        #expect(tally.received == 3)
        #expect(tally.duplicates == 1)
    }

    @Test func `a position the server does not know puts what it skips in doubt`() {
        var tally = tally([1, 2])
        tally.hole(Hole(epoch: 1, from: 3, to: nil, reason: .unknown))
        tally.reach(Position(epoch: 4, number: 10))
        #expect(tally.inDoubt == 8)
        #expect(tally.unexplained == 0)
    }

    @Test func `what lies between two connections without resume is in doubt`() {
        var tally = tally([1, 2, 4])
        tally.resumeBlindly()
        _ = tally.receive(1, 9)
        _ = tally.receive(1, 11)
        #expect(tally.inDoubt == 4)
        #expect(tally.unexplained == 2)
        #expect(tally.owed == 11)
    }

    @Test func `counts stay true when more is missing than it remembers singly`() {
        var tally = tally((1...5_000).map { Int64($0 * 2) })
        #expect(tally.unexplained == 5_000)
        #expect(tally.owed == 10_000)
        tally.name(1, 9_999...9_999)
        #expect(tally.unexplained == 4_999)
    }

    @Test(arguments: 0..<50)
    func `it agrees with a count of sets`(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        var tally = Tally()
        tally.begin(at: Position(epoch: 1, number: 0))
        var (seen, named, highest): (Set<Int64>, Set<Int64>, Int64) = ([], [], 0)
        for _ in 0..<300 {
            if Int.random(in: 0..<10, using: &random) == 0 {
                let from = Int64.random(in: max(1, highest - 5)...highest + 3, using: &random)
                let range = from...from + Int64.random(in: 0...4, using: &random)
                tally.name(1, range)
                named.formUnion(range.filter { !seen.contains($0) })
                highest = max(highest, range.upperBound)
            } else {
                let number = Int64.random(in: max(1, highest - 3)...highest + 2, using: &random)
                // One that was named and comes all the same counts as coming twice.
                if !named.contains(number) { seen.insert(number) }
                _ = tally.receive(1, number)
                highest = max(highest, number)
            }
        }
        #expect(tally.received == seen.count)
        #expect(tally.named == named.count)
        #expect(tally.owed == Int(highest))
    }
}
