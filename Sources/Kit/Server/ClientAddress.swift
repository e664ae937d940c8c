import Glibc

/// Where a request comes from, in two words: to count by, never to keep.
struct ClientAddress: Hashable, Sendable {
    static let unknown = ClientAddress(high: 0, low: 0, isLoopback: false)

    let high: UInt64
    let low: UInt64
    /// This machine itself.
    let isLoopback: Bool

    private init(high: UInt64, low: UInt64, isLoopback: Bool) {
        (self.high, self.low, self.isLoopback) = (high, low, isLoopback)
    }

    /// Of the peer of a connected socket.
    init(peerOf descriptor: Int32) {
        var name = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let answer = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
        }
        guard answer == 0 else {
            self = .unknown
            return
        }
        self = withUnsafeBytes(of: name) { bytes in
            switch Int32(name.ss_family) {
            case AF_INET:
                ClientAddress(
                    high: 0, low: UInt64(bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)),
                    isLoopback: bytes[4] == 127)
            case AF_INET6:
                ClientAddress(
                    high: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                    low: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
                    isLoopback: bytes[8..<23].allSatisfy { $0 == 0 } && bytes[23] == 1)
            default: .unknown
            }
        }
    }

    /// What a trusted proxy says: the last address of its list, which is the one it saw itself; nil when there is none.
    init?(forwardedFor list: UnsafeRawBufferPointer) {
        var start = list.count
        while start > 0, list[start - 1] != UInt8(ascii: ",") { start -= 1 }
        while start < list.count, list[start] == UInt8(ascii: " ") { start += 1 }
        guard start < list.count else { return nil }
        let last = UnsafeRawBufferPointer(rebasing: list[start...])
        self.init(high: last.fnv1a, low: UInt64(last.count), isLoopback: false)
    }
}
