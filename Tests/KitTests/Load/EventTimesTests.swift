import Testing

@testable import Kit

struct EventTimesTests {
    @Test func `times are found by number until their place is given away`() {
        var times = EventTimes(capacity: 3)
        for number in 1...6 { _ = times.set(Int64(number), due: Int64(number * 10), sent: Int64(number * 10 + 1)) }
        #expect(times.see(6, at: 100, isCounted: true)?.due == 60)
        #expect(times.see(3, at: 100, isCounted: true)?.sent == 31)
        #expect(times.see(2, at: 100, isCounted: true) == nil)
        #expect(times.forgotten == 1)
        #expect(times.see(7, at: 100, isCounted: true) == nil)
        #expect(times.forgotten == 1)
        #expect(times.due(5) == 50)
    }

    @Test func `the spread is from the first client to the last`() {
        var times = EventTimes(capacity: 1)
        #expect(times.set(1, due: 7, sent: 0) == nil)
        for now in [50, 70, 90] { _ = times.see(1, at: Int64(now), isCounted: true) }
        _ = times.see(1, at: 500, isCounted: false)
        var spreads: [Int64] = []
        times.forEachSpread { due, spread in
            #expect(due == 7)
            spreads.append(spread)
        }
        #expect(spreads == [40])
        for number in 2...4 { _ = times.set(Int64(number), due: 0, sent: 0) }
        #expect(times.set(5, due: 0, sent: 0) == nil)
    }

    @Test func `a small histogram is within a fifth of the truth`() {
        var histogram = SmallHistogram()
        for value in 1...10_000 { histogram.record(Int64(value)) }
        #expect(histogram.percentile(50).map { abs($0 - 5_000) < 1_000 } == true)
        #expect(histogram.percentile(99).map { abs($0 - 9_900) < 2_000 } == true)
        #expect(histogram.percentile(99.99) == nil)
        histogram.record(.max)
        histogram.record(-1)
    }

    @Test func `a line through points has the slope it was made with, and an interval around it`() throws {
        let straight = try #require(Slope((0..<10).map { (Double($0), 3 * Double($0) + 1) }))
        #expect(abs(straight.value - 3) < 1e-9)
        let noisy = try #require(Slope((0..<20).map { (Double($0), $0.isMultiple(of: 2) ? 1.0 : -1.0) }))
        #expect(noisy.low < 0 && noisy.high > 0)
        #expect(Slope([(1, 1), (1, 2), (1, 3), (1, 4)]) == nil)
        #expect(Slope([(1, 1), (2, 2), (3, 3)]) == nil)
    }
}
