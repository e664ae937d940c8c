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
}
