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
        guard let colon = bytes[line].firstIndex(of: UInt8(ascii: ":")), colon > line.lowerBound else { return false }
        for byte in bytes[line.lowerBound..<colon] where !Self.isToken(byte) { return false }
        for byte in bytes[colon + 1..<line.upperBound] where (byte < 0x20 && byte != 0x09) || byte == 0x7f {
            return false
        }
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
        case 17 where Self.equals(bytes, name, "transfer-encoding"): return false
        case 17 where Self.equals(bytes, name, "sec-websocket-key"): return once(\.webSocketKey)
        case 21 where Self.equals(bytes, name, "sec-websocket-version"): return once(\.webSocketVersion)
        default: break
        }
        return true
    }

    /// Offset of the CR of the next CR LF; nil when it has not come. A line with a bare CR or LF fails as a field.
    private static func endOfLine(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        while index + 1 < bytes.count {
            if bytes[index] == 0x0d, bytes[index + 1] == 0x0a { return index }
            index += 1
        }
        return nil
    }

    /// Where ` HTTP/1.1` begins at the end of the first line.
    private static func version(_ bytes: UnsafeRawBufferPointer, endingAt end: Int) -> Int? {
        let start = end - 9
        guard start > 4, UnsafeRawBufferPointer(rebasing: bytes[start..<end]).elementsEqual(" HTTP/1.1".utf8) else {
            return nil
        }
        return start
    }

    private static func couldBe(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        for index in 0..<min(bytes.count, text.utf8CodeUnitCount) where bytes[index] != text.utf8Start[index] {
            return false
        }
        return true
    }

    /// RFC 9110 §5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: byte > 0x20 && byte < 0x7f && !"\"(),/:;<=>?@[\\]{}".utf8.contains(byte)
        }
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
