import Synchronization

/// Makes short codes: random ones, or for scripts the same ones every time.
final class CodeMaker: Sendable {
    private let seeded: Guarded<SeededGenerator?>

    init(seed: UInt64?) { seeded = Guarded(seed.map { SeededGenerator(state: $0) }) }

    func next() -> ShortCode {
        seeded.withLock { seeded in
            guard var generator = seeded else {
                var generator = SystemRandomNumberGenerator()
                return ShortCode.random(using: &generator)
            }
            defer { seeded = generator }
            return ShortCode.random(using: &generator)
        }
    }

    /// SplitMix64 (Steele, Lea, Flood 2014): small and repeatable; not for secrets.
    struct SeededGenerator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var word = state
            word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
            return word ^ (word >> 31)
        }
    }
}
