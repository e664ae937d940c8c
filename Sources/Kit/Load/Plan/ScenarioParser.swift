/// JSON as RFC 8259 has it, for files that people write: a mistake has its line and column, a name given twice is one.
///
/// Foundation's parser says of neither where it is, lets the last of two names win and takes a comma at the end.
/// Bounded: 32 levels of nesting.
struct ScenarioParser {
    /// What stands at a place that cannot stand there.
    private struct Mistake: Error {
        let at: Int
        let words: String
    }

    private let bytes: [UInt8]
    private var next = 0

    /// - Throws: `.invalid`, with line and column.
    static func parse(_ text: String) throws(KitError) -> ScenarioValue {
        var parser = ScenarioParser(bytes: Array(text.utf8))
        do throws(Mistake) {
            let value = try parser.value(depth: 0)
            parser.skipSpace()
            guard parser.next == parser.bytes.count else { throw parser.mistake("write nothing behind the last }") }
            return value
        } catch {
            let before = parser.bytes[..<min(error.at, parser.bytes.count)]
            let line = before.count { $0 == UInt8(ascii: "\n") } + 1
            let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            // Columns count characters: a byte that goes on with one (10xxxxxx) is none.
            let column = before[start...].count { $0 & 0xC0 != 0x80 } + 1
            throw KitError(.invalid, "the scenario is not JSON at line \(line), column \(column); \(error.words)")
        }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func mistake(_ words: String) -> Mistake { Mistake(at: next, words: words) }

    private var byte: UInt8? { next < bytes.count ? bytes[next] : nil }

    private mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { next += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard byte == UInt8(ascii: character) else { return false }
        next += 1
        return true
    }

    private mutating func value(depth: Int) throws(Mistake) -> ScenarioValue {
        guard depth < 32 else { throw mistake("nest at most 32 deep") }
        skipSpace()
        switch byte {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .list(try list(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case let byte? where "-0123456789".utf8.contains(byte): return try number()
        default:
            for (word, value) in [("null", ScenarioValue.null), ("true", .bool(true)), ("false", .bool(false))]
            where bytes[next...].starts(with: word.utf8) {
                next += word.utf8.count
                return value
            }
            throw mistake("write a value here: a text in quotes, a number, [ … ] or { … }")
        }
    }

    private mutating func object(depth: Int) throws(Mistake) -> [String: ScenarioValue] {
        next += 1
        var members: [String: ScenarioValue] = [:]
        if take("}") { return members }
        repeat {
            skipSpace()
            let start = next
            guard byte == UInt8(ascii: "\"") else { throw mistake("write a name in quotes here") }
            let name = try string()
            guard members[name] == nil else {
                throw Mistake(at: start, words: "\(ScenarioValue.quoted(name)) is there twice; keep one")
            }
            guard take(":") else { throw mistake("write a colon here, between name and value") }
            members[name] = try value(depth: depth + 1)
        } while take(",")
        guard take("}") else { throw mistake("write a comma or } here") }
        return members
    }

    private mutating func list(depth: Int) throws(Mistake) -> [ScenarioValue] {
        next += 1
        var values: [ScenarioValue] = []
        if take("]") { return values }
        repeat { values.append(try value(depth: depth + 1)) } while take(",")
        guard take("]") else { throw mistake("write a comma or ] here") }
        return values
    }

    private mutating func number() throws(Mistake) -> ScenarioValue {
        let start = next
        while let byte, "+-.eE0123456789".utf8.contains(byte) { next += 1 }
        let text = String(decoding: bytes[start..<next], as: UTF8.self)
        guard text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/) != nil,
            let number = Double(text), number.isFinite
        else { throw Mistake(at: start, words: "write a number like 200 or 0.5") }
        return UInt64(text).map(ScenarioValue.whole) ?? .number(number)
    }

    private mutating func string() throws(Mistake) -> String {
        let start = next
        next += 1
        var text: [UInt8] = []
        while let byte, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw mistake("end the text with a quote before the line ends, or write \\n") }
            next += 1
            if byte == UInt8(ascii: "\\") { text += try escape() } else { text.append(byte) }
        }
        guard byte != nil else { throw Mistake(at: start, words: "end the text with a quote") }
        next += 1
        return String(decoding: text, as: UTF8.self)
    }

    /// What stands behind a backslash, as UTF-8.
    private mutating func escape() throws(Mistake) -> [UInt8] {
        defer { next += 1 }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [bytes[next]]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var units = [try codeUnit()]
            // A pair of surrogates is one character; half of one becomes U+FFFD.
            if UTF16.isLeadSurrogate(units[0]), bytes[(next + 1)...].starts(with: "\\u".utf8) {
                next += 2
                units.append(try codeUnit())
            }
            return Array(String(decoding: units, as: UTF16.self).utf8)
        default: throw mistake("write \\\\ for a backslash")
        }
    }

    /// From the `u` to the last of its four digits.
    private mutating func codeUnit() throws(Mistake) -> UInt16 {
        let digits = bytes.dropFirst(next + 1).prefix(4)
        guard digits.count == 4, !digits.contains(UInt8(ascii: "+")),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw mistake("write four hexadecimal digits behind \\u") }
        next += 4
        return unit
    }
}
