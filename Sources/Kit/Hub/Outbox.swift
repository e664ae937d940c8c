import NIOCore

/// Messages waiting for one connection, and the policy for those that do not fit.
///
/// Bounded in messages and in bytes. At the bound the arriving messages are dropped for this connection only, counted, and
/// nobody waits; dropping goes on until the queue is half empty, so that a slow consumer loses stretches and not every
/// second message. Messages are dropped whole, before their first byte. Bytes are counted as referenced: batches are shared.
///
/// The books: `accepted == delivered + dropped + pending`, at every moment.
struct Outbox {
    struct Limits: Sendable, Equatable {
        /// Messages that may wait. At the bound arriving messages are dropped.
        var messages = 256
        /// Bytes that may wait, as referenced. At the bound arriving messages are dropped.
        var bytes = 262_144
    }

    struct Books: Sendable, Equatable {
        /// Messages addressed to this connection.
        var accepted = 0
        /// Messages handed to the kernel.
        var delivered = 0
        /// Messages that found the outbox full.
        var droppedFull = 0
        /// Messages that were waiting, or arrived, when the connection had gone.
        var droppedClosed = 0

        var dropped: Int { droppedFull + droppedClosed }

        static func += (total: inout Books, books: Books) {
            total.accepted += books.accepted
            total.delivered += books.delivered
            total.droppedFull += books.droppedFull
            total.droppedClosed += books.droppedClosed
        }
    }

    /// Messages of one batch, by index.
    private struct Entry {
        let batch: Batch
        var messages: Range<Int>

        var bytes: Range<Int> { batch.start(of: messages.lowerBound)..<batch.ends[messages.upperBound - 1] }
    }

    /// Bytes handed to a socket that refused some: at least the started message, and whole ones up to this many bytes, so
    /// that one wake-up moves more than one message.
    static let chunk = 16_384

    private(set) var books = Books()
    private let limits: Limits
    private let sink: any FrameSink
    /// Waits behind what the sink holds: empty whenever `held` is 0. Live from `head` on.
    private var queue: [Entry] = []
    private var head = 0
    private var queuedMessages = 0
    private var queuedBytes = 0
    /// Messages the sink holds, completely or their rest.
    private var held = 0
    private var isClosed = false
    /// Whether arriving messages are being dropped at the moment.
    private(set) var isDropping = false

    init(sink: some FrameSink, limits: Limits) {
        self.sink = sink
        self.limits = limits
    }

    /// Messages that wait behind what the sink holds: never above the limit.
    var queued: Int { queuedMessages }
    /// Messages accepted and neither delivered nor dropped.
    var pending: Int { queuedMessages + held }

    /// Delivers what the socket takes at once and queues or drops the rest. `bytes` are the batch's.
    @inline(__always)
    mutating func deliver(_ batch: Batch, _ bytes: UnsafeRawBufferPointer) {
        books.accepted += batch.count
        guard held == 0, !isClosed else { return enqueue(batch, from: 0) }
        guard let taken = sink.offer(bytes) else { return lose(batch.count) }
        guard taken < bytes.count else {
            books.delivered += batch.count
            return
        }
        enqueue(batch, from: hold(batch, 0..<batch.count, from: taken))
    }

    /// What the sink held is with the kernel; offers what waits.
    mutating func resume() {
        guard !isClosed else { return }
        books.delivered += exchange(&held, with: 0)
        while held == 0, let entry = popFirst() {
            let taken = entry.batch.bytes.withUnsafeReadableBytes {
                sink.offer(UnsafeRawBufferPointer(rebasing: $0[entry.bytes]))
            }
            guard let taken else { return lose(entry.messages.count) }
            guard taken < entry.bytes.count else {
                books.delivered += entry.messages.count
                continue
            }
            let next = hold(entry.batch, entry.messages, from: entry.bytes.lowerBound + taken)
            if next < entry.messages.upperBound {
                pushFirst(Entry(batch: entry.batch, messages: next..<entry.messages.upperBound))
            }
        }
        if isDropping, queuedMessages <= limits.messages / 2, queuedBytes <= limits.bytes / 2 { isDropping = false }
    }

    /// The connection has gone; what waits is dropped and later messages too.
    mutating func close() {
        guard !isClosed else { return }
        isClosed = true
        books.droppedClosed += pending
        queue = []
        head = 0
        queuedMessages = 0
        queuedBytes = 0
        held = 0
    }

    private mutating func lose(_ count: Int) {
        books.droppedClosed += count
        close()
    }

    /// The socket took the batch's bytes up to `offset` and no more: the message it stopped in goes to the sink, with the
    /// whole ones after it that fit a chunk. Returns the first of `messages` that waits.
    private mutating func hold(_ batch: Batch, _ messages: Range<Int>, from offset: Int) -> Int {
        let started = batch.message(at: offset)
        books.delivered += started - messages.lowerBound
        var next = started + 1
        while next < messages.upperBound, batch.ends[next] - offset <= Self.chunk { next += 1 }
        held = next - started
        sink.hold(batch.bytes.getSlice(at: offset, length: batch.ends[next - 1] - offset)!)
        return next
    }

    private mutating func popFirst() -> Entry? {
        guard head < queue.count else {
            queue.removeAll(keepingCapacity: false)
            head = 0
            return nil
        }
        let entry = queue[head]
        head += 1
        queuedMessages -= entry.messages.count
        queuedBytes -= entry.bytes.count
        return entry
    }

    /// Puts the rest of the entry just popped back.
    private mutating func pushFirst(_ entry: Entry) {
        head -= 1
        queue[head] = entry
        queuedMessages += entry.messages.count
        queuedBytes += entry.bytes.count
    }

    /// Queues the batch's messages from `first` on as far as they fit; drops the others.
    private mutating func enqueue(_ batch: Batch, from first: Int) {
        guard !isClosed else {
            books.droppedClosed += batch.count - first
            return
        }
        var end = first
        if !isDropping {
            let messageRoom = limits.messages - queuedMessages
            let byteLimit = batch.start(of: first) + limits.bytes - queuedBytes
            while end < batch.count, end - first < messageRoom, batch.ends[end] <= byteLimit { end += 1 }
        }
        if end > first {
            let entry = Entry(batch: batch, messages: first..<end)
            // Popped entries are kept until the queue runs dry; a queue that never does must not grow by them.
            if head > limits.messages {
                queue.removeFirst(head)
                head = 0
            }
            queue.append(entry)
            queuedMessages += entry.messages.count
            queuedBytes += entry.bytes.count
        }
        if end < batch.count {
            isDropping = true
            books.droppedFull += batch.count - end
        }
    }
}
