import Glibc
import Logging
import NIOCore
import NIOHTTP1

/// A request with its whole body.
struct HTTPRequest: Sendable {
    var head: HTTPRequestHead
    var body: ByteBuffer
    var entrance = Entrance.shared
    /// Who is connected.
    var peer = ClientAddress.unknown

    /// Without the query; of an absolute target (RFC 9112 §3.2.2) only what follows the authority.
    var path: String { String(target.prefix { $0 != "?" }) }
    var host: String { head.headers.first(name: "host") ?? "" }

    /// Path and query.
    var target: String {
        guard !head.uri.hasPrefix("/"), let scheme = head.uri.firstRange(of: "://") else { return head.uri }
        return String("/" + head.uri[scheme.upperBound...].drop { $0 != "/" }.dropFirst())
    }
}

/// The full HTTP/1.1 path: request parts → router → response, one request at a time, answers in the order of requests.
///
/// Answers are written by `HTTPResponse` itself, so only NIOHTTP1's parser is in the pipeline. Bounded: a body above 1 MiB is
/// answered 413, headers above 8 KiB 431. While an answer is being made, or the peer does not take what was written, no
/// further request is answered and nothing more is read: what waits is one read's worth of requests.
final class HTTPConnection: ChannelDuplexHandler, RemovableChannelHandler, Timed, Stoppable {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    static let maximumBody = 1_048_576

    /// What a peer gets an answer for.
    private enum Turn {
        case request(HTTPRequest)
        /// Behind it nothing of this connection is understood any more.
        case refusal(KitError, HTTPResponseStatus?)
    }

    private let server: ServerLoop
    private let entrance: Entrance
    private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
    private let peer: ClientAddress
    private var context: ChannelHandlerContext?
    /// The request whose body is still coming.
    private var incoming: HTTPRequest?
    private var waiting: [Turn] = []
    private var isAnswering = false
    /// A refusal waits for its turn or is written: whatever else comes is thrown away.
    private var isDeaf = false
    private var isClosing = false
    private var isInputClosed = false
    private var isUpgraded = false
    private var deadline: NIODeadline

    private init(
        server: ServerLoop, _ entrance: Entrance, peer: ClientAddress, decoder: ByteToMessageHandler<HTTPRequestDecoder>
    ) {
        self.server = server
        self.entrance = entrance
        self.peer = peer
        self.decoder = decoder
        deadline = .now() + server.requestDeadline
    }

    /// The parser and the connection behind it.
    static func handlers(server: ServerLoop, _ entrance: Entrance, peer: ClientAddress) -> [any ChannelHandler] {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = FrontConnection.maximumHead
        limits.maxHeaderListSize = FrontConnection.maximumHead
        let decoder = ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits))
        return [decoder, HTTPConnection(server: server, entrance, peer: peer, decoder: decoder)]
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

    /// An answer under way closes the connection behind itself.
    func stop() {
        guard let context, !isAnswering, !isClosing else { return }
        close(context)
    }

    func abort() { context?.close(promise: nil) }

    /// Idle too long, a request too slow, or answers not taken.
    func deadlineReached(_ now: NIODeadline) -> NIODeadline? {
        guard let context, !isUpgraded else { return nil }
        if isAnswering { deadline = now + server.requestDeadline }
        guard deadline <= now else { return deadline }
        context.close(promise: nil)
        return nil
    }

    // MARK: In

    func read(context: ChannelHandlerContext) {
        if mayGoOn(context) { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        answerNext()
        closeIfDone()
        context.fireChannelWritabilityChanged()
    }

    private func mayGoOn(_ context: ChannelHandlerContext) -> Bool { !isAnswering && context.channel.isWritable }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isUpgraded else { return context.fireChannelRead(data) }
        guard !isDeaf else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let bytes):
            incoming?.body.writeImmutableBuffer(bytes)
            if incoming?.body.readableBytes ?? 0 > Self.maximumBody { refuse(Self.bodyTooLarge) }
        case .end:
            guard let whole = exchange(&incoming, with: nil) else { return }
            waiting.append(.request(whole))
            answerNext()
        }
    }

    private static var bodyTooLarge: KitError { KitError(.tooLarge, "the body is above 1 MiB") }
    private static var headTooLarge: KitError { KitError(.tooLarge, "the request's headers are above 8 KiB") }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        incoming = HTTPRequest(head: head, body: .init(), entrance: entrance, peer: peer)
        let fields = head.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
        if head.uri.utf8.count + fields > FrontConnection.maximumHead {
            refuse(Self.headTooLarge, .requestHeaderFieldsTooLarge)
        } else if head.version == .http1_1, head.headers["host"].count != 1 {
            refuse(KitError(.invalid, "a request names exactly one Host (RFC 9112 §3.2)"))
        } else if head.headers.first(name: "content-length").flatMap(Int.init) ?? 0 > Self.maximumBody {
            refuse(Self.bodyTooLarge)
        } else if head.headers.first(name: "expect")?.lowercased() == "100-continue", waiting.isEmpty, !isAnswering {
            // Behind other answers it would be out of turn; a client that waits for it goes on by itself after a while.
            context.writeAndFlush(
                wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError, !isDeaf else { return context.close(promise: nil) }
        if error == .headerOverflow {
            refuse(Self.headTooLarge, .requestHeaderFieldsTooLarge)
        } else {
            refuse(KitError(.invalid, "this is not a request of HTTP/1.1 (RFC 9112)"))
        }
    }

    /// The peer asks nothing more: what it asked for is answered, and that was it.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event, !isUpgraded else {
            return context.fireUserInboundEventTriggered(event)
        }
        isInputClosed = true
        closeIfDone()
    }

    private func closeIfDone() {
        guard isInputClosed, !isAnswering, waiting.isEmpty, let context else { return }
        // Behind whatever is still being written.
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }

    private func refuse(_ error: KitError, _ status: HTTPResponseStatus? = nil) {
        isDeaf = true
        incoming = nil
        waiting.append(.refusal(error, status))
        answerNext()
    }

    // MARK: Out

    private func answerNext() {
        while let context, !isClosing, mayGoOn(context), !waiting.isEmpty {
            switch waiting.removeFirst() {
            case .refusal(let error, let status): write(HTTPResponse(error, status: status), to: nil)
            case .request(let request) where isUpgrade(request.head): return upgrade(request, context)
            case .request(let request): answer(request)
            }
        }
    }

    private func answer(_ request: HTTPRequest) {
        isAnswering = true
        Router.respond(to: request, on: server).assumeIsolated().whenComplete { [self] result in
            isAnswering = false
            let response =
                switch result {
                case .success(let response): response
                case .failure(let error): failed(error)
                }
            write(response, to: request.head)
            guard !isUpgraded else { return }
            answerNext()
            closeIfDone()
            context?.read()
        }
    }

    private func failed(_ error: any Error) -> HTTPResponse {
        if let error = error as? KitError { return HTTPResponse(error) }
        server.services.log.error("a request failed", metadata: ["error": "\(error)"])
        return HTTPResponse(KitError(.internal, "something failed here; the log has the reason"))
    }

    /// - Parameter head: What is answered; nil for something that was not understood.
    private func write(_ response: HTTPResponse, to head: HTTPRequestHead?) {
        guard let context else { return }
        var response = response
        let closes = response.stream != nil || head.map(endsConnection) ?? true
        if let head {
            response.headers += CORS.headers(for: head, OriginRule(server.services.configuration, at: entrance))
        }
        var bytes = ByteBuffer()
        response.write(to: &bytes, date: server.dateHeader(at: .now), closes: closes, isHead: head?.method == .HEAD)
        if context.channel.isWritable {
            deadline = .now() + server.requestDeadline
        }
        if let admission = response.stream {
            return passOn(behind: bytes, context) { EventStreamConnection(server: $0, admission: admission) }
        }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        if closes { close(context) }
    }

    /// NIOHTTP1 parses nothing behind a CONNECT or any `Connection: upgrade`, whatever it was answered.
    private func endsConnection(_ head: HTTPRequestHead) -> Bool {
        !head.isKeepAlive || server.isEnding || head.method == .CONNECT || asksForUpgrade(head)
    }

    private func close(_ context: ChannelHandlerContext) {
        isClosing = true
        isDeaf = true
        context.close(mode: .output, promise: nil)
    }

    // MARK: Upgrade

    private func asksForUpgrade(_ head: HTTPRequestHead) -> Bool {
        head.headers.contains(name: "upgrade")
            && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }

    private func isUpgrade(_ head: HTTPRequestHead) -> Bool {
        head.method == .GET && asksForUpgrade(head)
            && head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
    }

    /// A proxy may reuse a connection that has served plain requests for an upgrade.
    private func upgrade(_ request: HTTPRequest, _ context: ChannelHandlerContext) {
        let headers = request.head.headers
        let handshake = Handshake(
            target: request.target, entrance: entrance, key: headers.first(name: "sec-websocket-key") ?? "",
            version: headers.first(name: "sec-websocket-version") ?? "", origin: headers.first(name: "origin"),
            host: request.host, authorization: Self.bearer(headers))
        switch handshake.answer(by: server, now: .now) {
        case .refused(let response): write(response, to: request.head)
        case .accepted(let reply, let opening):
            passOn(behind: reply, context, to: opening.home, as: opening.make)
        }
    }

    private static func bearer(_ headers: HTTPHeaders) -> String? {
        let parts = headers.first(name: "authorization")?.split(separator: " ", maxSplits: 1) ?? []
        return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : nil
    }

    /// The connection speaks HTTP no more: behind this answer its socket goes to a loop of sockets.
    private func passOn(
        behind reply: ByteBuffer, _ context: ChannelHandlerContext, to home: ServerLoop? = nil,
        as make: @escaping @Sendable (ServerLoop) -> LiveConnection
    ) {
        isUpgraded = true
        context.setReading(false)
        let rest = Rest()
        do {
            try context.pipeline.syncOperations.addHandler(rest, position: .after(self))
        } catch {
            return context.close(promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(reply)).assumeIsolated().whenSuccess { [self] in
            // The parser gives back what it has not read.
            context.pipeline.syncOperations.removeHandler(decoder).assumeIsolated().whenSuccess { [self] in
                giveAway(rest.bytes, context, home, make)
            }
        }
    }

    /// A copy of the descriptor keeps the connection open when NIO closes its own.
    private func giveAway(
        _ unread: ByteBuffer, _ context: ChannelHandlerContext, _ home: ServerLoop?,
        _ make: @escaping @Sendable (ServerLoop) -> LiveConnection
    ) {
        let copy = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            fcntl($0, F_DUPFD_CLOEXEC, 0)
        }
        context.close(promise: nil)
        if let copy, copy >= 0 { server.services.adopt(copy, unread: unread, on: home, as: make) }
    }

    /// What came behind the last request that is HTTP.
    private final class Rest: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        var bytes = ByteBuffer()

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes.writeImmutableBuffer(unwrapInboundIn(data))
        }
    }
}
