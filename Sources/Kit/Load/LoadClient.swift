import Glibc

/// One WebSocket client of a load test: connects, joins its feed, reads as its model says, and recounts what it got.
///
/// Belongs to the generator's thread. Bounded: a frame that a read cut, one message under way, and 16 KiB of a head.
final class LoadClient {
    enum Stage {
        case idle, connecting, upgrading, open
        /// We asked the server to close.
        case leaving
    }

    let index: Int
    let feed: Int
    let model: ClientModel
    /// Whether its latencies are looked at; in the isolation test the neighbours' are not.
    let isMeasured: Bool
    /// Among those the run ticks.
    var isListed = false

    private(set) var stage = Stage.idle
    private(set) var tally = Tally()
    private(set) var latencies = SmallHistogram()
    private(set) var reconnects = 0
    private(set) var closeCode: UInt16?
    /// Of the connections before.
    private(set) var lastCloseCode: UInt16?
    /// The server's name for the latest connection, and what came over that one.
    private(set) var connection: String?
    private(set) var receivedHere = 0
    private(set) var namedHere = 0
    private(set) var bytesRead = 0
    private var receivedWindow = WindowCount()
    /// It was open at least once.
    private(set) var hasJoined = false
    /// What this model is there for has happened: its slow handshake was refused, its reset was survived.
    private(set) var outcomes = 0
    /// Reads whatever comes: the end of the run.
    var isUnleashed = false {
        didSet { if isUnleashed { unleash() } }
    }

    private static let handshakeLimit: Int64 = 10_000_000_000
    private static let longestHead = 16_384
    /// Small, and set before connecting: otherwise the kernel would take megabytes for a client that does not read. Not smaller:
    /// with a few KiB the kernel is so slow to offer room again that a client which reads stays behind for seconds.
    private static let slowReceiveBuffer: Int32 = 32_768
    /// For the way to the end, which must not wait for small windows.
    private static let widened: Int32 = 1 << 20

    private unowned let run: LoadRun
    private var descriptor: Int32 = -1
    private var frames = FrameReader()
    private var head: [UInt8] = []
    private var outbound: [UInt8] = []
    /// When this stage began, the next attempt is due, or the model does the next thing.
    private var since: Int64 = 0
    private var next: Int64 = 0
    private var began: Int64 = 0
    private var interest: Poller.Interest = []
    private var isReading = true
    /// Reading again after a stall: the first event due after this is fresh.
    private var resumed: Int64?
    private var attempts = 0
    /// What the server asked for when it stopped, in nanoseconds.
    private var returnDelay: Int64?
    private var hasFrame = false

    init(_ index: Int, feed: Int, model: ClientModel, isMeasured: Bool, run: LoadRun) {
        (self.index, self.feed, self.model, self.isMeasured) = (index, feed, model, isMeasured)
        self.run = run
    }

    var isFast: Bool { model == .fast }

    /// It was there, and stays to the end of the run.
    var owesItsEnd: Bool { hasJoined && !model.isPassing }

    /// Whether `tick` has something to do for it.
    var isTimed: Bool { stage != .open || model.isTimed || !outbound.isEmpty }

    var receivedWhileMeasured: Int { receivedWindow.counted(tally.received) }

    /// Measuring begins, or ends.
    func markWindow() { receivedWindow.mark(tally.received) }

    // MARK: Connecting

    /// Begins an upgrade. What fails is counted and, unless the run is over, tried again.
    func connect(at now: Int64) {
        (stage, since, began, attempts) = (.connecting, now, now, attempts + 1)
        frames.reset()
        head = []
        (connection, receivedHere, namedHere, hasFrame, bytesRead) = (nil, 0, 0, false, 0)
        lastCloseCode = closeCode ?? lastCloseCode
        closeCode = nil
        do {
            guard let descriptor = try run.openSocket(receiveBuffer: model.isStalled ? Self.slowReceiveBuffer : nil)
            else {
                return fail("local_port_exhausted", at: now)
            }
            self.descriptor = descriptor
            interest = .write
            try run.poller.add(descriptor, tag: UInt32(index), interest: interest)
        } catch {
            fail("local_socket", "\(error)", at: now)
        }
    }

    private func connected(at now: Int64) {
        let code = StreamSocket.connectError(descriptor)
        guard code == 0 else {
            return fail(code == ECONNREFUSED ? "refused" : "connect", String(cString: strerror(code)), at: now)
        }
        run.score.record(.connect, now - since)
        stage = .upgrading
        outbound = run.upgradeRequest(feed, behind: hasJoined && run.dialect.canResume ? tally.last : nil)
        setReading(true)
        if model == .slowHandshake { next = now } else { flush(at: now) }
    }

    private func receiveHead(_ bytes: UnsafeRawBufferPointer, at now: Int64) {
        let before = head.count
        head.append(contentsOf: bytes.prefix(Self.longestHead))
        guard let end = UpgradeHead.end(of: head) else {
            if head.count >= Self.longestHead { fail("protocol", "an endless answer to the upgrade", at: now) }
            return
        }
        guard let answer = UpgradeHead(head[..<end]) else { return fail("protocol", "no HTTP", at: now) }
        guard answer.status == 101 else { return refused(answer.status, at: now) }
        guard answer["sec-websocket-accept"] == run.accept else {
            return fail("protocol", "a handshake that does not answer ours", at: now)
        }
        // None was offered (RFC 6455 §4.1).
        guard answer["sec-websocket-extensions"] == nil else {
            return fail("protocol", "an extension nobody asked for", at: now)
        }
        head = []
        join(run.dialect.opened(feed, answer.headers), at: now)
        let rest = UnsafeRawBufferPointer(rebasing: bytes[(end - before)...])
        // Also when it is leaving already: what came with the head has come.
        if !rest.isEmpty, descriptor >= 0 { receive(rest, at: now) }
    }

    private func refused(_ status: Int, at now: Int64) {
        if model == .slowHandshake { outcomes += 1 } else { run.score.noteError("http_status_\(status)", "upgrade") }
        close(at: now)
    }

    private func join(_ opening: LoadOpening, at now: Int64) {
        run.score.record(.upgrade, now - since)
        (stage, since) = (.open, now)
        connection = opening.connection
        if let connection { run.score.connections.append(connection) }
        let start = opening.start ?? run.startOfFeed(feed)
        if hasJoined, !run.dialect.canResume {
            tally.resumeBlindly()
        } else if let start, !run.dialect.isTotals {
            tally.begin(at: start)
        }
        if hasJoined { reconnects += 1 }
        hasJoined = true
        attempts = 0
        for message in run.dialect.hello(of: feed) { send(.text, Array(message.utf8), at: now) }
        begin(at: now)
    }

    /// What the model does once it is open.
    private func begin(at now: Int64) {
        guard !isUnleashed else { return }
        switch model {
        case .never: setReading(false)
        case .stall(let on, _): next = now + on.nanoseconds
        case .reset(let every):
            next = now + Int64(Double(every.nanoseconds) * Double.random(in: 0.5...1.5, using: &run.random))
        case .churn:
            send(.close, [0x03, 0xE8], at: now)
            if stage == .open { (stage, since) = (.leaving, now) }
        default: break
        }
    }

    // MARK: Reading

    /// The poller has something to say about this client's socket.
    func handle(_ ready: Poller.Interest, at now: Int64) {
        guard descriptor >= 0 else { return }
        if stage == .connecting { return connected(at: now) }
        if ready.contains(.write) { flush(at: now) }
        guard descriptor >= 0, ready.contains(.read) else { return }
        // A socket that is broken is read to its end, whatever the model.
        if !isReading, ready.isDisjoint(with: .trouble) { return }
        read(run.poller.scratch, at: now)
    }

    /// - Returns: bytes read.
    @discardableResult
    private func read(_ buffer: UnsafeMutableRawBufferPointer, at now: Int64) -> Int {
        switch StreamSocket.receive(descriptor, into: buffer) {
        case .nothingYet: return 0
        case .closed:
            lost(at: now)
            return 0
        case .bytes(let count):
            // The moment it was here, not the moment the poller woke for a hundred others.
            let now = run.now()
            bytesRead += count
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            if stage == .upgrading { receiveHead(bytes, at: now) } else { receive(bytes, at: now) }
            return count
        }
    }

    @inline(__always)
    private func receive(_ bytes: UnsafeRawBufferPointer, at now: Int64) {
        do {
            try frames.read(bytes) { opcode, payload in
                switch opcode {
                case .text, .binary, .continuation: hear(payload, at: now)
                case .ping: if model != .noPong { send(.pong, Array(payload), at: now) }
                case .close:
                    closeCode = payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil
                    if stage != .leaving { send(.close, Array(payload.prefix(2)), at: now) }
                case .pong: break
                }
            }
        } catch {
            fail("protocol", (error as? FrameReader.Broken)?.reason ?? "\(error)", at: now)
        }
    }

    @inline(__always)
    private func hear(_ message: UnsafeRawBufferPointer, at now: Int64) {
        switch run.dialect.read(message, of: feed) {
        case .event(let epoch, let number, let sentAt):
            take(epoch, number, sentAt, message.count, at: now)
        case .total(let number):
            let superseded = tally.supersede(before: number)
            namedHere += superseded
            run.score.named += superseded
            take(tally.last.epoch, number, nil, message.count, at: now)
        case .begins(let number):
            tally.begin(atTotal: number, epoch: run.setup.feeds[feed].epoch)
        case .asked(let answer):
            if model != .noPong { send(.text, Array(answer.utf8), at: now) }
            return
        case .gap(let gap):
            namedHere += gap.count
            run.score.named += gap.count
            tally.name(gap.epoch, gap.numbers)
        case .hole(let hole): tally.hole(hole)
        case .reached(let position): tally.reach(position)
        case .restart(let milliseconds): returnDelay = Int64(milliseconds) * 1_000_000
        case .broken(let reason): return run.score.noteError("protocol", reason)
        case .other: return
        }
        if !hasFrame {
            hasFrame = true
            run.score.record(.firstMessage, now - since)
        }
    }

    /// An event of `length` bytes.
    @inline(__always)
    private func take(_ epoch: Int32, _ number: Int64, _ sentAt: Int64?, _ length: Int, at now: Int64) {
        guard number <= run.highestPossible(feed) else {
            return run.score.noteError("protocol", "number \(number), which was never given")
        }
        receivedHere += 1
        run.score.eventBytes += length + (length < 126 ? 2 : 4)
        guard tally.receive(epoch, number) else { return }
        if let late = run.score.noteDelivery(
            number, feed: feed, isFast: isFast, isMeasured: isMeasured, dueInside: sentAt, at: now)
        {
            latencies.record(late)
        }
        if resumed != nil { noteFresh(number, at: now) }
    }

    private func noteFresh(_ number: Int64, at now: Int64) {
        guard let resumed, let due = run.score.due(number, feed: feed), due >= resumed else { return }
        run.score.noteFresh(since: resumed, at: now)
        self.resumed = nil
    }

    // MARK: The model's clock

    /// Called every 10 ms while `isTimed`.
    func tick(at now: Int64) {
        switch stage {
        case .idle:
            if now >= next, run.isReconnecting(self) { connect(at: now) }
        case .connecting, .upgrading:
            if model == .slowHandshake, stage == .upgrading { return sendByte(at: now) }
            if now - since > Self.handshakeLimit {
                fail(stage == .connecting ? "timeout_connect" : "timeout_upgrade", at: now)
            }
        case .leaving:
            if now - since > Self.handshakeLimit { fail("timeout_close", at: now) }
        case .open:
            if !isUnleashed { act(at: now) }
        }
    }

    private func act(at now: Int64) {
        switch model {
        case .trickle(let bytesPerSecond): trickle(bytesPerSecond, at: now)
        case .stall(let on, let off):
            guard now >= next else { return }
            setReading(!isReading)
            next = now + (isReading ? on : off).nanoseconds
            // What takes longer than it reads goes on being waited for.
            if isReading, resumed == nil { resumed = now }
        case .reset:
            // In the middle of a frame when one is cut; a reset all the same when there is none.
            guard now >= next else { return }
            outcomes += 1
            close(at: now)
        default: break
        }
    }

    private func trickle(_ bytesPerSecond: Int, at now: Int64) {
        setReading(false)
        let allowed = Int(Double(now - since) / 1e9 * Double(bytesPerSecond)) - bytesRead
        guard allowed > 0 else { return }
        read(
            UnsafeMutableRawBufferPointer(rebasing: run.poller.scratch[..<min(allowed, run.poller.scratch.count)]),
            at: now)
    }

    /// The upgrade request byte by byte, until the server has had enough of it.
    private func sendByte(at now: Int64) {
        guard now >= next else { return }
        next = now + 1_000_000_000
        guard let byte = outbound.first else { return }
        let sent = withUnsafeBytes(of: byte) { StreamSocket.send(descriptor, $0) }
        guard let sent else { return lost(at: now) }
        if sent == 1 { outbound.removeFirst() }
    }

    // MARK: Writing and ending

    /// Bytes that wait for the socket.
    var backlog: Int { outbound.count }

    func send(_ opcode: FrameReader.Opcode, _ payload: [UInt8], at now: Int64) {
        outbound += ClientFrame.bytes(opcode, payload, key: UInt32(truncatingIfNeeded: run.random.next()))
        flush(at: now)
    }

    private func flush(at now: Int64) {
        guard model != .slowHandshake || stage != .upgrading else { return }
        if !outbound.isEmpty {
            guard let sent = outbound.withUnsafeBytes({ StreamSocket.send(descriptor, $0) }) else {
                return lost(at: now)
            }
            outbound.removeFirst(sent)
        }
        register()
    }

    private func unleash() {
        if descriptor >= 0, model.isStalled { StreamSocket.set(descriptor, SOL_SOCKET, SO_RCVBUF, Self.widened) }
        setReading(true)
    }

    private func setReading(_ reads: Bool) {
        isReading = reads
        register()
    }

    private func register() {
        guard descriptor >= 0 else { return }
        var wanted: Poller.Interest = isReading ? .read : []
        if !outbound.isEmpty, model != .slowHandshake { wanted.insert(.write) }
        guard wanted != interest else { return }
        interest = wanted
        // Only a descriptor the kernel does not know could be refused.
        try? run.poller.modify(descriptor, tag: UInt32(index), interest: wanted)
    }

    /// The server closed the connection, or it broke.
    private func lost(at now: Int64) {
        switch (stage, model) {
        case (.upgrading, .slowHandshake): outcomes += 1
        case (.leaving, _): outcomes += 1
        case (.open, _): run.score.noteClose(closeCode)
        default: run.score.noteError("reset", "while \(stage)")
        }
        close(at: now)
    }

    private func fail(_ kind: String, _ sample: String? = nil, at now: Int64) {
        run.score.noteError(kind, sample)
        close(at: now)
    }

    /// Ends this connection; the next attempt, where there is one, comes with growing and random delay.
    func close(at now: Int64) {
        if descriptor >= 0 { Glibc.close(descriptor) }
        (descriptor, stage, interest, isReading) = (-1, .idle, [], true)
        outbound = []
        if case .churn(let perSecond) = model {
            next = began + Int64(min(1e9 / perSecond, 3.6e12))
            return
        }
        if let wish = returnDelay {
            returnDelay = nil
            next = now + wish
            return
        }
        let backoff: Int64 = min(50_000_000 << Int64(min(attempts, 5)), 1_000_000_000)
        next = now + Int64.random(in: backoff / 2...backoff, using: &run.random)
    }
}

extension ClientModel {
    /// Comes and goes: nobody waits for it to have everything.
    var isPassing: Bool { role == .churn }

    /// Has something to do at times of its own.
    fileprivate var isTimed: Bool {
        switch self {
        case .trickle, .stall, .reset: true
        default: false
        }
    }
}

extension Duration {
    var nanoseconds: Int64 { Int64(self / .nanoseconds(1)) }
}
