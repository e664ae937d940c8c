import Logging
import NIOCore
import Synchronization

/// Whom the hub delivers to, as its loop keeps them: a connection, or a session that outlives its connections.
protocol HubClient: AnyObject {
    var admission: Admission { get }
    var openedAt: NIODeadline { get }
    /// Nil once it has gone.
    var subscriber: Subscriber? { get }
    /// Why it was ended; nil while it is open or when the peer just went away.
    var closeCode: CloseCode? { get }
    var isClosing: Bool { get }
    /// Whether what it was opened by, or has presented since, has been revoked.
    var isRevoked: Bool { get }
    /// The server is stopping: nothing new is delivered; what waits still goes out, then when to come back, then the end.
    func stop(returningAfter delay: Duration)
    /// Ends it and tells the peer why, in its protocol's way.
    func end(_ code: CloseCode, _ reason: String)
    /// Ends it without another word.
    func abort()
}

extension HubClient {
    func endRevoked() { end(.revoked, "the credential was revoked; get a new one") }
}

/// One connection the hub delivers to: a WebSocket or an event stream. Confined to its loop.
///
/// Frames are sent straight to the kernel; what it refuses waits here, and until that has gone nothing is sent before it:
/// bytes never overtake one another.
class LiveConnection: SocketHandler, FrameSink, HubClient, Timed {
    let server: ServerLoop
    let admission: Admission
    let openedAt = NIODeadline.now()
    private(set) final var subscriber: Subscriber? { didSet { letThrough() } }
    private final var socket: LoopSocket { didSet { letThrough() } }
    private final var isHolding = false
    /// Set once the server stops: when the client should come back.
    private final var returnDelay: Duration?
    final var isClosing = false {
        didSet {
            letThrough()
            if isClosing, !oldValue { closing() }
        }
    }
    /// Set while the socket refuses bytes.
    private final var stallWatch: StallWatch?
    /// When a peer that does not end its side after our last bytes is cut off.
    private final var closeDeadline = NIODeadline.distantFuture
    /// Why this connection was ended, for its books; nil while it is open or when the peer just went away.
    final var closeCode: CloseCode?

    init(server: ServerLoop, admission: Admission) {
        guard let sockets = server.sockets else { preconditionFailure("live connections are on loops of sockets") }
        self.server = server
        self.admission = admission
        socket = LoopSocket(closedOn: sockets)
    }

    // MARK: Life

    /// Takes the socket over, behind the answer that opened it.
    ///
    /// - Parameter unread: What came behind the request; lasts until this returns.
    final func open(_ socket: LoopSocket, unread: UnsafeRawBufferPointer.SubSequence) {
        self.socket = socket
        if !socket.isReading { self.socket.setReading(true) }
        enter()
        if !unread.isEmpty, !isClosing { received(UnsafeRawBufferPointer(rebasing: unread)) }
    }

    /// The socket is open: the hub begins to deliver.
    func enter() {
        server.services.connectionCount.add(1, ordering: .relaxed)
        server.opened(self)
        let configuration = server.services.configuration
        let limits = Outbox.Limits(messages: configuration.outboxMessages, bytes: configuration.outboxBytes)
        let outbox = Outbox(
            sink: self, audience: admission.audience, limits: limits, overflow: admission.overflow)
        let subscriber = Subscriber(audience: admission.audience, outbox: outbox)
        self.subscriber = subscriber
        opened()
        follow(subscriber, pageSize: max(1, min(128, limits.messages / 2)))
    }

    /// The socket is open; its first deadline is the subclass's to set.
    func opened() {}

    /// Nothing more is delivered; called once.
    func closing() {}

    private func follow(_ subscriber: Subscriber, pageSize: Int) {
        guard !admission.tracks.isEmpty else { return }
        let follower = Follower(
            admission.tracks, subscriber: subscriber, shard: server.shard, pages: server, pageSize: pageSize
        ) { [weak self] _ in
            self?.end(.internalError, "the log cannot be read; connect again")
        }
        subscriber.follower = follower
        follower.advance()
    }

    /// From now on this connection is where a session's messages go.
    final func carry(_ subscriber: Subscriber) { self.subscriber = subscriber }

    /// The connection has gone.
    func leave() {
        guard let subscriber else { return }
        isClosing = true
        server.shard.close(subscriber)
        server.closed(self)
        server.services.connectionCount.subtract(1, ordering: .relaxed)
        letGo()
    }

    /// Nobody's messages go here any more.
    final func letGo() {
        isClosing = true
        subscriber?.direct = -1
        subscriber = nil
        stallWatch = nil
    }

    /// Ends the connection and tells the peer why, in its protocol's way.
    func end(_ code: CloseCode, _ reason: String) { abort() }

    /// Whether what opened it has been revoked.
    var isRevoked: Bool {
        server.services.authenticator.isRevoked(admission.identity.proof, of: admission.identity.user)
    }

    /// The server is stopping: nothing new is delivered; what waits still goes out, then when to come back, then the end.
    final func stop(returningAfter delay: Duration) {
        guard let subscriber, !isClosing else { return }
        server.shard.leaveAll(subscriber)
        subscriber.follower?.stop()
        returnDelay = delay
        closeWhenDrained()
    }

    final func abort() {
        socket.close()
        leave()
    }

    private func closeWhenDrained() {
        guard let returnDelay, !isClosing, subscriber?.outbox.isIdle == true else { return }
        var farewell = ByteBuffer()
        let code = admission.audience.wire.farewell(
            returningAfter: returnDelay, to: admission.audience, into: &farewell)
        if farewell.readableBytes > 0 { write(farewell) }
        if !isClosing { end(code, "the server is stopping") }
    }

    /// Writes the last bytes and closes behind them; what the peer still sends is not read.
    final func finish(with bytes: ByteBuffer) {
        guard socket.isOpen else { return }
        isClosing = true
        // Behind a close frame nothing may be sent (RFC 6455 §5.5.1): neither live, nor from the log, nor what waits.
        if let subscriber {
            server.shard.leaveAll(subscriber)
            subscriber.follower?.stop()
            subscriber.outbox.close()
        }
        closeDeadline = .now() + server.services.configuration.closeDeadline.timeAmount
        server.wheel.add(self, due: closeDeadline)
        if write(bytes) { socket.closeOutput() }
    }

    final func deadlineReached(_ now: NIODeadline) -> NIODeadline? {
        guard socket.isOpen else { return nil }
        guard isClosing else { return lookAround(now) }
        // An entry from before the end; the end has its own.
        if closeDeadline <= now { abort() }
        return nil
    }

    /// The subclass's deadline has come; returns the next.
    func lookAround(_ now: NIODeadline) -> NIODeadline? { nil }

    // MARK: In

    final func handle(_ ready: Poller.Interest) {
        if ready.contains(.write) { flush() }
        guard socket.isOpen, ready.contains(.read) else { return }
        guard socket.isReading else {
            if !ready.isDisjoint(with: .trouble) { abort() }
            return
        }
        let (bytes, hasEnded) = socket.receive()
        if hasEnded { return isClosing ? abort() : peerEnded() }
        if !bytes.isEmpty, !isClosing { received(bytes) }
    }

    /// The peer has sent something; it lasts until this returns.
    func received(_ bytes: UnsafeRawBufferPointer) {}

    /// The peer sends nothing more, or has gone.
    func peerEnded() { abort() }

    final func setReading(_ isReading: Bool) {
        if socket.isOpen, socket.isReading != isReading { socket.setReading(isReading) }
    }

    // MARK: Out

    final func offer(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard socket.isOpen, !isClosing else { return nil }
        guard let taken = socket.offer(bytes) else {
            die()
            return nil
        }
        return taken
    }

    /// Lets the hub send by itself while the next bytes may as well be its.
    private func letThrough() { subscriber?.direct = isClosing || !socket.isClear ? -1 : socket.descriptor }

    final func hold(_ bytes: ByteBuffer) {
        guard socket.isOpen else { return }
        isHolding = true
        if stallWatch == nil { watchForStall() }
        socket.wait(bytes, .held)
    }

    /// Writes behind everything else. True when the kernel has it all.
    @discardableResult
    final func write(_ bytes: ByteBuffer, _ mark: LoopSocket.Mark = .plain) -> Bool {
        guard socket.isOpen else { return false }
        var bytes = bytes
        if socket.isClear {
            guard let taken = bytes.withUnsafeReadableBytes({ socket.offer($0) }) else {
                die()
                return false
            }
            bytes.moveReaderIndex(forwardBy: taken)
        }
        guard bytes.readableBytes > 0 else { return socket.isClear }
        socket.wait(bytes, mark)
        return false
    }

    /// Found dead, but rooms may be walked at the moment: closed on a later turn.
    private func die() {
        isClosing = true
        server.loop.assumeIsolated().execute { [self] in abort() }
    }

    private func flush() {
        while true {
            switch socket.flush() {
            case .nothing: return
            case .broken: return abort()
            case .done(.plain): break
            case .done(.reply): tookReply()
            case .done(.held):
                isHolding = false
                subscriber?.outbox.resume()
                resumed()
                if !isClosing, subscriber?.outbox.isIdle == true { tookEverything() }
            }
            if isClosing, socket.isClear { return socket.closeOutput() }
        }
    }

    /// The socket has taken what it refused before, and perhaps more.
    func resumed() {}

    /// A reply that had to wait is with the kernel.
    func tookReply() {}

    /// The socket has all there was: a replay goes on, a stop comes to its end.
    private func tookEverything() {
        subscriber?.follower?.advance()
        closeWhenDrained()
    }

    final func delivered(_ batch: Batch, _ messages: Range<Int>) {
        server.shard.meter.record(batch.times[messages], count: 1)
    }

    /// Whether the peer has been given everything there is.
    final var isIdle: Bool { subscriber?.outbox.isIdle == true && socket.isClear }

    /// Tells a numbered connection up to where it has everything, so that a lost tail is noticed.
    final func tellPositions() {
        guard let subscriber else { return }
        for (room, position) in subscriber.follower?.positions ?? [] {
            server.counters.positions += 1
            subscriber.outbox.send(.position(room, position), in: room)
        }
    }

    // MARK: Slow consumers

    final func changed(to condition: Outbox.Condition, _ books: Outbox.Books) {
        server.noticed(self, condition, books)
    }

    /// Whether the socket refuses bytes at the moment: then its stall clock runs.
    final var isStalling: Bool { isHolding }

    private func watchForStall() {
        let watch = StallWatch(self, timeout: server.services.configuration.stallTimeout, acknowledged: acknowledged)
        stallWatch = watch
        server.wheel.add(watch, due: .now() + watch.step)
    }

    func watchEnded() { stallWatch = nil }

    /// The peer has not taken one byte for the whole timeout.
    func stalled() {
        server.counters.stalled += 1
        server.slowLog.notice(
            "slow consumer closed: it took nothing", ["connection": "\(server.services.name(of: admission))"])
        end(.tryAgainLater, "nothing read for \(server.services.configuration.stallTimeout); connect again")
    }

    /// Bytes the peer has acknowledged so far; nil when the socket cannot tell.
    final var acknowledged: UInt64? {
        socket.isOpen ? StallClock.acknowledgedBytes(of: socket.descriptor) : nil
    }
}
