import Foundation
import Glibc

/// Follows one link as fast as one connection does, sixteen requests at a time, on a thread of its own.
enum ClickLoad {
    /// Sends up to `count` clicks; returns how many were answered 302, fewer when the server went away.
    static func run(_ port: Int, _ code: String, _ count: Int) async -> Int {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: follow(port, code, count)) }
        }
    }

    private static func follow(_ port: Int, _ code: String, _ count: Int) -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let isOpen = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isOpen else { return 0 }
        let request = Array("GET /\(code) HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        let status = Array("HTTP/1.1 302 ".utf8)
        var answered = 0
        var unread: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while answered < count {
            let batch = min(16, count - answered)
            let bytes = Array(repeatElement(request, count: batch).joined())
            guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { break }
            var got = 0
            while got < batch {
                let read = recv(descriptor, &buffer, buffer.count, 0)
                guard read > 0 else { return answered }
                unread += buffer[..<read]
                while let end = unread.firstRange(of: Array("\r\n\r\n".utf8)) {
                    guard unread.starts(with: status) else { return answered }
                    unread.removeFirst(end.upperBound)
                    got += 1
                    answered += 1
                }
            }
        }
        return answered
    }
}
