/// Batches between two ticks. Of ten thousand rooms few have something in one tick: those share the memory the last ones used.
/// Confined to its shard's loop.
final class BatchPool {
    /// Kept for the next tick; a batch's memory is at most some 90 KiB.
    private static let most = 64
    let epoch: Int32
    private var free: [Batch] = []

    init(epoch: Int32) { self.epoch = epoch }

    /// An empty batch.
    func take(for room: Room) -> Batch {
        guard let batch = free.popLast() else { return Batch(room: room, epoch: epoch) }
        batch.room = room
        return batch
    }

    /// Takes a batch back, unless an outbox still has it. The caller's is not to be used any more.
    func give(_ batch: inout Batch) {
        guard free.count < Self.most, isKnownUniquelyReferenced(&batch) else { return }
        batch.clear()
        free.append(batch)
    }
}
