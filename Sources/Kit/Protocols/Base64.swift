import Foundation

/// Base64 as the WebSocket handshake uses it (RFC 4648 §4).
enum Base64 {
    static func encode(_ bytes: some Sequence<UInt8>) -> String { Data(bytes).base64EncodedString() }

    /// Whether `text` is a `Sec-WebSocket-Key`: sixteen bytes (RFC 6455 §4.2.1).
    static func isNonce(_ text: String) -> Bool { text.utf8.count == 24 && Data(base64Encoded: text)?.count == 16 }
}
