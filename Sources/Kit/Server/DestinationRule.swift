import Glibc

/// Which destinations this server links to. Looks at what is written only: names are not resolved.
struct DestinationRule {
    private let allowsPrivate: Bool
    /// How short URLs begin.
    private let base: String

    init(_ configuration: ServerConfiguration, baseURL: String) {
        allowsPrivate = configuration.allowsPrivateTargets
        base = baseURL.lowercased()
    }

    /// - Throws: `.invalidURL` for a link to this server, which would redirect in circles, and for private addresses unless
    ///   allowed.
    func check(_ destination: Destination) throws(KitError) {
        let text = destination.description.lowercased()
        guard !text.hasPrefix(base + "/"), text != base else {
            throw KitError(.invalidURL, "the URL leads to this server itself")
        }
        guard !allowsPrivate else { return }
        var host = destination.host
        if host.hasSuffix(".") { host.removeLast() }
        let own = Destination(stored: base.utf8).host
        guard host != own else { throw KitError(.invalidURL, "the URL leads to this server itself") }
        guard host != "localhost", !host.hasSuffix(".localhost"), !Self.isPrivate(host) else {
            throw KitError(
                .invalidURL,
                "the URL leads to a private address; start the server with ALLOW_PRIVATE_TARGETS=true to allow it")
        }
    }

    /// Loopback, private, link-local and unspecified literals of IPv4 and IPv6 (RFC 6890).
    static func isPrivate(_ host: String) -> Bool {
        if let address = looseIPv4(host) { return isPrivate(address) }
        var bytes = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, host, &bytes) == 1 else { return false }
        // IPv4 in IPv6, mapped and compatible (RFC 4291 §2.5.5), `::` and `::1` among them.
        let middle = (bytes[10], bytes[11])
        if bytes[..<10].allSatisfy({ $0 == 0 }), middle == (0xff, 0xff) || middle == (0, 0) {
            return isPrivate(bytes[12...].reduce(0) { $0 << 8 | UInt32($1) })
        }
        // IPv4 behind NAT64 (RFC 6052 §2.1).
        if bytes[..<12] == [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0] {
            return isPrivate(bytes[12...].reduce(0) { $0 << 8 | UInt32($1) })
        }
        // fc00::/7 and fe80::/10.
        return bytes[0] & 0xfe == 0xfc || (bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80)
    }

    private static func isPrivate(_ address: UInt32) -> Bool {
        switch address >> 24 {
        case 0, 10, 127: true
        case 100: address >> 22 == 0x6440_0000 >> 22
        case 169: address >> 16 == 0xa9fe
        case 172: address >> 20 == 0xac1
        case 192: address >> 16 == 0xc0a8
        // Multicast, reserved and broadcast.
        case 224...: true
        default: false
        }
    }

    /// Every spelling resolvers and browsers take for an IPv4 address: `127.0.0.1`, `127.1`, `0x7f000001`, `2130706433`
    /// (the WHATWG URL standard's IPv4 parser). One to four numbers, the last filling what is left.
    private static func looseIPv4(_ host: String) -> UInt32? {
        var parts = host.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count > 1, parts.last == "" { parts.removeLast() }
        let numbers = parts.compactMap { part -> UInt32? in
            let lower = part.lowercased()
            if lower.hasPrefix("0x") { return lower.count == 2 ? 0 : UInt32(lower.dropFirst(2), radix: 16) }
            return lower.count > 1 && lower.hasPrefix("0") ? UInt32(lower, radix: 8) : UInt32(lower)
        }
        guard let last = numbers.last, numbers.count == parts.count, numbers.count <= 4,
            numbers.dropLast().allSatisfy({ $0 <= 255 })
        else { return nil }
        let leading = numbers.dropLast().enumerated().reduce(UInt32(0)) {
            $0 | $1.element << (24 - 8 * UInt32($1.offset))
        }
        guard numbers.count == 1 || UInt64(last) < UInt64(1) << (8 * (5 - UInt64(numbers.count))) else { return nil }
        return leading | last
    }
}
