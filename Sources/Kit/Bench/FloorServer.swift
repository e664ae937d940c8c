import Glibc

/// The floor: a server that does only what none can avoid, so that others can be given as multiples of it.
///
/// `GET /ws…` with an upgrade subscribes to the room whose number ends its path. Any other `GET` is a prebuilt 302; one whose
/// path begins with `/p` also goes to every subscriber of the room whose number ends it, as one `click_event` text frame. No routing, no tickets, no log, no timers but the one that
/// ends a batch. One thread, one epoll instance.
public struct FloorServer {
    /// Bound on 127.0.0.1 and listening since `init`.
    public let port: UInt16

    private let listener: Int32
    private let batch: Int
    private let sendBuffer: Int32?

    /// - Parameters:
    ///   - port: 0 for any free one.
    ///   - batch: messages collected into one send per subscriber; 1 sends each by itself. An unfilled batch waits
    ///     no longer than 2 ms.
    ///   - sendBuffer: bytes of `SO_SNDBUF` on every connection, which the kernel doubles; nil leaves its default.
    /// - Throws: `SystemError.failed` when the port is taken.
    public init(port: UInt16, batch: Int = 1, sendBuffer: Int32? = nil) throws {
        (listener, self.port) = try StreamSocket.listen(port: port)
        self.batch = max(1, batch)
        self.sendBuffer = sendBuffer
    }

    /// Serves until the process is told to end.
    public func run() throws {
        let loop = try FloorLoop(listener: listener, batch: batch, sendBuffer: sendBuffer)
        try loop.run()
    }
}
