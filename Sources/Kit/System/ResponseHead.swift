import Glibc

/// What a generator reads of an HTTP/1 response head.
struct ResponseHead: Equatable {
    var status: Int
    /// 0 for a status that has no body, and when the field is absent.
    var contentLength = 0
    /// The body comes in chunks, and says itself where it ends.
    var isChunked = false
    /// The server closes the connection after this answer.
    var closes = false
    /// Length of the head with its blank line.
    var byteCount = 0

    /// Reads the head at the start of `bytes`.
    ///
    /// - Returns: nil when its blank line is not among them.
    /// - Throws: `.failed` when it is no HTTP/1 response.
    static func parse(_ bytes: UnsafeRawBufferPointer) throws -> ResponseHead? {
        guard let base = bytes.baseAddress else { return nil }
        var head: ResponseHead?
        var at = 0
        while at < bytes.count, let feed = memchr(base + at, 0x0A, bytes.count - at) {
            let next = UnsafeRawPointer(feed) - base + 1
            let line = UnsafeRawBufferPointer(rebasing: bytes[at..<next])
            at = next
            guard head != nil else {
                head = try ResponseHead(status: status(line))
                continue
            }
            if line.count <= 2 {
                head?.byteCount = at
                if let status = head?.status, status < 200 || status == 204 || status == 304 {
                    head?.contentLength = 0
                    head?.isChunked = false
                }
                return head
            }
            if let value = value(of: "content-length:", in: line) { head?.contentLength = try number(value) }
            if let value = value(of: "connection:", in: line) { head?.closes = isClose(value) }
            if value(of: "transfer-encoding:", in: line) != nil { head?.isChunked = true }
        }
        return nil
    }

    private static func isClose(_ value: UnsafeRawBufferPointer) -> Bool {
        String(decoding: value, as: UTF8.self).lowercased().contains("close")
    }

    /// `HTTP/1.x NNN …`
    private static func status(_ line: UnsafeRawBufferPointer) throws -> Int {
        guard line.count >= 13, line.starts(with: "HTTP/1.".utf8) else {
            throw SystemError.failed("an answer that is not HTTP/1")
        }
        return try number(UnsafeRawBufferPointer(rebasing: line[9..<12]))
    }

    /// What follows `name` on this line, in any case; nil when it is another field.
    @inline(__always)
    private static func value(of name: StaticString, in line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let length = name.utf8CodeUnitCount
        // Most lines are told apart by their first letter, without the call.
        guard line.count > length, line[0] | 0x20 == name.utf8Start[0],
            let base = line.baseAddress,
            strncasecmp(base.assumingMemoryBound(to: CChar.self), name.cString, length) == 0
        else { return nil }
        return UnsafeRawBufferPointer(rebasing: line[length...])
    }

    private static func number(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        var value = 0
        for byte in bytes where byte != 0x20 && byte != 0x0D && byte != 0x0A {
            guard byte >= 0x30, byte <= 0x39, value < 1 << 30 else {
                throw SystemError.failed("a malformed number in a response head")
            }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }
}

extension StaticString {
    fileprivate var cString: UnsafePointer<CChar> {
        UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
