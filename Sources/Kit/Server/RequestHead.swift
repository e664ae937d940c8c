import Glibc

/// A request head that the fast path can answer: `GET /segment` without a body, or an upgrade.
///
/// Two parsers that disagree about one request are a hole, so this one accepts only a plain subset and leaves the rest to
/// NIOHTTP1: methods but GET, HTTP/1.0, bodies, folded or malformed lines, no `Host` or two, a header read here that comes
/// twice, `Authorization`, `Expect`. Ranges are offsets into the bytes it was read from.
struct RequestHead {
    enum Reading {
        /// The blank line has not come.
        case incomplete
        /// The other parser's business.
        case other
        case head(RequestHead)
    }

    /// The target: path and query.
    private(set) var target = 0..<0
    /// Of the head with its blank line, in bytes.
    private(set) var length = 0
    private(set) var userAgent = 0..<0
    private(set) var referer = 0..<0
    private(set) var forwardedFor = 0..<0
    /// `X-Country` or `CF-IPCountry`.
    private(set) var country = 0..<0
    private(set) var wantsClose = false
    /// `Upgrade: websocket` with `Connection: upgrade`.
    var isUpgrade: Bool { upgradesToWebSocket && connectionUpgrades }
    private(set) var webSocketKey = 0..<0
    private(set) var webSocketVersion = 0..<0
    private(set) var origin = 0..<0
    private(set) var host = 0..<0
    private var upgradesToWebSocket = false
    private var connectionUpgrades = false

    private init() {}

    static func read(_ bytes: UnsafeRawBufferPointer) -> Reading {
        guard bytes.count >= 4 else { return couldBe(bytes, "GET /") ? .incomplete : .other }
        guard couldBe(bytes, "GET /") else { return .other }
        var head = RequestHead()
        guard let firstEnd = endOfLine(bytes, from: 0) else { return .incomplete }
        guard let suffix = version(bytes, endingAt: firstEnd) else { return .other }
        head.target = 4..<suffix
        for byte in bytes[head.target] where byte <= 0x20 || byte >= 0x7f { return .other }
        var start = firstEnd + 2
        while let end = endOfLine(bytes, from: start) {
            if end == start {
                guard !head.host.isEmpty else { return .other }
                head.length = end + 2
                return .head(head)
            }
            guard head.field(bytes, start..<end) else { return .other }
            start = end + 2
        }
        return .incomplete
    }

    /// Reads one header line; false when it is the other parser's business.
    private mutating func field(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) -> Bool {
        var colon = line.lowerBound
        while colon < line.upperBound, Self.isToken(bytes[colon]) { colon += 1 }
        guard colon > line.lowerBound, colon < line.upperBound, bytes[colon] == UInt8(ascii: ":"),
            Self.isText(bytes, colon + 1..<line.upperBound)
        else { return false }
        let name = line.lowerBound..<colon
        let value = Self.trimmed(bytes, colon + 1..<line.upperBound)
        /// Keeps a value; false when there was one.
        func once(_ field: WritableKeyPath<RequestHead, Range<Int>>) -> Bool {
            guard self[keyPath: field].isEmpty else { return false }
            self[keyPath: field] = value
            return true
        }
        switch name.count {
        case 4 where Self.equals(bytes, name, "host"): return once(\.host)
        case 6 where Self.equals(bytes, name, "origin"): return once(\.origin)
        case 6 where Self.equals(bytes, name, "expect"): return false
        case 7 where Self.equals(bytes, name, "referer"): return once(\.referer)
        case 7 where Self.equals(bytes, name, "upgrade"):
            guard Self.equals(bytes, value, "websocket") else { return false }
            upgradesToWebSocket = true
        case 9 where Self.equals(bytes, name, "x-country"): return once(\.country)
        case 10 where Self.equals(bytes, name, "user-agent"): return once(\.userAgent)
        case 10 where Self.equals(bytes, name, "connection"):
            if Self.contains(bytes, value, "close") { wantsClose = true }
            if Self.contains(bytes, value, "upgrade") { connectionUpgrades = true }
        case 12 where Self.equals(bytes, name, "cf-ipcountry"): return once(\.country)
        case 13 where Self.equals(bytes, name, "authorization"): return false
        case 14 where Self.equals(bytes, name, "content-length"): return false
        case 15 where Self.equals(bytes, name, "x-forwarded-for"): return once(\.forwardedFor)
        case 17 where Self.equals(bytes, name, "transfer-encoding"): return false
        case 17 where Self.equals(bytes, name, "sec-websocket-key"): return once(\.webSocketKey)
        case 21 where Self.equals(bytes, name, "sec-websocket-version"): return once(\.webSocketVersion)
        default: break
        }
        return true
    }

    /// Offset of the CR of the next CR LF; nil when it has not come. A line with a bare CR or LF fails as a field.
    @inline(__always)
    private static func endOfLine(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        var index = start
        while index + 1 < bytes.count, let found = memchr(base + index, 0x0d, bytes.count - 1 - index) {
            index = UnsafeRawPointer(found) - base
            if bytes[index + 1] == 0x0a { return index }
            index += 1
        }
        return nil
    }

    /// Where ` HTTP/1.1` begins at the end of the first line.
    private static func version(_ bytes: UnsafeRawBufferPointer, endingAt end: Int) -> Int? {
        let start = end - 9
        guard start > 4, equalsExactly(bytes, start, " HTTP/1.1") else { return nil }
        return start
    }

    @inline(__always)
    private static func equalsExactly(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ text: StaticString) -> Bool {
        memcmp(bytes.baseAddress! + start, text.utf8Start, text.utf8CodeUnitCount) == 0
    }

    private static func couldBe(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        for index in 0..<min(bytes.count, text.utf8CodeUnitCount) where bytes[index] != text.utf8Start[index] {
            return false
        }
        return true
    }

    /// Characters of a token (RFC 9110 §5.6.2): a bit each, for ASCII's first and second half.
    private static let tokenLow: UInt64 = 0x03FF_6CFA_0000_0000
    private static let tokenHigh: UInt64 = 0x57FF_FFFF_C7FF_FFFE

    @inline(__always)
    private static func isToken(_ byte: UInt8) -> Bool {
        guard byte < 0x80 else { return false }
        return (byte < 64 ? tokenLow : tokenHigh) >> UInt64(byte & 63) & 1 == 1
    }

    /// Whether a value has no control character but tabs; eight bytes at a time.
    @inline(__always)
    private static func isText(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        let (ones, tops): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        var index = range.lowerBound
        while index + 8 <= range.upperBound {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            // The top bit of each byte that is below 0x20 (and has none itself), or is 0x7f.
            let low = (word &- ones &* 0x20) & ~word & tops
            let rubout = word ^ (ones &* 0x7f)
            if low | ((rubout &- ones) & ~rubout & tops) != 0 { break }
            index += 8
        }
        while index < range.upperBound {
            let byte = bytes[index]
            if (byte < 0x20 && byte != 0x09) || byte == 0x7f { return false }
            index += 1
        }
        return true
    }

    private static func trimmed(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return start..<end
    }

    /// Compares without case; `text` is lower case.
    private static func equals(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<range.count where lower(bytes[range.lowerBound + index]) != text.utf8Start[index] {
            return false
        }
        return true
    }

    /// Whether a comma-separated list has this member.
    private static func contains(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ text: StaticString) -> Bool {
        var start = range.lowerBound
        while start <= range.upperBound {
            let end = bytes[start..<range.upperBound].firstIndex(of: UInt8(ascii: ",")) ?? range.upperBound
            if equals(bytes, trimmed(bytes, start..<end), text) { return true }
            start = end + 1
        }
        return false
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
