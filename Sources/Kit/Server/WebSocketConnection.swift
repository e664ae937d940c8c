import Logging
import NIOCore

/// One open WebSocket: messages → codec → actions; outbox → frames. Confined to its loop.
final class WebSocketConnection: LiveConnection, CodecHost {
    /// Replies that wait for a peer that does not read them; at the bound nothing more is read from it.
    static let maximumReplies = 32

    var codec: any ServerCodec
    private var reader: MessageReader
    private var repliesWaiting = 0
    private var unread = ByteBuffer()
    var seats: [Seat] = []
    var questions = Allowance.questions
    /// Whose it was said to be in a message, and by what.
    var account: (id: AccountID, proof: Proof)?
    private var lastFrame = NIODeadline.now()
    private var lastPing = NIODeadline.now()

    init(server: ServerLoop, admission: Admission, codec: any ServerCodec) {
        self.codec = codec
        reader = MessageReader(role: .server, maximumMessage: type(of: codec).maximumMessage)
        super.init(server: server, admission: admission)
    }

    override func opened() {
        perform(codec.opened(admission.identity))
        server.wheel.add(self, due: lastPing + liveness.ping.timeAmount)
    }

    /// What its protocol wants, unless the server was told otherwise.
    private var liveness: Liveness {
        let usual = type(of: codec).liveness
        let configuration = server.services.configuration
        return Liveness(
            ping: configuration.pingInterval ?? usual.ping, silence: configuration.readDeadline ?? usual.silence)
    }

    // MARK: Closing and deadlines

    /// Sends a close frame and then closes; what the peer still sends is not read.
    override func end(_ code: CloseCode, _ reason: String) {
        guard !isClosing else { return }
        closeCode = code
        var payload = ByteBuffer(integer: code.rawValue)
        payload.writeString(String(reason.prefix(120)))
        server.services.log.debug(
            "closing a connection", metadata: ["code": "\(code.rawValue)", "reason": "\(reason)"])
        finish(with: .frame(.close, payload))
    }

    override func lookAround(_ now: NIODeadline) -> NIODeadline? {
        let liveness = liveness
        // A peer that takes nothing cannot see a ping either: its stall clock decides, and silence counts from its end.
        if isStalling { lastFrame = now }
        guard lastFrame + liveness.silence.timeAmount > now else {
            end(.policy, "nothing heard for \(liveness.silence)")
            return nil
        }
        let pingDue = max(lastFrame, lastPing) + liveness.ping.timeAmount
        if pingDue <= now {
            lastPing = now
            let wasIdle = isIdle
            reply(.frame(.ping, ByteBuffer()))
            if wasIdle { tellPositions() }
        }
        return min(
            max(lastFrame, lastPing) + liveness.ping.timeAmount,
            lastFrame + liveness.silence.timeAmount)
    }

    // MARK: In

    override func received(_ bytes: UnsafeRawBufferPointer) {
        lastFrame = .now()
        unread.writeBytes(bytes)
        do {
            while !isClosing, let message = try reader.next(from: &unread) { receive(message) }
        } catch {
            end(error.code, error.reason)
        }
        // An idle connection keeps no buffer.
        if unread.readableBytes == 0 { unread = ByteBuffer() } else { unread.discardReadBytes() }
    }

    private func receive(_ message: MessageReader.Message) {
        switch message {
        case .text(let payload): perform(codec.receive(payload))
        case .binary(let payload): perform(codec.receiveBinary(payload))
        case .ping(let payload): reply(.frame(.pong, payload))
        case .pong: break
        case .close(let code):
            finish(with: .frame(.close, code.map { ByteBuffer(integer: $0) } ?? ByteBuffer()))
        }
    }

    override var isRevoked: Bool {
        super.isRevoked
            || account.map { server.services.authenticator.isRevoked($0.proof, of: nil, $0.id) } ?? false
    }

    /// Whoever comes next finds the places free, however long the peer takes to go.
    override func closing() { giveBackSeats() }

    func say(_ message: ByteBuffer, _ opcode: WebSocketFrame.Opcode) { reply(.frame(opcode, message)) }

    /// Replies are few and never dropped: a peer that does not take them is not read from until it does.
    private func reply(_ frame: ByteBuffer) {
        guard !write(frame, .reply) else { return }
        repliesWaiting += 1
        if repliesWaiting == Self.maximumReplies { setReading(false) }
    }

    override func tookReply() {
        repliesWaiting -= 1
        if repliesWaiting == Self.maximumReplies / 2 { setReading(true) }
    }
}
