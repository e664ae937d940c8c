import Glibc

/// What the floor reads out of a request head, and no more.
enum FloorRequest {
    case redirect
    /// A redirect that is told to every subscriber of this room.
    case click(Int)
    /// With the room and the bytes of `Sec-WebSocket-Key`.
    case upgrade(Int, UnsafeRawBufferPointer)
    /// No `GET`, or `/ws` without a key: the floor hangs up.
    case refused

    /// The request at the start of `bytes` and the length of its head; nil when its blank line has not come yet.
    @inline(__always)
    static func parse(_ bytes: UnsafeRawBufferPointer) -> (FloorRequest, Int)? {
        guard let base = bytes.baseAddress, let count = headLength(bytes) else { return nil }
        guard memcmp(base, "GET /", 5) == 0 else { return (.refused, count) }
        if memcmp(base + 5, "ws", 2) == 0 {
            let head = UnsafeRawBufferPointer(start: base, count: count)
            return (key(head).map { .upgrade(room(head), $0) } ?? .refused, count)
        }
        return (
            bytes[5] == UInt8(ascii: "p") ? .click(room(UnsafeRawBufferPointer(start: base, count: count))) : .redirect,
            count
        )
    }

    /// The digits at the end of the path; 0 when there are none.
    @inline(__always)
    private static func room(_ head: UnsafeRawBufferPointer) -> Int {
        var room = 0
        var at = 5
        while at < head.count, head[at] != UInt8(ascii: " "), head[at] != UInt8(ascii: "?") {
            let digit = Int(head[at]) - 0x30
            room = (0...9).contains(digit) ? (room * 10 + digit) & FloorLoop.roomMask : 0
            at += 1
        }
        return room
    }

    /// Up to and with the first blank line.
    @inline(__always)
    private static func headLength(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        var at = 0
        while let feed = memchr(base + at, 0x0A, bytes.count - at) {
            at = UnsafeRawPointer(feed) - base + 1
            if at >= 4, memcmp(base + at - 4, "\r\n\r\n", 4) == 0 { return at }
        }
        return nil
    }

    private static func key(_ head: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let name = "sec-websocket-key:"
        var line = head.startIndex
        while line < head.endIndex, let feed = head[line...].firstIndex(of: 0x0A) {
            let field = head[line..<feed]
            line = feed + 1
            guard field.count > name.utf8.count,
                zip(field, name.utf8).allSatisfy({ $0 == $1 || $0 | 0x20 == $1 })
            else { continue }
            let value = field.dropFirst(name.utf8.count).drop { $0 == 0x20 }.prefix { $0 > 0x20 }
            return UnsafeRawBufferPointer(rebasing: value)
        }
        return nil
    }
}
