import Glibc

/// One HTTP connection that makes events, and says when they were acknowledged.
///
/// Belongs to the generator's thread. Bounded by the run: it sends nothing while too many are under way. When the server closes
/// the connection it connects again; what was sent and not answered is then in doubt, and never sent twice. Behind an answer that
/// says it is the last, nothing is in doubt: the server did not act on it (RFC 9112 §9.6), and it is sent on the next connection.
final class Publisher {
    /// One event on its way.
    private struct Item {
        let feed: Int
        let number: Int64
        let due: Int64
        var isCounted = false
    }

    let tag: UInt32
    private unowned let run: LoadRun
    private let isPipelined: Bool
    private var descriptor: Int32 = -1
    private var isConnected = false
    private var interest: Poller.Interest = []
    /// Bytes to send, those before `sentBytes` are sent.
    private var outbound: [UInt8] = []
    private var sentBytes = 0
    /// Sent and not answered, the oldest at `oldest`.
    private var pending: [Item] = []
    private var oldest = 0
    /// Not sent yet: a connection that is not there, or takes one at a time.
    private var waiting: [Item] = []
    private var firstWaiting = 0
    private var answers = AnswerReader()
    private var retry: Int64 = 0
    private var failures = 0
    private(set) var unanswered = 0

    init(tag: UInt32, isPipelined: Bool, run: LoadRun) {
        (self.tag, self.isPipelined, self.run) = (tag, isPipelined, run)
    }

    /// Events not acknowledged.
    var outstanding: Int { pending.count - oldest + waiting.count - firstWaiting }

    /// Takes an event on; it goes out with `flush`, or when the connection can.
    func publish(feed: Int, number: Int64, due: Int64) {
        waiting.append(Item(feed: feed, number: number, due: due))
    }

    /// Sends what can be sent.
    func flush(at now: Int64) {
        guard descriptor >= 0 else { return connect(at: now) }
        guard isConnected else { return }
        while firstWaiting < waiting.count, isPipelined || pending.count == oldest {
            var item = waiting[firstWaiting]
            firstWaiting += 1
            run.write(feed: item.feed, number: item.number, due: item.due, to: &outbound)
            let isNew = !exchange(&item.isCounted, with: true)
            pending.append(item)
            guard isNew else { continue }
            run.score.noteSent(run.isMapped(item.feed) ? item.number : 0, feed: item.feed, due: item.due, at: now)
        }
        if firstWaiting == waiting.count, firstWaiting > 0 {
            waiting.removeAll(keepingCapacity: true)
            firstWaiting = 0
        }
        write(at: now)
    }

    /// Connects when it is time to, also with nothing to send: the first event should not pay for it.
    func connect(at now: Int64) {
        guard descriptor < 0, now >= retry, run.mayPublish else { return }
        do {
            guard let descriptor = try run.openPublisherSocket() else {
                retry = now + 100_000_000
                return run.score.noteError("local_port_exhausted")
            }
            self.descriptor = descriptor
            interest = .write
            try run.poller.add(descriptor, tag: tag, interest: interest)
        } catch {
            run.score.noteError("local_socket", "\(error)")
            lost(at: now)
        }
    }

    func handle(_ ready: Poller.Interest, at now: Int64) {
        guard descriptor >= 0 else { return }
        if !isConnected {
            let code = StreamSocket.connectError(descriptor)
            guard code == 0 else {
                run.score.noteError(code == ECONNREFUSED ? "refused" : "connect", "publisher")
                return lost(at: now)
            }
            (isConnected, failures) = (true, 0)
            return flush(at: now)
        }
        if ready.contains(.write) { write(at: now) }
        guard descriptor >= 0, ready.contains(.read) else { return }
        switch StreamSocket.receive(descriptor, into: run.poller.scratch) {
        case .nothingYet: break
        case .closed: lost(at: now)
        case .bytes(let count): read(UnsafeRawBufferPointer(rebasing: run.poller.scratch[..<count]))
        }
    }

    private func read(_ bytes: UnsafeRawBufferPointer) {
        let now = run.now()
        var closes = false
        do {
            try answers.read(bytes) { status, isLast in
                answered(status, at: now)
                if isLast { closes = true }
            }
        } catch {
            run.score.noteError("protocol", "\(error)")
            return lost(at: now)
        }
        if closes {
            takeBack()
            return lost(at: now)
        }
        if firstWaiting < waiting.count { flush(at: now) }
    }

    private func answered(_ status: Int, at now: Int64) {
        guard oldest < pending.count else { return run.score.noteError("protocol", "an answer nobody asked for") }
        let item = pending[oldest]
        oldest += 1
        if oldest == pending.count {
            pending.removeAll(keepingCapacity: true)
            oldest = 0
        } else if oldest >= 65_536 {
            pending.removeFirst(oldest)
            oldest = 0
        }
        guard status < 400 else {
            run.publisherLost([item.number])
            return run.score.noteError("http_status_\(status)", "event \(item.number)")
        }
        run.score.noteAnswer(item.number, due: item.due, feed: item.feed, at: now)
    }

    /// What the server will not answer on this connection waits for the next, in its place.
    private func takeBack() {
        guard oldest < pending.count else { return }
        waiting.replaceSubrange(..<firstWaiting, with: pending[oldest...])
        firstWaiting = 0
        pending.removeAll(keepingCapacity: true)
        oldest = 0
    }

    private func write(at now: Int64) {
        if !outbound.isEmpty {
            let sent = outbound.withUnsafeBytes { bytes in
                StreamSocket.send(descriptor, UnsafeRawBufferPointer(rebasing: bytes[sentBytes...]))
            }
            guard let sent else { return lost(at: now) }
            sentBytes += sent
            if sentBytes == outbound.count {
                outbound.removeAll(keepingCapacity: true)
                sentBytes = 0
            } else if sentBytes > 1 << 20 {
                outbound.removeFirst(sentBytes)
                sentBytes = 0
            }
        }
        let wanted: Poller.Interest = outbound.isEmpty ? .read : [.read, .write]
        guard wanted != interest else { return }
        interest = wanted
        // Only a descriptor the kernel does not know could be refused.
        try? run.poller.modify(descriptor, tag: tag, interest: wanted)
    }

    /// The connection is gone. What was under way may or may not have happened.
    private func lost(at now: Int64) {
        if descriptor >= 0 { Glibc.close(descriptor) }
        unanswered += pending.count - oldest
        if pending.count > oldest { run.publisherLost(pending[oldest...].map(\.number)) }
        pending.removeAll(keepingCapacity: true)
        (oldest, descriptor, isConnected, outbound, sentBytes) = (0, -1, false, [], 0)
        answers = AnswerReader()
        failures += 1
        // A server that closes after each answer is connected to at once; one that is not there, with a delay.
        retry = failures < 3 ? now : now + 50_000_000
        if failures < 3 { connect(at: now) }
    }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }
}

/// HTTP answers on one connection, however the reads cut them: their statuses, in order.
struct AnswerReader {
    private static let longestHead = 16_384
    private var carry: [UInt8] = []
    private var bodyLeft = 0
    private var chunks: ChunkedBody?
    private var head: ResponseHead?

    /// - Parameter hear: Gets the status, and whether the server closes after this answer.
    /// - Throws: `SystemError.failed` on what is no HTTP/1.
    mutating func read(_ bytes: UnsafeRawBufferPointer, _ hear: (Int, Bool) -> Void) throws {
        var at = 0
        while true {
            if let head {
                guard try skipBody(bytes, &at) else { return }
                self.head = nil
                hear(head.status, head.closes)
            }
            guard at < bytes.count else { return }
            let rest = UnsafeRawBufferPointer(rebasing: bytes[at...])
            let before = carry.count
            var found = carry.isEmpty ? try ResponseHead.parse(rest) : nil
            if found == nil {
                carry.append(contentsOf: rest.prefix(Self.longestHead))
                found = try carry.withUnsafeBytes { try ResponseHead.parse($0) }
                guard found != nil else {
                    if carry.count >= Self.longestHead { throw SystemError.failed("an answer's head above 16 KiB") }
                    return
                }
                carry.removeAll(keepingCapacity: true)
            }
            guard let found else { return }
            at += found.byteCount - before
            // Only announces the answer (RFC 9110 §15.2).
            guard found.status >= 200 else { continue }
            (head, bodyLeft, chunks) = (found, found.contentLength, found.isChunked ? ChunkedBody() : nil)
        }
    }

    /// - Returns: whether the body ends in these bytes.
    private mutating func skipBody(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) throws -> Bool {
        guard chunks != nil else {
            let step = min(bodyLeft, bytes.count - at)
            at += step
            bodyLeft -= step
            return bodyLeft == 0
        }
        let read = try chunks?.read(UnsafeRawBufferPointer(rebasing: bytes[at...]))
        at += read?.count ?? 0
        return read?.isComplete ?? true
    }
}
