import Logging
import NIOCore
import NIOHTTP1

/// A request with its whole body.
struct HTTPRequest: Sendable {
    var head: HTTPRequestHead
    var body: ByteBuffer

    /// Without the query.
    var path: String { String(head.uri.prefix { $0 != "?" }) }
    var host: String { head.headers.first(name: "host") ?? "" }
}

/// The full HTTP/1.1 path: request parts → router → response, one request at a time.
///
/// Answers are written by `HTTPResponse` itself, so only NIOHTTP1's parser is in the pipeline. Bounded: a body above 1 MiB is
/// answered 413, headers above 8 KiB 431; while an answer is being made nothing more is read from the connection.
final class HTTPConnection: ChannelDuplexHandler, RemovableChannelHandler, Timed, Visitor {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    static let maximumBody = 1_048_576

    private let server: ServerLoop
    private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
    private var context: ChannelHandlerContext?
    private var request: HTTPRequest?
    /// Requests that came while one was being answered. Reading stops with the first, so a read's worth at most.
    private var waiting: [HTTPRequest] = []
    private var isAnswering = false
    private var isClosing = false
    private var isUpgraded = false
    private var deadline: NIODeadline

    private init(server: ServerLoop, decoder: ByteToMessageHandler<HTTPRequestDecoder>) {
        self.server = server
        self.decoder = decoder
        deadline = .now() + server.services.configuration.requestDeadline.timeAmount
    }

    /// The parser and the connection behind it.
    static func handlers(server: ServerLoop) -> [any ChannelHandler] {
        let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
        return [decoder, HTTPConnection(server: server, decoder: decoder)]
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
        isClosing = true
        context.close(mode: .output, promise: nil)
    }

    func deadlineReached(_ now: NIODeadline) -> NIODeadline? {
        guard let context, !isUpgraded else { return nil }
        if isAnswering { deadline = now + server.services.configuration.requestDeadline.timeAmount }
        guard deadline <= now else { return deadline }
        context.close(promise: nil)
        return nil
    }

    func read(context: ChannelHandlerContext) {
        // Back-pressure: a peer that pipelines waits for its answers.
        if !isAnswering { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isUpgraded else { return context.fireChannelRead(data) }
        guard !isClosing else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            request = HTTPRequest(head: head, body: .init())
            let size =
                head.uri.utf8.count + head.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
            if size > FrontHandler.maximumHead {
                refuse(KitError(.tooLarge, "the request's headers are above 8 KiB"), .requestHeaderFieldsTooLarge)
            } else if head.headers.first(name: "content-length").flatMap(Int.init) ?? 0 > Self.maximumBody {
                refuse(KitError(.tooLarge, "the body is above 1 MiB"))
            } else if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
                context.writeAndFlush(
                    wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
            }
        case .body(let bytes):
            request?.body.writeImmutableBuffer(bytes)
            if request?.body.readableBytes ?? 0 > Self.maximumBody {
                refuse(KitError(.tooLarge, "the body is above 1 MiB"))
            }
        case .end:
            guard let whole = request else { return }
            request = nil
            waiting.append(whole)
            answerNext()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError, !isClosing, !isAnswering else { return context.close(promise: nil) }
        refuse(KitError(.invalid, "this is not a request of HTTP/1.1 (RFC 9112)"))
    }

    private func answerNext() {
        guard !isAnswering, !isClosing, !waiting.isEmpty, let context else { return }
        let request = waiting.removeFirst()
        if isUpgrade(request.head) { return upgrade(request, context) }
        isAnswering = true
        Router.respond(to: request, on: server).assumeIsolated().whenComplete { [self] result in
            isAnswering = false
            let response =
                switch result {
                case .success(let response): response
                case .failure(let error): failed(error)
                }
            write(response, to: request.head)
            answerNext()
            if !isAnswering { self.context?.read() }
        }
    }

    private func failed(_ error: any Error) -> HTTPResponse {
        if let error = error as? KitError { return HTTPResponse(error) }
        server.services.log.error("a request failed", metadata: ["error": "\(error)"])
        return HTTPResponse(KitError(.internal, "something failed here; the log has the reason"))
    }

    private func write(_ response: HTTPResponse, to head: HTTPRequestHead, closes: Bool = false) {
        guard let context else { return }
        var response = response
        let closes = closes || !head.isKeepAlive || server.services.isStopping
        response.headers += CORS.headers(for: head, OriginRule(server.services.configuration))
        var bytes = ByteBuffer()
        response.write(to: &bytes, date: server.dateHeader(at: .now), closes: closes, isHead: head.method == .HEAD)
        deadline = .now() + server.services.configuration.requestDeadline.timeAmount
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        guard closes else { return }
        isClosing = true
        context.close(mode: .output, promise: nil)
    }

    /// An answer after which nothing more of this connection is understood.
    private func refuse(_ error: KitError, _ status: HTTPResponseStatus? = nil) {
        let head = request?.head ?? HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
        request = nil
        write(HTTPResponse(error, status: status), to: head, closes: true)
    }

    private func isUpgrade(_ head: HTTPRequestHead) -> Bool {
        head.method == .GET && head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
            && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }

    /// A proxy may reuse a connection that has served plain requests for an upgrade.
    private func upgrade(_ request: HTTPRequest, _ context: ChannelHandlerContext) {
        let headers = request.head.headers
        let handshake = Handshake(
            target: request.head.uri, key: headers.first(name: "sec-websocket-key") ?? "",
            version: headers.first(name: "sec-websocket-version") ?? "", origin: headers.first(name: "origin"),
            host: request.host)
        switch handshake.answer(by: server, now: .now) {
        case .refused(let response): write(response, to: request.head, closes: true)
        case .accepted(let reply, let wire, let identity):
            isUpgraded = true
            context.writeAndFlush(wrapOutboundOut(reply), promise: nil)
            let connection = WebSocketConnection(server: server, wire: wire, identity: identity)
            do {
                try context.pipeline.syncOperations.addHandler(connection, position: .after(self))
                context.pipeline.syncOperations.removeHandler(decoder, promise: nil)
                context.pipeline.syncOperations.removeHandler(self, promise: nil)
            } catch {
                context.close(promise: nil)
            }
        }
    }
}
