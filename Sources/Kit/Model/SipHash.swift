/// SipHash-2-4 (Aumasson and Bernstein, 2012) of three words: a short keyed hash that says nothing of what went in.
struct SipHash: Sendable {
    private let k0: UInt64
    private let k1: UInt64

    init(_ k0: UInt64, _ k1: UInt64) { (self.k0, self.k1) = (k0, k1) }

    /// A key nobody knows.
    static func random() -> SipHash {
        var generator = SystemRandomNumberGenerator()
        return SipHash(generator.next(), generator.next())
    }

    func hash(_ first: UInt64, _ second: UInt64, _ third: UInt64) -> UInt64 {
        var state = State(k0, k1)
        state.take(first)
        state.take(second)
        state.take(third)
        // The last word has the length, 24 bytes, in its top byte.
        state.take(24 << 56)
        return state.end()
    }

    private struct State {
        var v0, v1, v2, v3: UInt64

        init(_ k0: UInt64, _ k1: UInt64) {
            (v0, v1) = (k0 ^ 0x736f_6d65_7073_6575, k1 ^ 0x646f_7261_6e64_6f6d)
            (v2, v3) = (k0 ^ 0x6c79_6765_6e65_7261, k1 ^ 0x7465_6462_7974_6573)
        }

        mutating func take(_ word: UInt64) {
            v3 ^= word
            round()
            round()
            v0 ^= word
        }

        mutating func end() -> UInt64 {
            v2 ^= 0xff
            for _ in 0..<4 { round() }
            return v0 ^ v1 ^ v2 ^ v3
        }

        @inline(__always)
        private mutating func round() {
            v0 &+= v1
            v2 &+= v3
            v1 = Self.rotated(v1, 13) ^ v0
            v3 = Self.rotated(v3, 16) ^ v2
            v0 = Self.rotated(v0, 32)
            v2 &+= v1
            v0 &+= v3
            v1 = Self.rotated(v1, 17) ^ v2
            v3 = Self.rotated(v3, 21) ^ v0
            v2 = Self.rotated(v2, 32)
        }

        @inline(__always)
        private static func rotated(_ word: UInt64, _ count: UInt64) -> UInt64 { word << count | word >> (64 - count) }
    }
}
