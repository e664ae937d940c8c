import NIOCore
import NIOHTTP1

/// First on every connection: answers plain redirects and upgrades itself, and gives every other connection to NIO.
///
/// A redirect is a look-up and three copies into one reply buffer; the redirects of a read go out in one send. What this
/// cannot answer gets the full HTTP parser with the bytes read so far, for the rest of that connection.
final class FrontConnection: SocketHandler, Timed, Stoppable {
    /// Largest request head in bytes; above it the answer is 431 and the connection closes.
    static let maximumHead = 8_192
    /// Replies that wait for the end of a read, in bytes; above it they are sent at once.
    private static let mostReplies = 32_768

    private enum Phase {
        case reading
        /// The last reply is out; what still comes is thrown away until the peer closes, so that no reset overtakes the reply.
        case closing
        /// Someone else has the connection, or nobody.
        case gone
    }

    private let server: ServerLoop
    private let entrance: Entrance
    private var socket: LoopSocket
    /// A request that has not all come, or those behind replies that the peer does not take.
    private var unread: [UInt8] = []
    private var phase = Phase.reading
    /// A peer that asks and does not take the answers is not read from: what waits for it is one read's worth of replies.
    private var isBlocked = false
    private var deadline: NIODeadline
    /// Asked for with the first redirect: a socket has no use for it.
    private var peer: ClientAddress?

    /// Takes an accepted descriptor over; it is closed when the loop cannot take it.
    static func accept(_ descriptor: Int32, at entrance: Entrance, by server: ServerLoop) {
        guard let loop = server.sockets else { preconditionFailure("connections are accepted on loops of sockets") }
        let connection = FrontConnection(server, loop, entrance)
        guard let socket = try? LoopSocket(descriptor, on: loop, for: connection) else { return }
        connection.socket = socket
        server.entered(connection)
        server.wheel.add(connection, due: connection.deadline)
    }

    private init(_ server: ServerLoop, _ loop: SocketLoop, _ entrance: Entrance) {
        self.server = server
        self.entrance = entrance
        socket = LoopSocket(closedOn: loop)
        deadline = .now() + server.requestDeadline
    }

    // MARK: Life

    /// Replies are sent as requests are read, so nothing is under way here.
    func stop() { finish() }

    func abort() {
        socket.close()
        leave()
    }

    private func leave() {
        guard phase != .gone else { return }
        phase = .gone
        unread = []
        server.left(self)
    }

    /// A whole head in time, not idle for longer than that, and gone after the last reply.
    func deadlineReached(_ now: NIODeadline) -> NIODeadline? {
        guard phase != .gone else { return nil }
        guard deadline <= now else { return deadline }
        abort()
        return nil
    }

    /// Sends the last replies; the peer closes, or is closed when its time is up.
    private func finish() {
        guard phase == .reading else { return }
        phase = .closing
        unread = []
        flush()
        if socket.isClear { socket.closeOutput() }
        if !socket.isReading { socket.setReading(true) }
    }

    // MARK: In

    func handle(_ ready: Poller.Interest) {
        if ready.contains(.write) { resume() }
        guard phase != .gone, ready.contains(.read) else { return }
        guard socket.isReading else {
            if !ready.isDisjoint(with: .trouble) { abort() }
            return
        }
        let (bytes, hasEnded) = socket.receive()
        if hasEnded { return peerEnded() }
        guard phase == .reading, !bytes.isEmpty else { return }
        read(bytes)
    }

    private func read(_ bytes: UnsafeRawBufferPointer) {
        if unread.isEmpty {
            let count = answerAll(bytes)
            if phase == .reading, count < bytes.count { unread = Array(bytes[count...]) }
        } else {
            unread += bytes
            answerUnread()
        }
        flush()
    }

    private func answerUnread() {
        let bytes = exchange(&unread, with: [])
        let count = bytes.withUnsafeBytes(answerAll)
        if phase == .reading, count < bytes.count { unread = Array(bytes[count...]) }
    }

    /// The peer takes its replies again.
    private func resume() {
        var flushed = socket.flush()
        while case .done = flushed { flushed = socket.flush() }
        if case .broken = flushed { return abort() }
        guard socket.isClear else { return }
        if phase == .closing { return socket.closeOutput() }
        guard isBlocked, phase == .reading else { return }
        isBlocked = false
        answerUnread()
        flush()
        if phase == .reading, !isBlocked { socket.setReading(true) }
    }

    /// The peer asks nothing more: what it asked for is answered, and that was it.
    private func peerEnded() {
        guard phase == .reading, !socket.isClear else { return abort() }
        phase = .closing
        unread = []
        socket.setReading(false)
    }

    /// - Returns: how many of `bytes` are answered.
    private func answerAll(_ bytes: UnsafeRawBufferPointer) -> Int {
        var count = 0
        // What was read together is answered, and clicked, at one moment.
        let now = Timestamp.now
        let renewed = NIODeadline.now() + server.requestDeadline
        while phase == .reading, !isBlocked, count < bytes.count {
            let length = answerOne(UnsafeRawBufferPointer(rebasing: bytes[count...]), now)
            guard length > 0 else { break }
            count += length
            deadline = renewed
            if server.replies.readableBytes > Self.mostReplies { flush() }
        }
        return count
    }

    /// Answers the request at the front of `bytes`.
    ///
    /// - Returns: its length; 0 when it is not all there, or this connection answers nothing more.
    private func answerOne(_ bytes: UnsafeRawBufferPointer, _ now: Timestamp) -> Int {
        switch RequestHead.read(bytes) {
        case .head(let head) where head.length <= Self.maximumHead: return answer(head, bytes, now)
        case .incomplete where bytes.count <= Self.maximumHead: break
        case .head, .incomplete: refuse(HTTPResponse(Self.headTooLarge, status: .requestHeaderFieldsTooLarge))
        case .other: handOver(bytes)
        }
        return 0
    }

    private func answer(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ now: Timestamp) -> Int {
        if head.isUpgrade {
            upgrade(head, bytes)
            return 0
        }
        guard redirect(head, bytes, now) else {
            handOver(bytes)
            return 0
        }
        if head.wantsClose || server.isEnding { finish() }
        return head.length
    }

    /// Replies to `GET /{code}` of an active link and records the click; false when this is anything else.
    private func redirect(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ now: Timestamp) -> Bool {
        // Answers that wait for the disk are the other parser's.
        guard !server.services.configuration.isStrict, entrance.hasLinks else { return false }
        var end = head.target.lowerBound + 1
        while end < head.target.upperBound, bytes[end] != UInt8(ascii: "?") { end += 1 }
        let segment = UnsafeRawBufferPointer(rebasing: bytes[head.target.lowerBound + 1..<end])
        guard let code = ShortCode(bytes: segment),
            let entry = server.services.links.entry(code), entry.isOpen(at: now)
        else { return false }
        let isTrusted = server.services.configuration.trustsProxy
        let address = isTrusted ? client(head, bytes) : connectedPeer
        guard server.services.redirectLimit.allows(address, now: now) else {
            HTTPResponse(.tooManyRedirects)
                .write(to: &server.replies, date: server.dateHeader(at: now), closes: head.wantsClose)
            return true
        }
        if let budget = entry.budget, !budget.take() { return false }
        let click = server.click(
            of: entry.link, from: address,
            agent: server.userAgents.look(at: UnsafeRawBufferPointer(rebasing: bytes[head.userAgent])),
            country: isTrusted ? Country(bytes[head.country]) : nil,
            referer: UnsafeRawBufferPointer(rebasing: bytes[head.referer]), at: now)
        RedirectReply.write(
            entry, tail: server.redirectTail(at: now), closes: head.wantsClose || server.isEnding, to: &server.replies)
        server.record(click)
        return true
    }

    private var connectedPeer: ClientAddress {
        if let peer { return peer }
        let found = ClientAddress(peerOf: socket.descriptor)
        peer = found
        return found
    }

    /// As the proxy in front names it.
    private func client(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) -> ClientAddress {
        ClientAddress(forwardedFor: UnsafeRawBufferPointer(rebasing: bytes[head.forwardedFor])) ?? connectedPeer
    }

    private static var headTooLarge: KitError { KitError(.tooLarge, "the request's headers are above 8 KiB") }

    private func refuse(_ response: HTTPResponse) {
        response.write(to: &server.replies, date: server.dateHeader(at: .now), closes: true)
        finish()
    }

    private func upgrade(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) {
        let text = { (range: Range<Int>) in String(decoding: bytes[range], as: UTF8.self) }
        let handshake = Handshake(
            target: text(head.target), entrance: entrance, key: text(head.webSocketKey),
            version: text(head.webSocketVersion),
            origin: head.origin.isEmpty ? nil : text(head.origin), host: text(head.host))
        switch handshake.answer(by: server, now: .now) {
        case .accepted(let reply, let opening):
            server.replies.writeImmutableBuffer(reply)
            flush()
            guard phase == .reading else { return }
            if let home = opening.home, home !== server {
                // What waits here would be left behind; a 101 is all there is, and the kernel of a new peer takes it.
                guard socket.isClear else { return abort() }
                let descriptor = socket.detach()
                leave()
                let unread = ByteBuffer(bytes: bytes[head.length...])
                return home.loop.execute { home.adopt(descriptor, unread: unread, opening.make(home)) }
            }
            let connection = opening.make(server)
            leave()
            connection.open(socket.give(to: connection), unread: bytes[head.length...])
        case .refused(let response): refuse(response)
        }
    }

    // MARK: Out

    /// Sends the replies made so far; what the kernel does not take waits, and the peer is not read from until it has gone.
    private func flush() {
        guard server.replies.readableBytes > 0 else { return }
        defer { server.replies.clear() }
        guard phase != .gone else { return }
        let taken = server.replies.withUnsafeReadableBytes { socket.offer($0) }
        guard let taken else { return abort() }
        guard taken < server.replies.readableBytes else { return }
        server.replies.moveReaderIndex(forwardBy: taken)
        socket.wait(server.replies, .plain)
        server.replies = ByteBuffer()
        guard phase == .reading, !isBlocked else { return }
        isBlocked = true
        socket.setReading(false)
    }

    /// What was answered before this request goes out before its answer; `bytes` go to the other parser.
    private func handOver(_ bytes: UnsafeRawBufferPointer) {
        flush()
        guard phase == .reading, !isBlocked else { return }
        let descriptor = socket.detach()
        leave()
        server.services.http.take(descriptor, at: entrance, unread: ByteBuffer(bytes: bytes))
    }
}
