import Foundation

/// base64url without padding (RFC 4648 §5), canonical only.
enum Base64URL {
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString()
            .replacing("+", with: "-")
            .replacing("/", with: "_")
            .replacing("=", with: "")
    }

    /// nil for padding, a foreign character, or spare bits that are not zero: a second spelling of the same bytes would
    /// let one signed text have many forms.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        guard text.utf8.allSatisfy({ ShortCode.isAllowed($0) || $0 == UInt8(ascii: "_") }) else { return nil }
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        let plain = String(text).replacing("-", with: "+").replacing("_", with: "/")
        guard let data = Data(base64Encoded: plain + padding), encode(data) == text else { return nil }
        return Array(data)
    }
}
