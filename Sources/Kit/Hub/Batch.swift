import NIOCore

/// The frames of one audience in one tick: encoded once, shared by every subscriber's send and outbox.
///
/// Filled on one loop and never changed once it has been handed to an outbox, unless no outbox kept it.
final class Batch {
    enum Kind { case live, replay, notice, reply }

    /// Changes only between two ticks.
    var room: Room
    let kind: Kind
    /// The life of the log that `numbers` belong to.
    let epoch: Int32
    private(set) var bytes = ByteBuffer()
    /// Where each message ends in `bytes`; a slow consumer's batch is cut here and nowhere else.
    private(set) var ends: ContiguousArray<Int> = []
    /// Of each message, its number in the room's feed; 0 for one without. Empty for audiences that are not told numbers.
    private(set) var numbers: ContiguousArray<Int64> = []
    /// When each message's click was served, in live batches.
    private(set) var times: ContiguousArray<Timestamp> = []
    /// Of each message, the metric it is a value of; empty for none. Only for audiences that hear of metrics.
    private(set) var metrics: ContiguousArray<String> = []
    /// Whose metrics they are, as their audience calls it.
    var subject: MetricSubject?

    init(room: Room, kind: Kind = .live, epoch: Int32 = 0) {
        self.room = room
        self.epoch = epoch
        self.kind = kind
    }

    var count: Int { ends.count }
    var isEmpty: Bool { ends.isEmpty }
    /// Messages are counted in the books; notices and replies are not.
    var isCounted: Bool { kind == .live || kind == .replay }

    /// Appends what `write` appends, as one message; false when it appends nothing.
    @inline(__always)
    @discardableResult
    func append(_ write: (inout ByteBuffer) -> Bool) -> Bool {
        guard write(&bytes) else { return false }
        ends.append(bytes.writerIndex)
        return true
    }

    /// Says what the message just appended is.
    ///
    /// - Parameter number: Nil when the audience is not told numbers.
    @inline(__always)
    func describeLast(number: Int64?, at time: Timestamp) {
        if let number { numbers.append(number) }
        times.append(time)
    }

    /// Says that the message just appended is a value of a metric; of none when it is empty.
    func describeLast(metric: String) { metrics.append(metric) }

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
        numbers.removeAll(keepingCapacity: numbers.capacity <= 1_024)
        times.removeAll(keepingCapacity: times.capacity <= 1_024)
        if subject != nil { (metrics, subject) = ([], nil) }
    }
}
