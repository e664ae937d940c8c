import Glibc
import NIOCore

/// Accepts connections on one loop and deals them out to all.
///
/// Options every connection shares are set on the listening socket: the kernel hands them down, which saves three calls for
/// each (tcp(7), socket(7)). A socket that was inherited stays open with whoever passed it, and what waits in it with it.
final class Listener: SocketHandler {
    struct Options: Sendable {
        /// The kernel's send buffer of each connection, in bytes.
        var sendBuffer: Int
        /// How long what was sent may stay unacknowledged, in milliseconds.
        var userTimeout: Int

        func set(on descriptor: Int32) {
            StreamSocket.set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
            StreamSocket.set(descriptor, SOL_SOCKET, SO_SNDBUF, Int32(clamping: sendBuffer))
            StreamSocket.set(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, Int32(clamping: userTimeout))
        }
    }

    /// Where the socket comes from.
    enum Source: Sendable {
        case address(PeerAddress)
        case inherited(InheritedSocket)
    }

    /// Connections taken in one turn of the loop.
    private static let most = 64
    /// How long nothing is accepted when there is no descriptor left.
    private static let pause = TimeAmount.milliseconds(100)

    let port: UInt16
    private var descriptor: Int32
    private let loop: SocketLoop
    private let options: Options
    private let isInherited: Bool
    /// What waits may be older than the options of its socket.
    private var isUnsettled: Bool
    private let accepted: ([Int32]) -> Void

    /// - Parameter accepted: Gets descriptors, non-blocking and its own to close.
    /// - Throws: `.system` with what `bind` or `listen` said.
    init(
        _ source: Source, _ options: Options, on loop: SocketLoop, accepted: @escaping ([Int32]) -> Void
    ) throws {
        (self.loop, self.options, self.accepted) = (loop, options, accepted)
        switch source {
        case .address(let address):
            (descriptor, port) = try StreamSocket.listen(address)
            (isInherited, isUnsettled) = (false, false)
        case .inherited(let socket):
            // A copy: whoever gave it to us may have it again after `close`.
            descriptor = fcntl(socket.descriptor, F_DUPFD_CLOEXEC, 0)
            guard descriptor >= 0 else { throw SystemError.system("taking over a socket", errno) }
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            (port, isInherited, isUnsettled) = (UInt16(socket.port), true, true)
        }
        options.set(on: descriptor)
        do {
            try loop.add(descriptor, .read, self)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// On its loop. What waits is still accepted, unless the next server will: the kernel would reset it.
    func close() {
        guard descriptor >= 0 else { return }
        if isInherited {
            // Another copy is open, so that closing this one would not end its registration (epoll(7)).
            loop.release(descriptor)
            Glibc.close(descriptor)
        } else {
            handle(.read)
            loop.close(descriptor)
        }
        descriptor = -1
    }

    func handle(_ ready: Poller.Interest) {
        var fresh: [Int32] = []
        while fresh.count < Self.most {
            let connection = StreamSocket.accept(descriptor)
            if connection >= 0 {
                if isUnsettled { options.set(on: connection) }
                fresh.append(connection)
            } else if errno == EAGAIN {
                isUnsettled = false
                break
            } else if errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM {
                rest()
                break
            }
            // Anything else was wrong with that one connection, which has gone (accept(2)).
        }
        if !fresh.isEmpty { accepted(fresh) }
    }

    /// The kernel would go on telling of a connection that cannot be taken.
    private func rest() {
        loop.watch(descriptor, for: [])
        loop.assumeIsolated().scheduleTask(in: Self.pause) { [self] in
            if descriptor >= 0 { loop.watch(descriptor, for: .read) }
        }
    }
}
