import Foundation

@testable import Kit

/// Blocks of a machine that is noisy in one way, and of a server whose stalled clients cost the others something.
struct BlockNoise {
    enum Kind: String, CaseIterable {
        /// 3 ms, normal, deviation 0.5 ms.
        case calm
        /// 1 ms and a log-normal of sigma 0.8 ms.
        case skewed
        /// 2 ms and 0.7 ms of Student's |t| with two degrees of freedom: no variance.
        case heavy
        /// 4 ms, normal, deviation 1 ms, each block 0.8 like the one before it.
        case drifting
        /// 1.8 ms, and in one block of 33 a hiccup begins: 10 ms on average, three blocks on average.
        case hiccups
    }

    enum Cost {
        case none
        /// Every block of B, microseconds.
        case shift(Double)
        /// One block of B in ten, 30 ms.
        case rare
    }

    var random: SeededGenerator

    mutating func blocks(_ count: Int, _ kind: Kind, _ cost: Cost) -> [LoadReport.Isolation.Block] {
        values(count, kind).enumerated().map { index, value in
            let isB = Bool.random(using: &random)
            let us = Int(1_000 * value + (isB ? self.cost(cost) : 0))
            return LoadReport.Isolation.Block(
                feed: isB ? "B" : "A", startMs: index * 250, endMs: index * 250 + 250, events: 50, deliveries: 5_000,
                p50Us: us, p95Us: us, p99Us: us, maxUs: us, drops: nil)
        }
    }

    private mutating func cost(_ cost: Cost) -> Double {
        switch cost {
        case .none: 0
        case .shift(let microseconds): microseconds
        case .rare: uniform() < 0.1 ? 30_000 : 0
        }
    }

    /// Milliseconds.
    private mutating func values(_ count: Int, _ kind: Kind) -> [Double] {
        var state = normal()
        var hiccup = 0.0
        return (0..<count).map { _ in
            switch kind {
            case .calm: return max(3 + 0.5 * normal(), 0.1)
            case .skewed: return 1 + exp(0.8 * normal())
            case .heavy:
                // Student's t with two degrees of freedom, from a uniform number.
                let u = uniform()
                return 2 + 0.7 * abs((2 * u - 1) / sqrt(2 * u * (1 - u)))
            case .drifting:
                state = 0.8 * state + 0.6 * normal()
                return max(4 + state, 0.1)
            case .hiccups:
                if hiccup > 0, uniform() < 1.0 / 3 { hiccup = 0 }
                if hiccup == 0, uniform() < 0.03 { hiccup = -10 * log(uniform()) }
                return 1 + 0.7 * exp(0.5 * normal()) + hiccup
            }
        }
    }

    /// Above 0 and below 1.
    mutating func uniform() -> Double { Double.random(in: 1e-12..<1, using: &random) }

    mutating func normal() -> Double { sqrt(-2 * log(uniform())) * cos(2 * .pi * uniform()) }
}
