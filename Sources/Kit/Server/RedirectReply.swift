import NIOCore

/// The 302 of a link: the same bytes from the fast path and from the router.
enum RedirectReply {
    /// Every click must reach us, so no cache may answer for us.
    static let fixedHeaders: [(name: String, value: String)] =
        [("Cache-Control", "no-store"), ("Content-Length", "0")] + HTTPResponse.securityHeaders

    private static let fixedLines: [UInt8] = Array(
        fixedHeaders.map { "\($0.name): \($0.value)\r\n" }.joined().utf8)

    @inline(__always)
    static func write(_ entry: LinkTable.Entry, date: [UInt8], closes: Bool, to buffer: inout ByteBuffer) {
        buffer.reserveCapacity(
            minimumWritableBytes: 64 + entry.link.destination.bytes.count + date.count + fixedLines.count)
        buffer.writeStaticString("HTTP/1.1 302 Found\r\nLocation: ")
        buffer.writeBytes(entry.link.destination.bytes)
        buffer.writeStaticString("\r\n")
        buffer.writeBytes(date)
        buffer.writeBytes(fixedLines)
        buffer.writeStaticString(closes ? "Connection: close\r\n\r\n" : "\r\n")
    }
}
