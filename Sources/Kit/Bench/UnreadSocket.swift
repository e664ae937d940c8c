import Glibc

/// A subscriber that never reads a byte once it is open: what it is sent stays in the kernel, and then in its server.
final class UnreadSocket {
    private static let openingLimit = 10.0
    /// The smallest there is: as little as possible is to wait on this side.
    private static let receiveBuffer: Int32 = 2_048
    private let descriptor: Int32

    /// - Throws: `.failed` when the upgrade is not answered with 101 within 10 s.
    init(at endpoint: BenchEndpoint) throws {
        let peer = PeerAddress.loopback(port: endpoint.port)
        guard let descriptor = try StreamSocket.connect(to: peer, receiveBuffer: Self.receiveBuffer) else {
            throw SystemError.failed("no free port to connect from")
        }
        self.descriptor = descriptor
        let request = endpoint.upgrade(0)
        let deadline = MonotonicClock.after(seconds: Self.openingLimit)
        var isSent = false
        var upgrade = ResponseScanner(expecting: 101)
        // Byte by byte: what comes behind the answer is not to be read.
        var byte: UInt8 = 0
        while !upgrade.isUpgraded {
            try BenchInterrupt.check()
            guard MonotonicClock.now() < deadline else { throw SystemError.failed("an upgrade took more than 10 s") }
            var waiting = pollfd(fd: descriptor, events: Int16(isSent ? POLLIN : POLLOUT), revents: 0)
            guard poll(&waiting, 1, 50) > 0 else { continue }
            guard isSent else {
                isSent = request.withUnsafeBytes { StreamSocket.send(descriptor, $0) } == request.count
                guard isSent else { throw SystemError.failed("an upgrade request could not be sent") }
                continue
            }
            switch withUnsafeMutableBytes(of: &byte, { StreamSocket.receive(descriptor, into: $0) }) {
            case .bytes: _ = try withUnsafeBytes(of: byte) { try upgrade.scan($0) }
            case .nothingYet: continue
            case .closed: throw SystemError.failed("the server hung up on an upgrade")
            }
        }
    }

    deinit { close(descriptor) }
}
