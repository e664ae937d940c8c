import Glibc

/// Where to connect to: an IPv4 or IPv6 address with its port.
struct PeerAddress: Sendable {
    let family: Int32
    /// This machine itself: 127.0.0.0/8 or ::1.
    let isLoopback: Bool
    private let storage: [UInt8]

    /// 127.0.0.`host`.
    static func loopback(host: UInt8 = 1, port: UInt16) -> PeerAddress {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = (0x7F00_0000 | UInt32(host)).bigEndian
        return PeerAddress(family: AF_INET, isLoopback: true, storage: withUnsafeBytes(of: address) { Array($0) })
    }

    /// The first address of a host, by name or number. Blocks while the name is looked up.
    ///
    /// - Throws: `.failed` when it has none.
    static func resolve(_ host: String, port: UInt16) throws -> PeerAddress {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let name = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        let code = getaddrinfo(name, "\(port)", &hints, &found)
        guard code == 0, let first = found, let address = first.pointee.ai_addr else {
            throw SystemError.failed("cannot find the host \(host): \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(found) }
        let bytes = UnsafeRawBufferPointer(start: address, count: Int(first.pointee.ai_addrlen))
        return PeerAddress(
            family: first.pointee.ai_family, isLoopback: isLoopback(bytes, first.pointee.ai_family),
            storage: Array(bytes))
    }

    /// Calls `body` with what `connect` and `bind` want.
    func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        storage.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { generic in
                // Never empty: both ways to make one fill it.
                body(generic.baseAddress!, socklen_t(bytes.count))
            }
        }
    }

    private static func isLoopback(_ bytes: UnsafeRawBufferPointer, _ family: Int32) -> Bool {
        switch family {
        case AF_INET: bytes[4] == 127
        case AF_INET6: bytes[8..<23].allSatisfy { $0 == 0 } && bytes[23] == 1
        default: false
        }
    }
}
