import NIOCore

/// Messages waiting for one connection, and the policy for those that do not fit.
///
/// Bounded in messages and in bytes. At the bound the arriving messages are lost to this connection only, and nobody waits;
/// that goes on until the queue is half empty, so that a slow consumer loses stretches and not every second message. Messages
/// are dropped whole, before their first byte. Bytes are counted as referenced: batches are shared.
///
/// A value of a metric that waits gives its place to a newer one of the same metric, before anything is dropped.
///
/// A numbered connection is told what it lost: one notice per room and stretch, in its place in the order. With the policy
/// `.replay` nothing is lost: the connection falls behind and its `Follower` reads from the log.
struct Outbox {
    struct Limits: Sendable, Equatable {
        /// Messages that may wait. At the bound arriving messages are dropped.
        var messages = 256
        /// Bytes that may wait, as referenced. At the bound arriving messages are dropped.
        var bytes = 262_144
    }

    /// What a full outbox does with the arriving messages of a numbered connection.
    enum Overflow: String, Sendable, CaseIterable { case drop, replay }

    /// How a connection keeps up.
    enum Condition: String, Sendable {
        case live
        /// It loses what arrives.
        case slow
        /// It reads from the log.
        case replaying
    }

    /// Messages of one batch, by index.
    private struct Entry {
        let batch: Batch
        var messages: Range<Int>

        var bytes: Range<Int> { batch.start(of: messages.lowerBound)..<batch.ends[messages.upperBound - 1] }
        var counted: Int { batch.isCounted ? messages.count : 0 }
    }

    /// What a waiting value of a metric is found by.
    private struct MetricKey: Hashable {
        let room: Room
        let subject: MetricSubject
        let name: String
    }

    /// Bytes handed to a socket that refused some: at least the started message, and whole ones up to this many bytes, so
    /// that one wake-up moves more than one message.
    static let chunk = 16_384

    private(set) var books = Books()
    private let limits: Limits
    private let overflow: Overflow
    private let audience: Audience
    private let sink: any FrameSink
    /// What the sink holds, completely or its rest.
    private var held: Entry?
    /// Waits behind what the sink holds: empty whenever that is nil. Live from `head` on.
    private var queue: [Entry] = []
    private var head = 0
    private var queuedMessages = 0
    private var queuedBytes = 0
    /// Replies in the queue.
    private(set) var queuedReplies = 0
    /// Entries that have left the front of `queue`.
    private var removed = 0
    /// Where the waiting value of each metric is, counted with those that have left. Only values behind the last reply: what a
    /// reply says must not be followed by something older.
    private var metrics: [MetricKey: Int] = [:]
    private var isClosed = false
    /// Whether arriving messages are being lost at the moment.
    private(set) var isDropping = false
    private(set) var condition = Condition.live {
        didSet { if condition != oldValue { sink.changed(to: condition, books) } }
    }
    /// The open stretch of each room whose messages are being lost: the one slot at the end of the queue. Bounded by the rooms
    /// of the connection; only of numbered ones.
    private(set) var lost: [Gap] = []
    /// A `.replay` connection has missed something and must leave the live rooms.
    private(set) var hasFallenBehind = false

    init(sink: some FrameSink, audience: Audience, limits: Limits, overflow: Overflow = .drop) {
        self.sink = sink
        self.audience = audience
        self.limits = limits
        // Only what is numbered can be found in the log again.
        self.overflow = audience.isNumbered ? overflow : .drop
    }

    /// Messages that wait behind what the sink holds: never above the limit, but for one page of a replay. Notices do not
    /// count: they are at most a few for each refill.
    var queued: Int { queuedMessages }
    /// Messages accepted and neither delivered nor dropped.
    var pending: Int { queuedMessages + (held?.counted ?? 0) }
    /// Whether the socket has taken everything, notices too.
    var isIdle: Bool { held == nil }
    /// When the click of the oldest waiting message was served; nil when no live message waits.
    var oldest: Timestamp? {
        if let held, held.batch.kind == .live { return held.batch.times[held.messages.lowerBound] }
        return queue[head...].first { $0.batch.kind == .live }.map { $0.batch.times[$0.messages.lowerBound] }
    }

    /// Delivers what the socket takes at once and queues, drops or defers the rest. `bytes` are the batch's. True when the
    /// socket took all of it.
    @inline(__always)
    mutating func deliver(_ batch: Batch, _ bytes: UnsafeRawBufferPointer) -> Bool {
        books.accepted += batch.count
        guard held == nil, !isClosed, !hasFallenBehind else {
            enqueue(batch, from: 0)
            return false
        }
        guard let taken = sink.offer(bytes) else {
            lose(batch.count)
            return false
        }
        guard taken < bytes.count else {
            books.delivered += batch.count
            return true
        }
        enqueue(batch, from: hold(batch, 0..<batch.count, from: taken))
        return false
    }

    /// The socket had nothing to send before this batch, was offered all of it, and took only the bytes up to `offset`.
    mutating func deliver(_ batch: Batch, from offset: Int) {
        books.accepted += batch.count
        guard held == nil, !isClosed, !hasFallenBehind else { preconditionFailure("sent past an outbox that holds") }
        enqueue(batch, from: hold(batch, 0..<batch.count, from: offset))
    }

    /// Sends a page of a replay, whatever the limits: one at a time, and the next when the socket has taken it.
    mutating func replay(_ page: Batch) {
        books.accepted += page.count
        push(page)
    }

    /// Sends a notice, whatever the limits: they are few and small.
    mutating func send(_ notice: Notice, in room: Room) {
        let batch = Batch(room: room, kind: .notice)
        batch.append { audience.wire.encode(notice, for: audience, into: &$0) }
        guard !batch.isEmpty else { return }
        push(batch)
    }

    /// Sends a frame for this connection alone, in its place in the order, whatever the limits: whoever asks for replies is not
    /// read from while too many wait.
    mutating func send(reply frame: ByteBuffer) {
        let batch = Batch(room: .totals, kind: .reply)
        batch.append { $0.writeImmutableBuffer(frame) > 0 }
        push(batch)
    }

    private mutating func push(_ batch: Batch) {
        guard !batch.isEmpty else { return }
        guard !isClosed else {
            if batch.isCounted { books.droppedClosed += batch.count }
            return
        }
        guard held == nil else { return append(Entry(batch: batch, messages: 0..<batch.count)) }
        let taken = batch.bytes.withUnsafeReadableBytes { sink.offer($0) }
        guard let taken else { return lose(batch.isCounted ? batch.count : 0) }
        guard taken < batch.bytes.readableBytes else {
            if batch.isCounted { books.delivered += batch.count }
            return
        }
        let next = hold(batch, 0..<batch.count, from: taken)
        if next < batch.count { append(Entry(batch: batch, messages: next..<batch.count)) }
    }

    /// These numbers of a room never reached this connection's loop.
    mutating func miss(_ numbers: ClosedRange<Int64>, of room: Room, epoch: Int32) {
        let count = numbers.count
        books.accepted += count
        guard !isClosed else {
            books.droppedClosed += count
            return
        }
        if overflow == .replay { books.deferred += count } else { books.droppedOverload += count }
        note(Gap(room: room, epoch: epoch, numbers: numbers, reason: .overload))
        guard overflow == .drop, audience.isNumbered else { return }
        // A peer that takes no notices at the moment gets one for all it misses meanwhile.
        if held == nil { endStretch() } else { (isDropping, condition) = (true, .slow) }
    }

    /// What the sink held is with the kernel; offers what waits.
    mutating func resume() {
        guard !isClosed else { return }
        if let entry = exchange(&held, with: nil) { delivered(entry) }
        while held == nil, let entry = popFirst() {
            let taken = entry.batch.bytes.withUnsafeReadableBytes {
                sink.offer(UnsafeRawBufferPointer(rebasing: $0[entry.bytes]))
            }
            guard let taken else { return lose(entry.counted) }
            guard taken < entry.bytes.count else {
                delivered(entry)
                continue
            }
            let next = hold(entry.batch, entry.messages, from: entry.bytes.lowerBound + taken)
            if next < entry.messages.upperBound {
                pushFirst(Entry(batch: entry.batch, messages: next..<entry.messages.upperBound))
            }
        }
        if isDropping, !hasFallenBehind, queuedMessages <= limits.messages / 2, queuedBytes <= limits.bytes / 2 {
            isDropping = false
            endStretch()
            condition = .live
        }
    }

    /// The connection has gone; what waits is dropped and later messages too.
    mutating func close() {
        guard !isClosed else { return }
        isClosed = true
        books.droppedClosed += pending
        held = nil
        queue = []
        head = 0
        queuedMessages = 0
        queuedBytes = 0
        queuedReplies = 0
        metrics = [:]
        lost = []
    }

    /// What this connection lost since it fell behind, by room; from now on it has lost nothing.
    mutating func takeLost() -> [Gap] {
        hasFallenBehind = false
        isDropping = false
        return exchange(&lost, with: [])
    }

    /// Every room is live: again, or for the first time.
    mutating func caughtUp() { if condition == .replaying { condition = .live } }

    private mutating func lose(_ count: Int) {
        books.droppedClosed += count
        close()
    }

    private mutating func delivered(_ entry: Entry) {
        books.delivered += entry.counted
        if entry.batch.kind == .live { sink.delivered(entry.batch, entry.messages) }
    }

    /// The socket took the batch's bytes up to `offset` and no more: the message it stopped in goes to the sink, with the
    /// whole ones after it that fit a chunk. Returns the first of `messages` that waits.
    private mutating func hold(_ batch: Batch, _ messages: Range<Int>, from offset: Int) -> Int {
        let started = batch.message(at: offset)
        if started > messages.lowerBound { delivered(Entry(batch: batch, messages: messages.lowerBound..<started)) }
        var next = started + 1
        while next < messages.upperBound, batch.ends[next] - offset <= Self.chunk { next += 1 }
        held = Entry(batch: batch, messages: started..<next)
        sink.hold(batch.bytes.getSlice(at: offset, length: batch.ends[next - 1] - offset)!)
        return next
    }

    private mutating func popFirst() -> Entry? {
        guard head < queue.count else {
            removed += queue.count
            queue.removeAll(keepingCapacity: false)
            head = 0
            metrics = [:]
            return nil
        }
        let entry = queue[head]
        head += 1
        queuedMessages -= entry.counted
        queuedBytes -= entry.bytes.count
        if entry.batch.kind == .reply { queuedReplies -= 1 }
        return entry
    }

    /// Puts the rest of the entry just popped back.
    private mutating func pushFirst(_ entry: Entry) {
        head -= 1
        queue[head] = entry
        queuedMessages += entry.counted
        queuedBytes += entry.bytes.count
        if entry.batch.kind == .reply { queuedReplies += 1 }
    }

    private mutating func append(_ entry: Entry) {
        // Popped entries are kept until the queue runs dry; a queue that never does must not grow by them.
        if head > limits.messages {
            queue.removeFirst(head)
            removed += head
            head = 0
        }
        queue.append(entry)
        queuedMessages += entry.counted
        queuedBytes += entry.bytes.count
        guard entry.batch.kind == .reply else { return }
        queuedReplies += 1
        metrics = [:]
    }

    /// Queues the batch's messages from `first` on as far as they fit; drops or defers the others.
    private mutating func enqueue(_ batch: Batch, from first: Int) {
        guard !isClosed else {
            books.droppedClosed += batch.count - first
            return
        }
        guard batch.subject == nil else { return enqueueMetrics(batch, from: first) }
        var end = first
        if !isDropping {
            let messageRoom = limits.messages - queuedMessages
            let byteLimit = batch.start(of: first) + limits.bytes - queuedBytes
            while end < batch.count, end - first < messageRoom, batch.ends[end] <= byteLimit { end += 1 }
        }
        if end > first { append(Entry(batch: batch, messages: first..<end)) }
        guard end < batch.count else { return }
        isDropping = true
        drop(batch, from: end)
        condition = overflow == .replay ? .replaying : .slow
    }

    /// Message by message: each takes the place of the one it makes worthless, or waits like any other.
    private mutating func enqueueMetrics(_ batch: Batch, from first: Int) {
        for index in first..<batch.count {
            let entry = Entry(batch: batch, messages: index..<index + 1)
            let key = batch.subject.map { MetricKey(room: batch.room, subject: $0, name: batch.metrics[index]) }
            let isMetric = !batch.metrics[index].isEmpty
            if isMetric, let key, let place = metrics[key], place - removed >= head {
                queuedBytes += entry.bytes.count - queue[place - removed].bytes.count
                queue[place - removed] = entry
                books.droppedConflated += 1
            } else if !isDropping, queuedMessages < limits.messages, queuedBytes + entry.bytes.count <= limits.bytes {
                append(entry)
                if isMetric, let key { metrics[key] = removed + queue.count - 1 }
            } else {
                isDropping = true
                books.droppedFull += 1
                condition = .slow
            }
        }
    }

    private mutating func drop(_ batch: Batch, from first: Int) {
        let count = batch.count - first
        if overflow == .replay { books.deferred += count } else { books.droppedFull += count }
        guard let number = batch.numbers.dropFirst(first).first(where: { $0 > 0 }),
            let last = batch.numbers.last(where: { $0 > 0 })
        else { return }
        note(Gap(room: batch.room, epoch: batch.epoch, numbers: number...last, reason: .slow))
    }

    /// Adds to the room's stretch.
    private mutating func note(_ gap: Gap) {
        guard audience.isNumbered else { return }
        if overflow == .replay { (hasFallenBehind, isDropping, condition) = (true, true, .replaying) }
        if let index = lost.firstIndex(where: { $0.room == gap.room }) {
            lost[index].numbers = lost[index].numbers.lowerBound...gap.numbers.upperBound
        } else {
            lost.append(gap)
        }
    }

    /// Tells what the stretch cost, behind what was queued before it, whether or not another event follows.
    private mutating func endStretch() {
        guard overflow == .drop else { return }
        for gap in exchange(&lost, with: []) {
            books.gaps += 1
            books.announced += gap.count
            send(.gap(gap), in: gap.room)
        }
    }
}
