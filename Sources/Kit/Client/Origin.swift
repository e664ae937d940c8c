import Foundation

/// A server's scheme, host and port: what a key belongs to.
public struct Origin: Sendable, Hashable {
    public let scheme: String
    public let host: String
    public let port: Int

    /// Reads `http://host[:port][/…]`; a path is ignored.
    ///
    /// - Throws: `.invalid` saying what an address looks like.
    public init(_ text: String) throws(KitError) {
        let refused = KitError(.invalid, "\(text) is no server address; write it like http://127.0.0.1:8080")
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            ["http", "https"].contains(scheme),
            let host = parts.host, !host.isEmpty, parts.user == nil, parts.password == nil
        else { throw refused }
        self.scheme = scheme
        self.host = host.lowercased()
        port = parts.port ?? (scheme == "https" ? 443 : 80)
        guard (1...65_535).contains(port) else { throw refused }
    }
}

extension Origin: CustomStringConvertible {
    /// Such as `http://127.0.0.1:8080`; the scheme's own port is left out.
    public var description: String {
        let usual = scheme == "https" ? 443 : 80
        return port == usual ? "\(scheme)://\(host)" : "\(scheme)://\(host):\(port)"
    }
}
