import NIOCore

/// A WebSocket of an Engine.IO session: its only connection, or the one a session of polls moves to. Confined to its loop.
final class EngineSocket: LiveConnection {
    enum Purpose: Sendable {
        /// A session of its own.
        case opening(any ServerCodec)
        /// The session of this id, which polls.
        case joining(String)
    }

    private let purpose: Purpose
    private var session: EngineSession?
    private var reader = MessageReader(role: .server, maximumMessage: EngineSession.maximumPayload)
    private var unread = ByteBuffer()
    private var repliesWaiting = 0

    init(server: ServerLoop, admission: Admission, _ purpose: Purpose) {
        self.purpose = purpose
        super.init(server: server, admission: admission)
    }

    override func enter() {
        switch purpose {
        case .opening(let codec):
            let session = EngineSession(server: server, admission: admission, codec: codec)
            self.session = session
            session.open(on: self)
        case .joining(let id):
            guard let session = server.engines[id], session.takes(candidate: self) else {
                return end(.policy, "the session has gone, or has a WebSocket")
            }
            self.session = session
        }
    }

    override func leave() {
        letGo()
        exchange(&session, with: nil)?.left(self)
    }

    override func end(_ code: CloseCode, _ reason: String) {
        guard !isClosing else { return }
        closeCode = code
        var payload = ByteBuffer(integer: code.rawValue)
        payload.writeString(String(decoding: reason.utf8.prefix(120), as: UTF8.self))
        finish(with: .frame(.close, payload))
    }

    override func closing() { session?.isEnding(self) }

    /// Of a candidate: the upgrade has taken too long.
    override func lookAround(_ now: NIODeadline) -> NIODeadline? {
        if session?.isCandidate(self) == true { end(.policy, "the upgrade took too long") }
        return nil
    }

    // MARK: In

    override func received(_ bytes: UnsafeRawBufferPointer) {
        unread.writeBytes(bytes)
        do {
            while !isClosing, let message = try reader.next(from: &unread) { receive(message) }
        } catch {
            end(error.code, error.reason)
        }
        if unread.readableBytes == 0 { unread = ByteBuffer() } else { unread.discardReadBytes() }
        renewReading()
    }

    private func receive(_ message: MessageReader.Message) {
        switch message {
        case .text(let text):
            guard let packet = EnginePacket(text: text) else { return end(.protocolError, "no packet of Engine.IO") }
            session?.receive(packet, from: self)
        case .binary(let data): session?.receive(.binary(data), from: self)
        case .ping(let payload): reply(.frame(.pong, payload))
        case .pong: break
        case .close(let code):
            finish(with: .frame(.close, code.map { ByteBuffer(integer: $0) } ?? ByteBuffer()))
        }
    }

    // MARK: Out

    /// Past what waits in the outbox: a peer that reads slowly still hears that it is asked whether it is there.
    func reply(_ frame: ByteBuffer) {
        if !write(frame, .reply) { repliesWaiting += 1 }
    }

    override func tookReply() {
        repliesWaiting -= 1
        renewReading()
    }

    override func resumed() { renewReading() }

    /// A peer that does not take its replies is not read from until it does.
    private func renewReading() {
        guard !isClosing else { return }
        let waiting = repliesWaiting + (subscriber?.outbox.queuedReplies ?? 0)
        if waiting >= WebSocketConnection.maximumReplies { setReading(false) }
        if waiting <= WebSocketConnection.maximumReplies / 2 { setReading(true) }
    }
}
