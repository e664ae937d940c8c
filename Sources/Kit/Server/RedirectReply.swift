import NIOCore

/// The 302 of a link: the same bytes from the fast path and from the router.
enum RedirectReply {
    /// Every click must reach us, so no cache may answer for us.
    static let fixedHeaders: [(name: String, value: String)] =
        [("Cache-Control", "no-store"), ("Content-Length", "0")] + HTTPResponse.securityHeaders

    /// What stands behind `Location:` in every reply of a second, up to the blank line.
    ///
    /// - Parameter date: `Date: …` CR LF.
    static func tail(date: [UInt8]) -> [UInt8] {
        date + fixedHeaders.flatMap { "\($0.name): \($0.value)\r\n".utf8 }
    }

    @inline(__always)
    static func write(_ entry: LinkTable.Entry, tail: [UInt8], closes: Bool, to buffer: inout ByteBuffer) {
        let (opening, lineEnd): (StaticString, StaticString) = ("HTTP/1.1 302 Found\r\nLocation: ", "\r\n")
        let ending: StaticString = closes ? "Connection: close\r\n\r\n" : "\r\n"
        let destination = entry.link.destination.bytes
        let count =
            opening.utf8CodeUnitCount + destination.count + lineEnd.utf8CodeUnitCount + tail.count
            + ending.utf8CodeUnitCount
        buffer.write(atMost: count) { out in
            out.write(opening)
            destination.withUnsafeBytes { out.write($0) }
            out.write(lineEnd)
            tail.withUnsafeBytes { out.write($0) }
            out.write(ending)
        }
    }
}
