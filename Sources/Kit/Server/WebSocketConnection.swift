import Glibc
import Logging
import NIOCore
import Synchronization

/// One open WebSocket: messages → codec → actions; outbox → frames. Confined to its loop.
///
/// Frames are sent straight on the socket's descriptor while NIO has nothing under way for it. What the kernel refuses, and
/// every reply, goes through NIO, and until NIO has finished nothing is sent directly: bytes never overtake one another.
final class WebSocketConnection: ChannelInboundHandler, FrameSink, Timed {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Replies under way for a peer that does not read them; at the bound nothing more is read from it.
    static let maximumReplies = 32

    private let server: ServerLoop
    private let wire: WireProtocol
    private let identity: Identity
    private var codec: any ServerCodec
    private var reader: MessageReader
    private(set) var subscriber: Subscriber?
    private var context: ChannelHandlerContext?
    /// -1 when frames must go through NIO, as under TLS; forgotten when the channel closes, since numbers are reused at once.
    private var descriptor: CInt = -1
    /// Writes NIO has not finished. The 101 is the first.
    private var writesUnderWay = 0
    private var repliesUnderWay = 0
    private var unread = ByteBuffer()
    private var isClosing = false
    private var isStopping = false
    private var lastFrame = NIODeadline.now()
    private var lastPing = NIODeadline.now()

    init(server: ServerLoop, wire: WireProtocol, identity: Identity) {
        self.server = server
        self.wire = wire
        self.identity = identity
        codec = wire.serverCodec.init()
        reader = MessageReader(role: .server, maximumMessage: wire.serverCodec.maximumMessage)
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        server.services.connectionCount.add(1, ordering: .relaxed)
        server.opened(self)
        let configuration = server.services.configuration
        let limits = Outbox.Limits(messages: configuration.outboxMessages, bytes: configuration.outboxBytes)
        let subscriber = Subscriber(audience: Audience(wire: wire), outbox: Outbox(sink: self, limits: limits))
        self.subscriber = subscriber
        let transport = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { $0 }
        if let transport { descriptor = transport }
        setSendBuffer(configuration.sendBuffer)
        // The 101 may still be on its way: an empty write behind it tells when it is out.
        write(ByteBuffer())
        perform(codec.opened(identity))
        server.wheel.add(self, due: lastPing + configuration.pingInterval.timeAmount)
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    /// The way out when the channel was closed before this handler could hear of it.
    func handlerRemoved(context: ChannelHandlerContext) { leave() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func leave() {
        guard let subscriber else { return }
        descriptor = -1
        isClosing = true
        server.shard.close(subscriber)
        server.closed(self)
        server.services.connectionCount.subtract(1, ordering: .relaxed)
        self.subscriber = nil
        context = nil
    }

    private func setSendBuffer(_ bytes: Int) {
        guard descriptor >= 0 else { return }
        var size = CInt(clamping: bytes)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<CInt>.size))
    }

    /// Sends a close frame and then closes; what the peer still sends is not read.
    func close(_ code: CloseCode, _ reason: String) {
        guard !isClosing else { return }
        isClosing = true
        var payload = ByteBuffer(integer: code.rawValue)
        payload.writeString(String(reason.prefix(120)))
        server.services.log.debug(
            "closing a connection", metadata: ["code": "\(code.rawValue)", "reason": "\(reason)"])
        finish(with: .frame(.close, payload))
    }

    /// The server is stopping: nothing new is delivered, what waits still goes out, then 1001.
    func stop() {
        guard let subscriber, !isClosing else { return }
        server.shard.leaveAll(subscriber)
        isStopping = true
        closeWhenDrained()
    }

    /// Ends the connection without another word.
    func abort() { context?.close(promise: nil) }

    private func closeWhenDrained() {
        if isStopping, subscriber?.outbox.pending == 0 { close(.goingAway, "the server is stopping") }
    }

    private func finish(with frame: ByteBuffer) {
        guard let context else { return }
        // The outbox would queue behind a close frame after which nothing may be sent (RFC 6455 §5.5.1).
        subscriber?.outbox.close()
        descriptor = -1
        context.writeAndFlush(wrapOutboundOut(frame)).assumeIsolated().whenComplete { _ in
            context.close(mode: .output, promise: nil)
        }
        closeDeadline = .now() + .seconds(5)
        server.wheel.add(self, due: closeDeadline)
    }

    /// When a peer that does not answer our close frame is cut off.
    private var closeDeadline = NIODeadline.distantFuture

    func deadlineReached(_ now: NIODeadline) -> NIODeadline? {
        guard let context else { return nil }
        let configuration = server.services.configuration
        if isClosing {
            // An entry from before the close; the close has its own.
            guard closeDeadline <= now else { return nil }
            context.close(promise: nil)
            return nil
        }
        guard lastFrame + configuration.readDeadline.timeAmount > now else {
            close(.policy, "nothing heard for \(configuration.readDeadline)")
            return nil
        }
        let pingDue = max(lastFrame, lastPing) + configuration.pingInterval.timeAmount
        if pingDue <= now {
            lastPing = now
            reply(.frame(.ping, ByteBuffer()))
        }
        return min(
            max(lastFrame, lastPing) + configuration.pingInterval.timeAmount,
            lastFrame + configuration.readDeadline.timeAmount)
    }

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        lastFrame = .now()
        let bytes = unwrapInboundIn(data)
        if unread.readableBytes == 0 { unread = bytes } else { unread.writeImmutableBuffer(bytes) }
        do {
            while !isClosing, let message = try reader.next(from: &unread) { receive(message) }
        } catch {
            close(error.code, error.reason)
        }
        // An idle connection keeps no buffer.
        if unread.readableBytes == 0 { unread = ByteBuffer() } else { unread.discardReadBytes() }
    }

    /// A peer that ends its side without a close frame has gone (RFC 6455 §7.1.4).
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        context.close(promise: nil)
    }

    private func receive(_ message: MessageReader.Message) {
        switch message {
        case .text(let payload), .binary(let payload): perform(codec.receive(payload))
        case .ping(let payload): reply(.frame(.pong, payload))
        case .pong: break
        case .close(let code):
            isClosing = true
            finish(with: .frame(.close, code.map { ByteBuffer(integer: $0) } ?? ByteBuffer()))
        }
    }

    private func perform(_ actions: [Action]) {
        for action in actions {
            switch action {
            case .send(let message): reply(.frame(.text, message))
            case .join(let room):
                if let subscriber { server.shard.join(subscriber, room) }
            case .authorize(let room):
                let answer = RoomPolicy.allows(identity, room, links: server.services.links)
                perform(codec.subscribed(to: room, answer))
            }
        }
    }

    // MARK: Out

    /// Replies are few and never dropped: a peer that does not take them is not read from until it does.
    private func reply(_ frame: ByteBuffer) {
        guard let context else { return }
        repliesUnderWay += 1
        if repliesUnderWay == Self.maximumReplies { context.setReading(false) }
        write(frame) { [self] in
            repliesUnderWay -= 1
            if repliesUnderWay == Self.maximumReplies / 2 { context.setReading(true) }
        }
    }

    private static let sendFlags = CInt(truncatingIfNeeded: Int(MSG_DONTWAIT) | Int(MSG_NOSIGNAL))

    func offer(_ bytes: UnsafeRawBufferPointer) -> Int? {
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

    func hold(_ bytes: ByteBuffer) {
        guard let context else { return }
        writesUnderWay += 1
        context.write(wrapOutboundOut(bytes)).assumeIsolated().whenComplete { [self] result in
            writesUnderWay -= 1
            guard case .success = result else { return }
            subscriber?.outbox.resume()
            closeWhenDrained()
        }
        // The outbox is at work on this stack, and a flush can end in `resume` or, on a dead socket, in `leave`: not now.
        server.loop.assumeIsolated().execute { [self] in self.context?.flush() }
    }

    /// Writes through NIO; `then` runs when the kernel has the bytes.
    private func write(_ bytes: ByteBuffer, then: @escaping () -> Void = {}) {
        guard let context else { return }
        writesUnderWay += 1
        context.writeAndFlush(wrapOutboundOut(bytes)).assumeIsolated().whenComplete { [self] result in
            writesUnderWay -= 1
            guard case .success = result else { return }
            then()
        }
    }
}
