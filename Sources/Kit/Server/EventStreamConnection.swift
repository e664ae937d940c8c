import NIOCore

/// One open event stream (`text/event-stream`, HTML standard §9.2): the native feed for `curl -N` and `EventSource`.
///
/// The body ends with the connection, so frames are shared with everyone in the room as they are. Confined to its loop.
final class EventStreamConnection: LiveConnection {
    /// Between two events of a quiet stream: below what proxies take for dead.
    private static let heartbeat = TimeAmount.seconds(15)

    override func opened() {
        // How long a browser waits before it comes again, in milliseconds.
        write(ByteBuffer(string: "retry: 1000\n\n"))
        server.wheel.add(self, due: .now() + Self.heartbeat)
    }

    /// There is no word for why: the stream ends, and the client comes again with its last position.
    override func end(_ code: CloseCode, _ reason: String) {
        guard !isClosing else { return }
        closeCode = code
        finish(with: ByteBuffer())
    }

    /// A client may end its side once it has asked; one that has gone answers the next bytes with a reset.
    override func peerEnded() {
        setReading(false)
        write(ByteBuffer(string: ":\n\n"))
    }

    /// Positions keep the stream alive, and show a peer that has gone.
    override func lookAround(_ now: NIODeadline) -> NIODeadline? {
        if isIdle { tellPositions() }
        return now + Self.heartbeat
    }
}
