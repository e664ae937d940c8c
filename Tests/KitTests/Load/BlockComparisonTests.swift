import Testing

@testable import Kit

struct BlockComparisonTests {
    /// `docs/loadtest.md` has the same with more rounds.
    @Test(arguments: BlockNoise.Kind.allCases, [60, 80, 120])
    func `the interval holds the truth 95 times in 100, whatever the noise`(kind: BlockNoise.Kind, blocks: Int) {
        var noise = BlockNoise(random: SeededGenerator(state: 1))
        let rounds = 400
        let held = (0..<rounds).count { _ in
            let blocks = noise.blocks(blocks, kind, .shift(3_000))
            let shift = Shift(of: p95(of: "B", blocks), against: p95(of: "A", blocks))
            return shift.low <= 3_000 && 3_000 <= shift.high
        }
        // 95 % of 400, give or take three standard errors.
        #expect((367...393).contains(held), "\(held) of \(rounds)")
    }

    @Test(arguments: BlockNoise.Kind.allCases)
    func `no cost mostly passes, 3 ms fail, and a rare cost does not pass`(kind: BlockNoise.Kind) {
        var noise = BlockNoise(random: SeededGenerator(state: 2))
        let rounds = 100
        func verdicts(_ cost: BlockNoise.Cost) -> [LoadReport.Verdict: Int] {
            (0..<rounds).reduce(into: [:]) { counts, _ in
                let comparisons = BlockComparison(blocks: noise.blocks(80, kind, cost)).comparisons()
                counts[comparisons[1].verdict ?? .error, default: 0] += 1
            }
        }
        let (free, dear, rare) = (verdicts(.none), verdicts(.shift(3_000)), verdicts(.rare))
        #expect(free[.pass, default: 0] >= 75 && free[.fail] == nil, "\(free)")
        #expect(dear[.fail, default: 0] >= 94 && dear[.pass] == nil, "\(dear)")
        #expect(rare[.pass, default: 0] <= 20, "\(rare)")
    }

    @Test func `the same blocks give the same comparison, and those of the report`() throws {
        var noise = BlockNoise(random: SeededGenerator(state: 3))
        let blocks = noise.blocks(80, .calm, .shift(-400))
        let comparisons = BlockComparison(blocks: blocks).comparisons()
        #expect(comparisons == BlockComparison(blocks: blocks).comparisons())
        #expect(comparisons.map(\.percentile) == [50, 95, 99])
        #expect(comparisons.map(\.boundUs) == [1_000, 2_000, nil])
        #expect(comparisons.map(\.verdict) == [.pass, .pass, nil])
        #expect(comparisons.allSatisfy { $0.lowUs <= $0.deltaUs && $0.deltaUs <= $0.highUs })
        #expect(BlockComparison.check(comparisons).verdict == .pass)
    }

    private static let verdicts: [([Double], LoadReport.Verdict)] = [
        // low, high, mean, error, noise
        ([0.0, 2_000, 0, 0, 0], LoadReport.Verdict.pass), ([0, 2_001, 0, 0, 0], .inconclusive),
        ([2_000, 2_500, 0, 0, 0], .inconclusive), ([2_001, 2_500, 0, 0, 0], .fail),
        ([0, 100, 1_500, 500, 0], .pass), ([0, 100, 1_501, 500, 0], .inconclusive),
        ([0, 100, 3_000, 500, 0], .inconclusive), ([0, 100, 3_001, 500, 0], .fail),
        ([0, 100, 0, 0, 1_000], .pass), ([0, 100, 0, 0, 1_001], .inconclusive), ([2_001, 2_500, 0, 0, 9_000], .fail),
    ]

    @Test(arguments: verdicts)
    func `the verdict is the interval's, strict at its ends`(numbers: [Double], verdict: LoadReport.Verdict) {
        #expect(Self.comparison(numbers).verdict(.atMost, 2_000) == verdict)
    }

    @Test func `a bound from below is judged by the lower end`() {
        let comparison = Self.comparison([100, 300, 200, 50, 900])
        #expect(comparison.verdict(.above, 99) == .pass)
        #expect(comparison.verdict(.above, 100) == .inconclusive && comparison.verdict(.atLeast, 100) == .pass)
        #expect(comparison.verdict(.above, 300) == .fail && comparison.verdict(.atLeast, 300) == .inconclusive)
        #expect(comparison.verdict(.below, 301) == .inconclusive, "noise of 900 is beyond half of it")
    }

    private static func comparison(_ numbers: [Double]) -> LoadReport.Isolation.Comparison {
        var comparison = LoadReport.Isolation.Comparison(
            percentile: 95, aUs: 0, bUs: 0, deltaUs: numbers[0], lowUs: numbers[0], highUs: numbers[1], boundUs: 2_000,
            verdict: nil)
        comparison.meanDeltaUs = numbers[2]
        comparison.meanErrorUs = numbers[3]
        comparison.noiseUs = numbers[4]
        return comparison
    }

    @Test(arguments: [0, 9]) func `with few blocks of a feed nothing is said, which does not pass`(ofB: Int) {
        var noise = BlockNoise(random: SeededGenerator(state: 4))
        var blocks = noise.blocks(80, .calm, .none)
        for index in blocks.indices { blocks[index].feed = index < ofB ? "B" : "A" }
        let comparisons = BlockComparison(blocks: blocks).comparisons()
        let check = BlockComparison.check(comparisons)
        #expect(comparisons.isEmpty && check.verdict == .inconclusive)
        #expect(check.words.contains("p50: fewer than 10 blocks of each feed"))
    }

    @Test func `a feed that mostly delivered nothing does not pass for the blocks in which it did`() {
        var noise = BlockNoise(random: SeededGenerator(state: 5))
        var blocks = noise.blocks(100, .calm, .none)
        for index in blocks.indices where blocks[index].feed == "B" && index % 4 == 0 { blocks[index].deliveries = 0 }
        let comparisons = BlockComparison(blocks: blocks).comparisons()
        #expect(comparisons.map(\.verdict) == [.inconclusive, .inconclusive, nil])
    }

    @Test func `a blocked fan-out fails and says by how much`() {
        var noise = BlockNoise(random: SeededGenerator(state: 6))
        let comparisons = BlockComparison(blocks: noise.blocks(80, .calm, .shift(100_000))).comparisons()
        let check = BlockComparison.check(comparisons)
        #expect(check.verdict == .fail && check.words.contains("allowed 2 ms"))
        #expect(!check.isCorrectness)
    }

    private func p95(of feed: String, _ blocks: [LoadReport.Isolation.Block]) -> [Int] {
        blocks.filter { $0.feed == feed }.map(\.p95Us)
    }
}

struct ShiftTests {
    @Test func `ranks of the differences are what writing them all down gives`() {
        var random = SeededGenerator(state: 7)
        for _ in 0..<50 {
            let one = (0..<Int.random(in: 1...20, using: &random)).map { _ in Int.random(in: -9...9, using: &random) }
            let other = (0..<Int.random(in: 1...20, using: &random)).map { _ in Int.random(in: -9...9, using: &random) }
            let all = one.flatMap { number in other.map { number - $0 } }.sorted()
            let shift = Shift(of: one, against: other)
            #expect(shift.middle == Double(all[all.count / 2] + all[(all.count - 1) / 2]) / 2)
            #expect(shift.low >= Double(all[0]) && shift.high <= Double(all[all.count - 1]))
            #expect(shift.low <= shift.middle && shift.middle <= shift.high)
        }
    }

    @Test func `the interval of ten against ten is the table's`() {
        // Critical value 23 of the rank sum test, two-sided 5 %: the 24th difference from either end.
        let one = (0..<10).map { $0 * 100 }
        let other = (0..<10).map { $0 * 7 }
        let all = one.flatMap { number in other.map { number - $0 } }.sorted()
        let shift = Shift(of: one, against: other)
        #expect(shift.low == Double(all[23]))
        #expect(shift.high == Double(all[76]))
    }
}
