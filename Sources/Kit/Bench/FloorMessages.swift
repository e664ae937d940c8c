/// The floor's bytes, built once.
enum FloorMessages {
    static let redirect = Array(
        "HTTP/1.1 302 Found\r\nLocation: https://example.com/\r\nContent-Length: 0\r\n\r\n".utf8
    )

    /// One click as an unmasked text frame with a 16-bit length (RFC 6455 §5.2).
    static let click: [UInt8] = {
        let text = Array(
            """
            {"type":"click_event","payload":{"shortCode":"xYz12A7","country":"unknown","deviceType":"desktop",\
            "browser":"Chrome","timestamp":"2026-06-27T12:34:56.123456Z"}}
            """.utf8
        )
        return [0x81, 126, UInt8(text.count >> 8), UInt8(text.count & 0xFF)] + text
    }()

    static func switching(key: UnsafeRawBufferPointer) -> [UInt8] {
        let opening = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        return Array("\(opening)Sec-WebSocket-Accept: ".utf8)
            + WebSocketAccept.value(for: String(decoding: key, as: UTF8.self)).utf8
            + Array("\r\n\r\n".utf8)
    }
}
