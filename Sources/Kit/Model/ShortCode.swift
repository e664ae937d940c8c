/// The path segment a link is reached by: 3 to 30 characters of `A-Z a-z 0-9 -`, case-sensitive.
///
/// Held inline in 32 bytes, so that a redirect compares and hashes words and never allocates a string.
public struct ShortCode: Hashable, Sendable {
    public static let length = 3...30
    /// Characters of a code made by us. 62^7 codes: at ten million links, three in a million new ones collide.
    public static let generatedLength = 7

    private var words: InlineArray<4, UInt64>

    /// - Throws: `.invalid` when the text is not a code.
    public init(_ text: String) throws(KitError) {
        var text = text
        let code = text.withUTF8 { ShortCode(bytes: UnsafeRawBufferPointer($0)) }
        guard let code else {
            throw KitError(.invalid, "a short code has 3 to 30 letters, digits or hyphens")
        }
        self = code
    }

    /// The code these bytes spell; nil when they spell none.
    @inlinable
    public init?(bytes: UnsafeRawBufferPointer) {
        guard Self.length.contains(bytes.count) else { return nil }
        for byte in bytes where !Self.isAllowed(byte) { return nil }
        self.init(checked: bytes)
    }

    @usableFromInline
    init(checked bytes: UnsafeRawBufferPointer) {
        words = InlineArray(repeating: 0)
        withUnsafeMutableBytes(of: &words) { storage in
            storage.copyMemory(from: bytes)
            storage[31] = UInt8(bytes.count)
        }
    }

    /// 0 to 15, spread by the first characters; for tables with a lock per part.
    var stripe: UInt64 { (words[0] ^ words[0] >> 8 ^ words[0] >> 20 ^ words[0] >> 36) & 15 }

    public var count: Int { Int(truncatingIfNeeded: words[3] >> 56) }

    public func withBytes<Answer>(_ body: (UnsafeRawBufferPointer) -> Answer) -> Answer {
        withUnsafeBytes(of: words) { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    @inlinable
    static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    public static func == (left: ShortCode, right: ShortCode) -> Bool {
        left.words[0] == right.words[0] && left.words[3] == right.words[3]
            && left.words[1] == right.words[1] && left.words[2] == right.words[2]
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words[0])
        // The last word holds the length too, so a code of up to eight characters needs no more than these two.
        hasher.combine(words[3])
        if count > 8 {
            hasher.combine(words[1])
            hasher.combine(words[2])
        }
    }
}

extension ShortCode: CustomStringConvertible {
    public var description: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}

extension ShortCode {
    /// A random code; base62 without modulo bias.
    public static func random(using generator: inout some RandomNumberGenerator) -> ShortCode {
        let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        return withUnsafeTemporaryAllocation(byteCount: generatedLength, alignment: 1) { bytes in
            for index in bytes.indices {
                bytes[index] = alphabet.utf8Start[Int.random(in: 0..<62, using: &generator)]
            }
            return ShortCode(checked: UnsafeRawBufferPointer(bytes))
        }
    }

    /// First path segments the server answers itself; no link can have them.
    public static let reserved: Set<String> = [
        "ws", "health", "docs", "api", "graphql", "links", "s", "stream", "realtime", "broadcast", "socket.io",
        "dashboard", "analytics", "auth", "iii", "metrics", "favicon.ico", "robots.txt", "link-not-found",
        "link-inactive", "link-no-encontrado", "link-inactivo", "echo", "engine.io", "import",
    ]

    public var isReserved: Bool { Self.reserved.contains(description) }
}
