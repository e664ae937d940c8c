import NIOCore

/// The frames of one audience in one tick: encoded once, shared by every subscriber's send and outbox.
///
/// Filled on one loop and never changed once it has been handed to an outbox, unless no outbox kept it.
final class Batch {
    private(set) var bytes = ByteBuffer()
    /// Where each message ends in `bytes`; a slow consumer's batch is cut here and nowhere else.
    private(set) var ends: ContiguousArray<Int> = []

    var count: Int { ends.count }
    var isEmpty: Bool { ends.isEmpty }

    /// Appends what `write` appends, as one message.
    @inline(__always)
    func append(_ write: (inout ByteBuffer) -> Bool) {
        if write(&bytes) { ends.append(bytes.writerIndex) }
    }

    /// Byte offset at which message `index` begins.
    func start(of index: Int) -> Int { index == 0 ? 0 : ends[index - 1] }

    /// The message that byte `offset` belongs to: the first that ends after it.
    func message(at offset: Int) -> Int {
        var range = 0..<ends.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = ends[middle] <= offset ? (middle + 1)..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }

    /// Empties the batch for another tick; its memory is kept up to 64 KiB.
    func clear() {
        if bytes.capacity > 65_536 { bytes = ByteBuffer() } else { bytes.clear() }
        ends.removeAll(keepingCapacity: ends.capacity <= 1_024)
    }
}
