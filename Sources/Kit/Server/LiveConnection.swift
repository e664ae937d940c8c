import Glibc
import Logging
import NIOCore
import Synchronization

/// One connection the hub delivers to: a WebSocket or an event stream. Confined to its loop.
///
/// Frames are sent straight on the socket's descriptor while NIO has nothing under way for it. What the kernel refuses, and
/// everything else that is written, goes through NIO, and until NIO has finished nothing is sent directly: bytes never
/// overtake one another.
class LiveConnection: ChannelInboundHandler, FrameSink, Timed {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let server: ServerLoop
    let admission: Admission
    let openedAt = NIODeadline.now()
    private(set) final var subscriber: Subscriber?
    private(set) final var context: ChannelHandlerContext?
    /// -1 when frames must go through NIO, as under TLS; forgotten when the channel closes, since numbers are reused at once.
    private final var descriptor: CInt = -1
    /// Writes NIO has not finished. The head of the answer is the first.
    private final var writesUnderWay = 0
    private final var isHolding = false
    /// Set while the socket refuses bytes.
    private final var stallWatch: StallWatch?
    final var isClosing = false
    /// When a peer that does not end its side after our last bytes is cut off.
    private final var closeDeadline = NIODeadline.distantFuture
    /// Why this connection was ended, for its books; nil while it is open or when the peer just went away.
    final var closeCode: CloseCode?

    init(server: ServerLoop, admission: Admission) {
        self.server = server
        self.admission = admission
    }

    // MARK: Life

    final func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        server.services.connectionCount.add(1, ordering: .relaxed)
        server.opened(self)
        let configuration = server.services.configuration
        let limits = Outbox.Limits(messages: configuration.outboxMessages, bytes: configuration.outboxBytes)
        let outbox = Outbox(
            sink: self, audience: admission.audience, limits: limits, overflow: admission.overflow)
        let subscriber = Subscriber(audience: admission.audience, outbox: outbox)
        self.subscriber = subscriber
        let transport = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { $0 }
        if let transport { descriptor = transport }
        setSendBuffer(configuration.sendBuffer)
        // The head may still be on its way: an empty write behind it tells when it is out.
        write(ByteBuffer())
        opened()
        follow(subscriber, pageSize: max(1, min(128, limits.messages / 2)))
    }

    /// The socket is open; its first deadline is the subclass's to set.
    func opened() {}

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

    final func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    /// The way out when the channel was closed before this handler could hear of it.
    final func handlerRemoved(context: ChannelHandlerContext) { leave() }

    final func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func leave() {
        guard let subscriber else { return }
        descriptor = -1
        isClosing = true
        server.shard.close(subscriber)
        server.closed(self)
        server.services.connectionCount.subtract(1, ordering: .relaxed)
        self.subscriber = nil
        stallWatch = nil
        context = nil
    }

    private func setSendBuffer(_ bytes: Int) {
        guard descriptor >= 0 else { return }
        var size = CInt(clamping: bytes)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        // A peer that vanished without a word is noticed by what it does not acknowledge; the stall clock comes first.
        var patience = CUnsignedInt(
            clamping: Int64(server.services.configuration.stallTimeout / .milliseconds(1)) + 30_000)
        setsockopt(
            descriptor, CInt(IPPROTO_TCP), TCP_USER_TIMEOUT, &patience, socklen_t(MemoryLayout<CUnsignedInt>.size))
    }

    /// Ends the connection and tells the peer why, in its protocol's way.
    func end(_ code: CloseCode, _ reason: String) { abort() }

    /// The server is stopping: nothing new is delivered; what waits still goes out, then the end.
    final func stop() {
        guard let subscriber, !isClosing else { return }
        server.shard.leaveAll(subscriber)
        subscriber.follower?.stop()
        isStopping = true
        closeWhenDrained()
    }

    private final var isStopping = false

    /// Ends the connection without another word.
    final func abort() { context?.close(promise: nil) }

    private func closeWhenDrained() {
        if isStopping, subscriber?.outbox.isIdle == true { end(.goingAway, "the server is stopping") }
    }

    /// Writes the last bytes and closes behind them; what the peer still sends is not read.
    final func finish(with bytes: ByteBuffer) {
        guard let context else { return }
        isClosing = true
        // Behind a close frame nothing may be sent (RFC 6455 §5.5.1): neither live, nor from the log, nor what waits.
        if let subscriber {
            server.shard.leaveAll(subscriber)
            subscriber.follower?.stop()
            subscriber.outbox.close()
        }
        descriptor = -1
        context.writeAndFlush(wrapOutboundOut(bytes)).assumeIsolated().whenComplete { _ in
            context.close(mode: .output, promise: nil)
        }
        closeDeadline = .now() + .seconds(5)
        server.wheel.add(self, due: closeDeadline)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
    }

    final func deadlineReached(_ now: NIODeadline) -> NIODeadline? {
        guard let context else { return nil }
        guard isClosing else { return lookAround(now) }
        // An entry from before the end; the end has its own.
        if closeDeadline <= now { context.close(promise: nil) }
        return nil
    }

    /// The subclass's deadline has come; returns the next.
    func lookAround(_ now: NIODeadline) -> NIODeadline? { nil }

    // MARK: Out

    private static let sendFlags = CInt(truncatingIfNeeded: Int(MSG_DONTWAIT) | Int(MSG_NOSIGNAL))

    final func offer(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard descriptor >= 0, writesUnderWay == 0 else { return isClosing ? nil : 0 }
        while true {
            let count = send(descriptor, bytes.baseAddress, bytes.count, Self.sendFlags)
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN, EWOULDBLOCK, ENOBUFS: return 0
            default:
                // Dead, but rooms are being walked: NIO closes it on a later turn.
                descriptor = -1
                isClosing = true
                let context = context
                server.loop.assumeIsolated().execute { context?.close(promise: nil) }
                return nil
            }
        }
    }

    final func hold(_ bytes: ByteBuffer) {
        guard let context else { return }
        writesUnderWay += 1
        isHolding = true
        if stallWatch == nil { watchForStall() }
        context.write(wrapOutboundOut(bytes)).assumeIsolated().whenComplete { [self] result in
            writesUnderWay -= 1
            isHolding = false
            guard case .success = result else { return }
            subscriber?.outbox.resume()
            if !isClosing, subscriber?.outbox.isIdle == true { tookEverything() }
        }
        // The outbox is at work on this stack, and a flush can end in `resume` or, on a dead socket, in `leave`: not now.
        server.loop.assumeIsolated().execute { [self] in self.context?.flush() }
    }

    /// The socket has all there was: a replay goes on, a stop comes to its end.
    private func tookEverything() {
        subscriber?.follower?.advance()
        closeWhenDrained()
    }

    /// Writes through NIO; `then` runs when the kernel has the bytes.
    final func write(_ bytes: ByteBuffer, then: @escaping () -> Void = {}) {
        guard let context else { return }
        writesUnderWay += 1
        context.writeAndFlush(wrapOutboundOut(bytes)).assumeIsolated().whenComplete { [self] result in
            writesUnderWay -= 1
            guard case .success = result else { return }
            then()
        }
    }

    final func delivered(_ batch: Batch, _ messages: Range<Int>) {
        server.shard.meter.record(batch.times[messages], count: 1)
    }

    /// Whether the peer has been given everything there is.
    final var isIdle: Bool { subscriber?.outbox.isIdle == true && writesUnderWay == 0 }

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
    final var acknowledged: UInt64? { descriptor < 0 ? nil : StallClock.acknowledgedBytes(of: descriptor) }
}
