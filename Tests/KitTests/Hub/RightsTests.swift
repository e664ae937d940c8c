import Foundation
import Testing

@testable import Kit

/// No event reaches a socket without the right to it, and every one with the right. Seeded by `QUIKKO_RIGHTS_SEED`, so many rounds of
/// 40,000 combinations of a socket and an event as `QUIKKO_RIGHTS_ROUNDS` says (`make rights`: 250, ten million); a few otherwise.
struct RightsTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let rounds = environment["QUIKKO_RIGHTS_ROUNDS"].flatMap { Int($0) } ?? 6
    private static let seed = environment["QUIKKO_RIGHTS_SEED"].flatMap { UInt64($0) } ?? 1

    @Test func `every socket hears what it has the right to and nothing else, in every protocol`() throws {
        var judged = 0
        for round in 0..<Self.rounds {
            var simulation = try RightsSimulation(seed: Self.seed &+ UInt64(round))
            judged += try simulation.run(sockets: 800, events: 50)
        }
        #expect(judged == Self.rounds * 40_000)
        if Self.environment["QUIKKO_RIGHTS_ROUNDS"] != nil {
            print("judged \(judged) combinations of a socket and an event, seed \(Self.seed)")
        }
    }
}
