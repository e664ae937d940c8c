import Synchronization

/// How many redirects one address may ask for in a second, on all loops together.
///
/// A fixed table of words that loops change without a lock. Addresses that share a place in the same second are not told
/// apart by waiting: whoever finds it taken is not limited there.
final class RedirectLimit: Sendable {
    private static let slots = 65_536

    /// `@unchecked` holds because the words are atomic and live as long as this.
    private final class Table: @unchecked Sendable {
        let words = UnsafeMutablePointer<Atomic<UInt64>>.allocate(capacity: slots)

        init() { for place in 0..<slots { (words + place).initialize(to: Atomic(0)) } }

        deinit {
            words.deinitialize(count: slots)
            words.deallocate()
        }
    }

    private let most: UInt64
    private let limitsLoopback: Bool
    private let table = Table()
    private let key = SipHash.random()

    /// - Parameter most: In a second, up to 65,535; 0 sets no limit.
    init(_ most: Int, limitsLoopback: Bool) {
        self.most = UInt64(min(most, 65_535))
        self.limitsLoopback = limitsLoopback
    }

    /// Counts one more; false when that is too many.
    ///
    /// A word is the second, 16 bits that tell addresses apart, and the count.
    @inline(__always)
    func allows(_ address: ClientAddress, now: Timestamp) -> Bool {
        guard most > 0, !address.isLoopback || limitsLoopback else { return true }
        return count(address, now)
    }

    private func count(_ address: ClientAddress, _ now: Timestamp) -> Bool {
        let hash = key.hash(address.high, address.low, 0)
        let second = UInt64(truncatingIfNeeded: now.seconds) & 0xffff_ffff
        let mine = second << 32 | (hash >> 48) << 16
        let word = table.words + Int(hash & UInt64(Self.slots - 1))
        var old = word.pointee.load(ordering: .relaxed)
        while true {
            let new: UInt64
            if old & ~0xffff == mine {
                guard old & 0xffff < most else { return false }
                new = old + 1
            } else if old >> 32 == second {
                return true
            } else {
                new = mine + 1
            }
            let (exchanged, original) = word.pointee.weakCompareExchange(
                expected: old, desired: new, ordering: .relaxed)
            if exchanged { return true }
            old = original
        }
    }
}
