import Foundation
import Glibc

/// Accepts programs of this machine's user on a Unix socket: worker processes that have something to tell open tabs.
///
/// Bounded: `mostConnections`; one more is closed at once. Confined to its loop.
final class WorkerListener: SocketHandler {
    static let mostConnections = 16

    private let file: String
    private let loop: SocketLoop
    private let hear: ([UInt8]) -> String?
    private var descriptor: Int32
    private var connections: [ObjectIdentifier: WorkerConnection] = [:]

    /// What a dead server left at `file` is replaced; the data directory's lock says that no living one has it.
    ///
    /// - Parameter hear: Takes a line; returns what is wrong with it.
    /// - Throws: when something else is there, or no socket can be.
    init(_ file: URL, on loop: SocketLoop, hear: @escaping ([UInt8]) -> String?) throws {
        (self.file, self.loop, self.hear) = (file.path, loop, hear)
        try Self.removeSocket(at: file.path)
        descriptor = try Self.listen(at: file.path)
        do {
            try loop.add(descriptor, .read, self)
        } catch {
            Glibc.close(descriptor)
            unlink(file.path)
            throw error
        }
    }

    /// Ends the connections too, and removes the file.
    func close() {
        guard descriptor >= 0 else { return }
        loop.close(descriptor)
        descriptor = -1
        unlink(file)
        for connection in connections.values { connection.abort() }
    }

    func handle(_ ready: Poller.Interest) {
        while descriptor >= 0 {
            let accepted = StreamSocket.accept(descriptor)
            guard accepted >= 0 else { return }
            guard connections.count < Self.mostConnections else {
                Glibc.close(accepted)
                continue
            }
            let connection = WorkerConnection(on: loop, hear: hear) { [weak self] in self?.connections[$0] = nil }
            if connection.take(accepted, on: loop) { connections[ObjectIdentifier(connection)] = connection }
        }
    }

    private static func removeSocket(at path: String) throws {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return }
        guard attributes[.type] as? FileAttributeType == .typeSocket else {
            throw SystemError.failed("\(path) is there and no socket; remove it")
        }
        unlink(path)
    }

    private static func listen(at path: String) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        // A path with its ending zero (unix(7)).
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw SystemError.failed("the path \(path) is too long for a socket; choose a shorter --data-dir")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        let descriptor = socket(AF_UNIX, Int32(kind), 0)
        guard descriptor >= 0 else { throw SystemError.system("opening a socket", errno) }
        // Before there is a file: Linux gives the file the mode of the socket, so that nobody else ever may.
        fchmod(descriptor, 0o600)
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 }
        }
        guard isBound, chmod(path, 0o600) == 0, Glibc.listen(descriptor, 16) == 0 else {
            let code = errno
            Glibc.close(descriptor)
            if isBound { unlink(path) }
            throw SystemError.system("listening at \(path)", code)
        }
        return descriptor
    }
}
