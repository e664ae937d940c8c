/// A strict reader of one flat JSON object, for the header of a token and the claims of our own.
///
/// General JSON readers accept a key twice and keep one of the two; which one differs between libraries, and an attacker
/// lives in that difference. Here a second `alg` is a refusal. Nested values are refused too: no header of ours has any.
struct FlatJSON {
    enum Value: Equatable {
        case text(String)
        /// The letters of a number, `true`, `false` or `null`.
        case word(String)
    }

    typealias Member = (name: String, value: Value)

    /// nil when the bytes are anything but `{"key": scalar, …}` with distinct keys and no escapes.
    static func members(of bytes: [UInt8]) -> [Member]? {
        var reader = FlatJSON(bytes: bytes)
        return reader.object()
    }

    /// Members looked at: comparing names is quadratic.
    private static let most = 64
    private let bytes: [UInt8]
    private var position = 0

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func object() -> [Member]? {
        guard take("{") else { return nil }
        var members: [Member] = []
        members.reserveCapacity(8)
        if take("}") { return atEnd ? members : nil }
        repeat {
            guard let name = string(), take(":"), let value = scalar(), !members.contains(where: { $0.name == name })
            else { return nil }
            members.append((name, value))
        } while take(",") && members.count < Self.most
        return take("}") && atEnd ? members : nil
    }

    private var atEnd: Bool { bytes[position...].allSatisfy(Self.isSpace) }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func string() -> String? {
        guard take("\""), let end = bytes[position...].firstIndex(of: UInt8(ascii: "\"")) else { return nil }
        let content = bytes[position..<end]
        guard content.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\\") }) else { return nil }
        position = end + 1
        return String(validating: content, as: UTF8.self)
    }

    private mutating func scalar() -> Value? {
        if let text = string() { return .text(text) }
        let word = bytes[position...].prefix { ShortCode.isAllowed($0) || $0 == UInt8(ascii: ".") }
        position += word.count
        return word.isEmpty ? nil : .word(String(decoding: word, as: UTF8.self))
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 }
}
