import NIOCore
import NIOHTTP1

/// First on every connection: answers plain redirects and upgrades itself, and hands every other connection to NIOHTTP1.
///
/// A redirect is a look-up and three copies into one reply buffer; the redirects of a read go out in one write. What this
/// handler cannot answer gets the full HTTP parser with the bytes read so far, for the rest of that connection.
final class FrontHandler: ChannelInboundHandler, RemovableChannelHandler, Timed, Stoppable {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Largest request head in bytes; above it the answer is 431 and the connection closes.
    static let maximumHead = 8_192

    private let server: ServerLoop
    private var unread = ByteBuffer()
    private var replies = ByteBuffer()
    private var context: ChannelHandlerContext?
    private enum Phase {
        case reading
        /// The last reply is out; what still comes is thrown away until the peer closes, so that no reset overtakes the reply.
        case closing
        /// Other handlers have the connection.
        case passedOn
    }
    private var phase = Phase.reading
    private var isBlocked = false
    private var deadline: NIODeadline

    init(server: ServerLoop) {
        self.server = server
        deadline = .now() + server.services.configuration.requestDeadline.timeAmount
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        server.entered(self)
        server.wheel.add(self, due: deadline)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        server.left(self)
    }

    /// Replies are written as requests are read, so nothing is under way here.
    func stop() {
        if let context { finish(context) }
    }

    func abort() { context?.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// A whole head in time, not idle for longer than that, and gone after the last reply.
    func deadlineReached(_ now: NIODeadline) -> NIODeadline? {
        guard phase != .passedOn, let context else { return nil }
        guard deadline <= now else { return deadline }
        context.close(promise: nil)
        return nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch phase {
        case .closing: return
        case .passedOn: return context.fireChannelRead(data)
        case .reading: break
        }
        let bytes = unwrapInboundIn(data)
        if unread.readableBytes == 0 { unread = bytes } else { unread.writeImmutableBuffer(bytes) }
        answerAll(context)
    }

    private func answerAll(_ context: ChannelHandlerContext) {
        while phase == .reading, !isBlocked, unread.readableBytes > 0, answerOne(context) {}
        // Given back when empty: NIO reads into the same memory again as long as nobody keeps it.
        if unread.readableBytes == 0 { unread = ByteBuffer() } else { unread.discardReadBytes() }
    }

    /// The peer takes its replies again.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if isBlocked, context.channel.isWritable {
            isBlocked = false
            answerAll(context)
            flush(context)
            if !isBlocked, phase == .reading { context.setReading(true) }
        }
        context.fireChannelWritabilityChanged()
    }

    /// The peer asks nothing more: what it asked for is answered, and that was it.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event, phase != .passedOn else {
            return context.fireUserInboundEventTriggered(event)
        }
        if isBlocked { return finish(context) }
        phase = .closing
        context.writeAndFlush(wrapOutboundOut(exchange(&replies, with: ByteBuffer()))).assumeIsolated().whenComplete {
            _ in
            context.close(promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush(context)
        context.fireChannelReadComplete()
    }

    private func flush(_ context: ChannelHandlerContext) {
        guard replies.readableBytes > 0 else { return }
        context.writeAndFlush(wrapOutboundOut(exchange(&replies, with: ByteBuffer())), promise: nil)
        guard phase == .reading, !isBlocked, !context.channel.isWritable else { return }
        // A peer that asks and does not take the answers is not read from: what waits for it is one read's worth of replies.
        isBlocked = true
        context.setReading(false)
    }

    /// Answers the request at the front of `unread`; false when it is not all there.
    private func answerOne(_ context: ChannelHandlerContext) -> Bool {
        switch unread.withUnsafeReadableBytes(RequestHead.read) {
        case .head(let head) where head.length <= Self.maximumHead:
            answer(head, context)
            return true
        case .incomplete where unread.readableBytes <= Self.maximumHead:
            return false
        case .head, .incomplete:
            refuseHead(context)
            return false
        case .other:
            handOver(context)
            return false
        }
    }

    private func answer(_ head: RequestHead, _ context: ChannelHandlerContext) {
        if head.isUpgrade { return upgrade(head, context) }
        guard redirect(head) else { return handOver(context) }
        unread.moveReaderIndex(forwardBy: head.length)
        if !isBlocked { deadline = .now() + server.services.configuration.requestDeadline.timeAmount }
        guard head.wantsClose else { return }
        finish(context)
    }

    /// Replies to `GET /{code}` of an active link and records the click; false when this is anything else.
    private func redirect(_ head: RequestHead) -> Bool {
        // Answers that wait for the disk are the other handler's.
        guard !server.services.configuration.isStrict else { return false }
        let now = Timestamp.now
        let found: (LinkTable.Entry, ClickDetails)? = unread.withUnsafeReadableBytes { bytes in
            let path = bytes[head.target].dropFirst()
            let segment = path.prefix { $0 != UInt8(ascii: "?") }
            guard let code = ShortCode(bytes: UnsafeRawBufferPointer(rebasing: segment)),
                let entry = server.services.links.entry(code), entry.link.isActive
            else { return nil }
            var details = server.userAgents.details(of: UnsafeRawBufferPointer(rebasing: bytes[head.userAgent]))
            if server.services.configuration.trustsProxy, let country = Country(bytes[head.country]) {
                details.country = country
            }
            return (entry, details)
        }
        guard let (entry, details) = found else { return false }
        RedirectReply.write(entry, date: server.dateHeader(at: now), closes: head.wantsClose, to: &replies)
        server.record(Click(of: entry.link, details: details, at: now))
        return true
    }

    private func upgrade(_ head: RequestHead, _ context: ChannelHandlerContext) {
        let text = { [unread] (range: Range<Int>) in
            unread.getString(at: unread.readerIndex + range.lowerBound, length: range.count) ?? ""
        }
        let handshake = Handshake(
            target: text(head.target), key: text(head.webSocketKey), version: text(head.webSocketVersion),
            origin: head.origin.isEmpty ? nil : text(head.origin), host: text(head.host))
        unread.moveReaderIndex(forwardBy: head.length)
        switch handshake.answer(by: server, now: .now) {
        case .accepted(let reply, let admission, let codec):
            replies.writeImmutableBuffer(reply)
            flush(context)
            passOn(to: [WebSocketConnection(server: server, admission: admission, codec: codec)], context)
        case .refused(let response):
            response.write(to: &replies, date: server.dateHeader(at: .now), closes: true)
            finish(context)
        }
    }

    private func handOver(_ context: ChannelHandlerContext) {
        // What was answered before this request goes out before its answer.
        flush(context)
        passOn(to: HTTPConnection.handlers(server: server), context)
    }

    /// Puts `handlers` behind this one, gives them what was read, and leaves.
    private func passOn(to handlers: [any ChannelHandler], _ context: ChannelHandlerContext) {
        phase = .passedOn
        // A write that failed has closed the channel already: nobody is left to pass it to.
        guard context.channel.isActive else { return }
        if isBlocked { context.setReading(true) }
        do {
            try context.pipeline.syncOperations.addHandlers(handlers, position: .after(self))
        } catch {
            return context.close(promise: nil)
        }
        if unread.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(unread)) }
        unread = ByteBuffer()
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func refuseHead(_ context: ChannelHandlerContext) {
        let error = KitError(.tooLarge, "the request's headers are above 8 KiB")
        HTTPResponse(error, status: .requestHeaderFieldsTooLarge)
            .write(to: &replies, date: server.dateHeader(at: .now), closes: true)
        finish(context)
    }

    private func finish(_ context: ChannelHandlerContext) {
        phase = .closing
        unread = ByteBuffer()
        flush(context)
        context.close(mode: .output, promise: nil)
    }
}
