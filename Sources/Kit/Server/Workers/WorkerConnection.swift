import Glibc
import NIOCore

/// A worker process that writes lines, each one JSON object. Only lines that make no sense are answered.
///
/// Bounded: `longestLine` bytes wait for the end of their line; more is answered, and nothing behind it is read. An answer that the
/// worker does not read in time is thrown away. Confined to its loop.
final class WorkerConnection: SocketHandler {
    /// In bytes: no publication is larger.
    static let longestLine = PublicationRequest.maximumBytes

    private var socket: LoopSocket
    private var unread: [UInt8] = []
    /// After a line that was too long: what still comes is thrown away, so that no reset overtakes the answer.
    private var isDeaf = false
    private let hear: ([UInt8]) -> String?
    private let gone: (ObjectIdentifier) -> Void

    init(on loop: SocketLoop, hear: @escaping ([UInt8]) -> String?, gone: @escaping (ObjectIdentifier) -> Void) {
        socket = LoopSocket(closedOn: loop)
        (self.hear, self.gone) = (hear, gone)
    }

    /// Takes an accepted descriptor over; false when the loop cannot.
    func take(_ descriptor: Int32, on loop: SocketLoop) -> Bool {
        guard let socket = try? LoopSocket(descriptor, on: loop, for: self) else { return false }
        self.socket = socket
        return true
    }

    func abort() {
        guard socket.isOpen else { return }
        socket.close()
        gone(ObjectIdentifier(self))
    }

    func handle(_ ready: Poller.Interest) {
        if ready.contains(.write), case .broken = socket.flush() { return abort() }
        guard socket.isOpen, ready.contains(.read) else { return }
        let (bytes, hasEnded) = socket.receive()
        if !isDeaf {
            unread += bytes
            readLines()
        }
        guard socket.isOpen, hasEnded else { return }
        // The last line may end with the connection.
        if !unread.isEmpty { read(unread[...]) }
        abort()
    }

    private func readLines() {
        var start = unread.startIndex
        while let end = unread[start...].firstIndex(of: UInt8(ascii: "\n")) {
            read(unread[start..<end])
            start = end + 1
        }
        unread.removeFirst(start)
        guard unread.count > Self.longestLine else { return }
        answer("a line has at most \(Self.longestLine) bytes")
        isDeaf = true
        unread = []
        socket.closeOutput()
    }

    private func read(_ line: ArraySlice<UInt8>) {
        let isBlank = line.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }
        guard !isBlank, socket.isOpen, let problem = hear(Array(line)) else { return }
        answer(problem)
    }

    private func answer(_ problem: String) {
        guard socket.isClear else { return }
        let answer: JSON = ["type": "error", "message": .string(problem)]
        let bytes = ByteBuffer(string: answer.text + "\n")
        guard let taken = bytes.withUnsafeReadableBytes({ socket.offer($0) }) else { return abort() }
        if taken < bytes.readableBytes {
            socket.wait(bytes.getSlice(at: taken, length: bytes.readableBytes - taken)!, .plain)
        }
    }
}
