import Glibc
import NIOCore

/// Accepts connections on one loop and deals them out to all.
///
/// Options every connection shares are set on the listening socket: the kernel hands them down, which saves three calls for
/// each (tcp(7), socket(7)).
final class Listener: SocketHandler {
    struct Options: Sendable {
        /// The kernel's send buffer of each connection, in bytes.
        var sendBuffer: Int
        /// How long what was sent may stay unacknowledged, in milliseconds.
        var userTimeout: Int
    }

    /// Connections taken in one turn of the loop.
    private static let most = 64
    /// How long nothing is accepted when there is no descriptor left.
    private static let pause = TimeAmount.milliseconds(100)

    let port: UInt16
    private var descriptor: Int32
    private let loop: SocketLoop
    private let accepted: ([Int32]) -> Void

    /// - Parameter accepted: Gets descriptors, non-blocking and its own to close.
    /// - Throws: `.system` with what `bind` or `listen` said.
    init(
        _ address: PeerAddress, _ options: Options, on loop: SocketLoop, accepted: @escaping ([Int32]) -> Void
    ) throws {
        (self.loop, self.accepted) = (loop, accepted)
        (descriptor, port) = try StreamSocket.listen(address)
        StreamSocket.set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        StreamSocket.set(descriptor, SOL_SOCKET, SO_SNDBUF, Int32(clamping: options.sendBuffer))
        StreamSocket.set(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, Int32(clamping: options.userTimeout))
        do {
            try loop.add(descriptor, .read, self)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// On its loop.
    func close() {
        guard descriptor >= 0 else { return }
        loop.close(descriptor)
        descriptor = -1
    }

    func handle(_ ready: Poller.Interest) {
        var fresh: [Int32] = []
        while fresh.count < Self.most {
            let connection = StreamSocket.accept(descriptor)
            if connection >= 0 {
                fresh.append(connection)
            } else if errno == EAGAIN {
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
