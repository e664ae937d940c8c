import Synchronization

/// Whether any shard has someone in this server's own organization: what is told there costs something to find out.
final class Occupancy: Sendable {
    private let shards = Atomic<Int>(0)

    var isHomeOccupied: Bool { shards.load(ordering: .relaxed) > 0 }

    /// A shard has its first subscriber in `room`.
    func opened(_ room: Room) {
        if room == .organization(.home) { shards.add(1, ordering: .relaxed) }
    }

    /// A shard's last subscriber has left `room`.
    func closed(_ room: Room) {
        if room == .organization(.home) { shards.subtract(1, ordering: .relaxed) }
    }
}
