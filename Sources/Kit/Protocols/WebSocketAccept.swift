import Crypto
import Foundation

/// The digest of the opening handshake, for both ends.
enum WebSocketAccept {
    /// `Sec-WebSocket-Accept` for a client's key: base64 of SHA-1 over the key and a fixed text (RFC 6455 §4.2.2).
    static func value(for key: String) -> String {
        Base64.encode(Insecure.SHA1.hash(data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }
}
