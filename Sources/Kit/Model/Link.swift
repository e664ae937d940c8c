public typealias LinkID = HexID<Link>

/// A short code and where it leads.
public struct Link: Sendable, Equatable {
    /// The identifier of the REST API.
    public let id: LinkID
    /// Positive and dense: the key of the store and of the feed counters.
    public let key: Int
    public let code: ShortCode
    public var destination: Destination
    public let owner: UserID
    /// The owner's `User.key`.
    public let ownerKey: Int
    /// Whether the code was chosen by its owner.
    public let isCustom: Bool
    public var isActive: Bool
    public let createdAt: Timestamp
    /// From then on it does not redirect; nil when that never comes.
    public var expiresAt: Timestamp?
    /// Redirects it gives in all, at least 1; nil for any number.
    public var maxClicks: Int?
    public var tags: [Tag] = []
    /// Counts its changes, so that a later one is never overwritten by an earlier one.
    var revision = 0
}

extension Link {
    /// Tags of one link at most.
    public static let mostTags = 10
    /// The largest `maxClicks`.
    public static let mostClicks = 1_000_000_000_000
}

/// A word by which owners sort their links: 1 to 32 lower-case letters, digits, hyphens or underscores.
public struct Tag: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// Capitals become small.
    ///
    /// - Throws: `.invalid` when the text is no such word.
    public init(_ text: String) throws(KitError) {
        let lower = text.lowercased()
        let isGood = lower.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isGood, (1...32).contains(lower.utf8.count) else {
            throw KitError(.invalid, "a tag has 1 to 32 letters, digits, hyphens or underscores")
        }
        description = lower
    }

    /// Each of them once, in the order given.
    ///
    /// - Throws: `.invalid` when one is no tag or there are more than ten.
    public static func list(_ texts: [String]) throws(KitError) -> [Tag] {
        guard texts.count <= Link.mostTags else {
            throw KitError(.invalid, "a link has at most \(Link.mostTags) tags")
        }
        var tags: [Tag] = []
        for text in texts {
            let tag = try Tag(text)
            if !tags.contains(tag) { tags.append(tag) }
        }
        return tags
    }
}

/// Where a link leads: an absolute http or https URL of at most 2,048 characters.
///
/// A value of this type is safe in a `Location` header: printable ASCII only. Bytes that must be percent-encoded
/// (RFC 3986 §2.1), such as umlauts in a path, are encoded when it is made.
public struct Destination: Sendable, Hashable {
    public static let maximumCharacters = 2_048
    public let bytes: [UInt8]

    /// - Throws: `.invalidURL` saying what is wrong with it.
    public init(_ text: String) throws(KitError) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
            throw KitError(.invalidURL, "the URL has a space or a control character; write a space as %20")
        }
        let start = text.prefix(8).lowercased()
        guard start.hasPrefix("http://") || start.hasPrefix("https://") else {
            throw KitError(.invalidURL, "the URL must begin with http:// or https://")
        }
        guard text.unicodeScalars.count <= Self.maximumCharacters else {
            throw KitError(.invalidURL, "the URL is longer than 2048 characters")
        }
        // What a decoder puts for bytes that are no text: the link would lead elsewhere than asked.
        guard !text.unicodeScalars.contains("\u{fffd}") else {
            throw KitError(.invalidURL, "the URL is not UTF-8")
        }
        bytes = Self.percentEncoded(text)
        let host = host
        guard !host.isEmpty else { throw KitError(.invalidURL, "the URL has no host") }
        guard host.utf8.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "%") }) else {
            throw KitError(.invalidURL, "the URL's host must be ASCII; write an international name as xn--…")
        }
        guard hasGoodPort else { throw KitError(.invalidURL, "the URL's port is no number from 1 to 65535") }
    }

    /// A destination read back from the store, where only checked ones are written.
    init(stored bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    /// The host in lower case, without user information, port or the brackets of an IPv6 literal; empty when there is none.
    public var host: String {
        let rest = authority
        if rest.hasPrefix("[") { return String(rest.dropFirst().prefix { $0 != "]" }).lowercased() }
        return String(rest.prefix { $0 != ":" }).lowercased()
    }

    private var hasGoodPort: Bool {
        let rest = authority
        let afterHost = rest.hasPrefix("[") ? rest.drop { $0 != "]" }.dropFirst() : rest.drop { $0 != ":" }
        guard let port = afterHost.firstIndex(of: ":").map({ afterHost[afterHost.index(after: $0)...] }) else {
            return afterHost.isEmpty
        }
        // An empty port is the scheme's own (RFC 3986 §3.2.3).
        return port.isEmpty || (UInt16(port).map { $0 > 0 } ?? false)
    }

    /// Host and port, without user information.
    private var authority: Substring {
        var rest = description[...]
        guard let scheme = rest.firstRange(of: "://") else { return "" }
        rest = rest[scheme.upperBound...].prefix { !"/?#\\".contains($0) }
        if let user = rest.lastIndex(of: "@") { rest = rest[rest.index(after: user)...] }
        return rest
    }

    private static func percentEncoded(_ text: String) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        let unsafe = Set("\"<>\\^`{|}".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if byte < 0x80, !unsafe.contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xf)]]
            }
        }
        return bytes
    }
}

extension Destination: CustomStringConvertible {
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
