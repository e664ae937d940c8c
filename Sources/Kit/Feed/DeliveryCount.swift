import Synchronization

/// How many subscribers a publication has reached; each shard adds its own as it delivers.
final class DeliveryCount: Sendable {
    private let reached = Atomic<Int>(0)

    var value: Int { reached.load(ordering: .relaxed) }
    func add(_ count: Int) { reached.add(count, ordering: .relaxed) }
}
