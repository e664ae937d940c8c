import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// A session of Engine.IO 4: outlives its connections, and owns the outbox. Confined to its loop.
///
/// What is in the outbox are frames of a WebSocket; a WebSocket takes them as they are, and an answer to a poll is made of them.
/// Everything a codec says goes through the outbox, so that a session's messages have one order whatever carries them.
final class EngineSession: FrameSink, HubClient, CodecHost, Timed {
    /// What a client may send in one message or one request, in bytes.
    static let maximumPayload = 1_000_000
    /// Replies that wait for a client that polls too seldom; above it the session ends.
    private static let mostReplies = 1_024

    private enum Transport {
        case polling
        case socket(EngineSocket)
    }

    let id = SocketIOID.make()
    let server: ServerLoop
    private(set) var admission: Admission
    let openedAt = NIODeadline.now()
    var codec: any ServerCodec
    var seats: [Seat] = []
    var questions = Allowance.questions
    var account: (id: AccountID, proof: Proof)?
    /// Who joined what; no larger than the number of namespaces there are.
    private var identities: [String: Identity] = [:]
    private(set) var subscriber: Subscriber?
    private(set) var closeCode: CloseCode?
    /// Nothing more is said or heard; its socket may still be closing.
    private(set) var isClosing = false
    private var transport = Transport.polling
    private var polls = EnginePolls()
    private var isAnswerDue = false
    /// The client closed the session before it asked for the last time: then it is told that there is nothing more.
    private var owesFarewell: Bool { farewellDue != nil }
    private var farewellDue: NIODeadline?
    /// A WebSocket the session may move to.
    private var candidate: EngineSocket?
    private var isProbed = false
    private var pingDue = NIODeadline.distantFuture
    /// Set while a ping is not answered.
    private var pongDue: NIODeadline?
    private var joinDue = NIODeadline.distantFuture
    private var timing: EngineTiming { server.services.configuration.engine }

    init(server: ServerLoop, admission: Admission, codec: any ServerCodec) {
        (self.server, self.admission, self.codec) = (server, admission, codec)
    }

    // MARK: Life

    /// - Parameter socket: What carries it; nil for polls.
    func open(on socket: EngineSocket?) {
        server.services.connectionCount.add(1, ordering: .relaxed)
        server.opened(self)
        server.engines[id] = self
        server.services.engines.add(id, on: server)
        let configuration = server.services.configuration
        let limits = Outbox.Limits(messages: configuration.outboxMessages, bytes: configuration.outboxBytes)
        let subscriber = Subscriber(
            audience: admission.audience, outbox: Outbox(sink: self, audience: admission.audience, limits: limits))
        self.subscriber = subscriber
        if let socket {
            transport = .socket(socket)
            socket.carry(subscriber)
        }
        let now = NIODeadline.now()
        pingDue = now + timing.interval.timeAmount - slack
        joinDue = now + timing.join.timeAmount
        send(greeting(isUpgradable: socket == nil))
        perform(codec.opened(admission.identity))
        server.wheel.add(self, due: min(pingDue, joinDue))
    }

    /// The wheel comes up to a tick late, and its ticks take their time: a session ends strictly within interval and timeout.
    private var slack: TimeAmount { server.wheel.tick + server.wheel.tick }

    private func greeting(isUpgradable: Bool) -> ByteBuffer {
        let words: JSON = [
            "sid": .string(id), "upgrades": isUpgradable ? ["websocket"] : [],
            "pingInterval": .int(Int(timing.interval / .milliseconds(1))),
            "pingTimeout": .int(Int(timing.timeout / .milliseconds(1))), "maxPayload": .int(Self.maximumPayload),
        ]
        return .enginePacket("0" + words.text)
    }

    /// Nobody finds it any more, and nothing is heard. The hub may be delivering at the moment: its part comes later.
    private func close() {
        guard !isClosing else { return }
        isClosing = true
        if !owesFarewell { forget() }
        giveBackSeats()
    }

    private func forget() {
        farewellDue = nil
        server.engines[id] = nil
        server.services.engines.remove(id)
    }

    /// What carried it has gone: so has the session.
    private func leave() {
        close()
        guard let subscriber else { return }
        exchange(&candidate, with: nil)?.end(.policy, "the session has ended")
        server.shard.close(subscriber)
        server.closed(self)
        server.services.connectionCount.subtract(1, ordering: .relaxed)
        self.subscriber = nil
    }

    func end(_ code: CloseCode, _ reason: String) {
        guard !isClosing else { return }
        closeCode = code
        server.services.log.debug(
            "closing a session", metadata: ["code": "\(code.rawValue)", "reason": "\(reason)"])
        switch transport {
        case .socket(let socket): socket.end(code, reason)
        case .polling:
            polls.answer(.enginePacket("1"))
            leave()
        }
    }

    func stop(returningAfter delay: Duration) {
        switch transport {
        case .socket(let socket): socket.stop(returningAfter: delay)
        case .polling: end(.goingAway, "the server is stopping")
        }
    }

    func abort() {
        candidate?.abort()
        switch transport {
        case .socket(let socket): socket.abort()
        case .polling:
            polls.answer(.enginePacket("1"))
            leave()
        }
    }

    func recognized(_ identity: Identity, for purpose: String) {
        admission.identity = identity
        identities[purpose] = identity
    }

    var isRevoked: Bool {
        let door = server.services.authenticator
        return identities.values.contains { door.isRevoked($0.proof, of: $0.user) }
    }

    // MARK: Its sockets

    /// The socket sends and hears nothing more; it may still be open.
    func isEnding(_ socket: EngineSocket) {
        if isCarried(by: socket) {
            closeCode = closeCode ?? socket.closeCode
            close()
        }
    }

    func left(_ socket: EngineSocket) {
        if candidate === socket {
            candidate = nil
            isProbed = false
        } else if isCarried(by: socket) {
            leave()
        }
    }

    private func isCarried(by socket: EngineSocket) -> Bool {
        if case .socket(let own) = transport { own === socket } else { false }
    }

    /// Whether the session may move to this socket.
    func takes(candidate socket: EngineSocket) -> Bool {
        guard case .polling = transport, candidate == nil, !isClosing else { return false }
        candidate = socket
        server.wheel.add(socket, due: .now() + timing.upgrade.timeAmount)
        return true
    }

    func isCandidate(_ socket: EngineSocket) -> Bool { candidate === socket }

    func receive(_ packet: EnginePacket, from socket: EngineSocket) {
        guard candidate === socket else {
            if isCarried(by: socket), !take(packet) { end(.protocolError, "a packet clients do not send") }
            return
        }
        switch packet {
        case .ping(ByteBuffer(string: "probe")):
            isProbed = true
            socket.reply(.enginePacket("3probe"))
            // The client polls no more once it has the answer to this one.
            polls.answer(.enginePacket("6"))
        case .upgrade where isProbed: upgrade(to: socket)
        default: socket.end(.protocolError, "a probe comes first")
        }
    }

    private func upgrade(to socket: EngineSocket) {
        guard let subscriber else { return }
        candidate = nil
        polls.answer(.enginePacket("6"))
        transport = .socket(socket)
        socket.carry(subscriber)
        // In its place in the order: the socket tells the outbox once it has it.
        if let held = polls.takeHeld() { socket.hold(held) }
        // A ping nobody has asked for yet.
        if let control = polls.takeControl() { socket.reply(control) }
    }

    // MARK: Polls

    /// The answer to a GET: at once, or when there is something.
    func poll() -> EventLoopFuture<HTTPResponse> {
        if owesFarewell {
            forget()
            return server.loop.makeSucceededFuture(.engine(ByteBuffer(string: "6")))
        }
        guard case .polling = transport, !isClosing else {
            return server.loop.makeSucceededFuture(.engine(EngineRequest.Refusal.badRequest))
        }
        guard !polls.isWaiting else {
            end(.protocolError, "two polls at a time")
            return server.loop.makeSucceededFuture(.engine(EngineRequest.Refusal.badRequest))
        }
        let promise = server.loop.makePromise(of: HTTPResponse.self)
        if polls.take(promise) { subscriber?.outbox.resume() }
        if polls.hasSomething {
            polls.answer()
        } else if isProbed {
            polls.answer(.enginePacket("6"))
        }
        return promise.futureResult
    }

    /// The answer to a POST, whose packets are taken in their order.
    func post(_ body: ByteBuffer) -> HTTPResponse {
        guard case .polling = transport, !isClosing else { return .engine(EngineRequest.Refusal.badRequest) }
        guard let packets = EnginePayload.packets(in: body) else {
            end(.protocolError, "a payload of something else than packets")
            return .engine(EngineRequest.Refusal.badRequest)
        }
        for packet in packets where !isClosing {
            guard take(packet) else {
                end(.protocolError, "a packet clients do not send")
                return .engine(EngineRequest.Refusal.badRequest)
            }
        }
        return .engine(ByteBuffer(string: "ok"), "text/html")
    }

    // MARK: In

    /// False for a packet that only a server sends.
    private func take(_ packet: EnginePacket) -> Bool {
        switch packet {
        case .message(let text): perform(codec.receive(text))
        case .binary(let data): perform(codec.receiveBinary(data))
        case .pong:
            pongDue = nil
            pingDue = .now() + timing.interval.timeAmount - slack
        case .close: closedByClient()
        case .upgrade, .noop: break
        case .ping, .open: return false
        }
        return true
    }

    private func closedByClient() {
        switch transport {
        case .socket(let socket): socket.end(.normal, "closed by the client")
        case .polling:
            // Its last poll may still be on its way here.
            if !polls.answer(.enginePacket("6")) {
                let due = NIODeadline.now() + timing.farewell.timeAmount
                farewellDue = due
                server.wheel.add(self, due: due)
            }
            leave()
        }
    }

    // MARK: Out

    func say(_ message: ByteBuffer, _ opcode: WebSocketFrame.Opcode) {
        guard opcode == .text else { return send(.frame(.binary, message)) }
        var frame = ByteBuffer()
        frame.reserveCapacity(message.readableBytes + 11)
        frame.writeFrameHeader(.text, payload: message.readableBytes + 1)
        frame.writeInteger(UInt8(ascii: "4"))
        frame.writeImmutableBuffer(message)
        send(frame)
    }

    private func send(_ frame: ByteBuffer) {
        guard let subscriber else { return }
        guard subscriber.outbox.queuedReplies < Self.mostReplies else {
            return end(.policy, "more than \(Self.mostReplies) replies wait")
        }
        subscriber.outbox.send(reply: frame)
    }

    func offer(_ bytes: UnsafeRawBufferPointer) -> Int? {
        switch transport {
        case .socket(let socket): return socket.offer(bytes)
        case .polling:
            let taken = polls.offer(bytes)
            if taken > 0 { answerSoon() }
            return taken
        }
    }

    func hold(_ bytes: ByteBuffer) {
        switch transport {
        case .socket(let socket): socket.hold(bytes)
        case .polling: polls.hold(bytes)
        }
    }

    /// With everything that comes in this turn of the loop.
    private func answerSoon() {
        guard !exchange(&isAnswerDue, with: true) else { return }
        server.loop.assumeIsolated().execute { [self] in
            isAnswerDue = false
            if polls.hasSomething { polls.answer() }
        }
    }

    func delivered(_ batch: Batch, _ messages: Range<Int>) {
        server.shard.meter.record(batch.times[messages], count: 1)
    }

    func changed(to condition: Outbox.Condition, _ books: Outbox.Books) {
        server.noticed(self, condition, books)
    }

    // MARK: Deadlines

    func deadlineReached(_ now: NIODeadline) -> NIODeadline? {
        if let farewellDue {
            guard farewellDue <= now else { return farewellDue }
            forget()
        }
        guard !isClosing else { return nil }
        if joinDue <= now {
            guard codec.isEstablished else {
                end(.policy, "no namespace joined within \(timing.join)")
                return nil
            }
            joinDue = .distantFuture
        }
        guard keepsUp(now) else { return nil }
        // A pong may bring the next ping nearer than its own deadline was.
        return min(pongDue.map { min($0, now + timing.interval.timeAmount) } ?? pingDue, joinDue)
    }

    /// Asks whether the client is there, in time; false when it has not answered.
    private func keepsUp(_ now: NIODeadline) -> Bool {
        if let due = pongDue {
            guard due <= now else { return true }
            // A peer that takes nothing cannot see a ping either: its stall clock decides.
            guard case .socket(let socket) = transport, socket.isStalling else {
                end(.policy, "ping timeout")
                return false
            }
            pongDue = now + timing.timeout.timeAmount - slack
        } else if pingDue <= now {
            pongDue = now + timing.timeout.timeAmount - slack
            ping()
        }
        return true
    }

    private func ping() {
        switch transport {
        case .socket(let socket): socket.reply(.enginePacket("2"))
        case .polling:
            polls.add(.enginePacket("2"))
            if polls.isWaiting { answerSoon() }
        }
    }
}
