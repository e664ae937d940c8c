/// A strict reader of RFC 8259: what two readers could understand differently is refused.
///
/// Bounded: `JSONReader.deepest` levels of nesting. Time and memory are linear in the bytes.
struct JSONReader {
    /// What stands at a place that cannot stand there.
    struct Mistake: Error, Equatable {
        /// Bytes before the place.
        let offset: Int
        /// What to do about it.
        let words: String

        /// As an editor counts them, both from 1; columns are characters and not bytes.
        func lineAndColumn(in bytes: [UInt8]) -> (line: Int, column: Int) {
            let before = bytes[..<min(offset, bytes.count)]
            let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            // A byte that goes on with a character (10xxxxxx) is none of its own.
            let column = before[start...].count { $0 & 0xC0 != 0x80 } + 1
            return (before.count { $0 == UInt8(ascii: "\n") } + 1, column)
        }
    }

    /// Levels of arrays and objects in one another.
    static let deepest = 64

    private let bytes: [UInt8]
    private var next = 0

    static func read(_ bytes: [UInt8]) throws(Mistake) -> JSON {
        // Once for the whole, so that no string has to look again.
        do throws(UTF8.ValidationError) { _ = try UTF8Span(validating: bytes.span) } catch {
            throw Mistake(offset: error.byteOffsets.lowerBound, words: "write UTF-8")
        }
        var reader = JSONReader(bytes: bytes)
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.next == bytes.count else { throw reader.mistake("write nothing behind the value") }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func mistake(_ words: String) -> Mistake { Mistake(offset: next, words: words) }

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

    private mutating func value(depth: Int) throws(Mistake) -> JSON {
        skipSpace()
        switch byte {
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string())
        case let byte? where byte == UInt8(ascii: "-") || Self.isDigit(byte): return try number()
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        default: throw mistake("write a value here")
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(Mistake) -> JSON {
        let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard bytes[next...].starts(with: letters) else { throw mistake("write null, true or false, or quote it") }
        next += letters.count
        return value
    }

    /// A name given twice is refused, since one of the two would be lost. Names that only differ in how Unicode composes
    /// their letters are one name here, as they are to Swift's `==`.
    private mutating func object(depth: Int) throws(Mistake) -> JSON.KeyValuePairs {
        guard depth <= Self.deepest else { throw mistake("nest at most \(Self.deepest) deep") }
        next += 1
        var pairs: JSON.KeyValuePairs = [:]
        if take("}") { return pairs }
        var names: Set<String> = []
        repeat {
            skipSpace()
            let start = next
            guard byte == UInt8(ascii: "\"") else { throw mistake("write a name in quotes here") }
            let name = try string()
            guard names.insert(name).inserted else { throw Mistake(offset: start, words: "give each name once") }
            guard take(":") else { throw mistake("write a colon here") }
            pairs.members.append((name, try value(depth: depth)))
        } while take(",")
        guard take("}") else { throw mistake("write a comma or } here") }
        return pairs
    }

    private mutating func array(depth: Int) throws(Mistake) -> [JSON] {
        guard depth <= Self.deepest else { throw mistake("nest at most \(Self.deepest) deep") }
        next += 1
        var values: [JSON] = []
        if take("]") { return values }
        repeat { values.append(try value(depth: depth)) } while take(",")
        guard take("]") else { throw mistake("write a comma or ] here") }
        return values
    }

    /// RFC 8259 §6.
    private mutating func number() throws(Mistake) -> JSON {
        let start = next
        if byte == UInt8(ascii: "-") { next += 1 }
        let isZero = byte == UInt8(ascii: "0")
        let digits = try digits()
        guard !isZero || digits == 1 else {
            throw Mistake(offset: start, words: "write a number without leading zeros")
        }
        var isWhole = true
        if byte == UInt8(ascii: ".") {
            next += 1
            _ = try self.digits()
            isWhole = false
        }
        if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            next += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { next += 1 }
            _ = try self.digits()
            isWhole = false
        }
        let letters = String(decoding: bytes[start..<next], as: UTF8.self)
        // `-0` is no `Int`: as one it would lose its sign.
        if isWhole, letters != "-0", let whole = Int(letters) { return .int(whole) }
        return .number(letters)
    }

    /// How many there are: at least one.
    private mutating func digits() throws(Mistake) -> Int {
        let start = next
        while let byte, Self.isDigit(byte) { next += 1 }
        guard next > start else { throw mistake("write a digit here") }
        return next - start
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// RFC 8259 §7.
    private mutating func string() throws(Mistake) -> String {
        let opening = next
        next += 1
        var start = next
        var text = ""
        while let byte {
            switch byte {
            case UInt8(ascii: "\""):
                text += String(decoding: bytes[start..<next], as: UTF8.self)
                next += 1
                return text
            case UInt8(ascii: "\\"):
                text += String(decoding: bytes[start..<next], as: UTF8.self)
                next += 1
                text.unicodeScalars.append(try escape())
                start = next
            case ..<0x20: throw mistake("escape control characters in a string")
            default: next += 1
            }
        }
        throw Mistake(offset: opening, words: "end the string with a quote")
    }

    /// What stands behind a backslash.
    private mutating func escape() throws(Mistake) -> Unicode.Scalar {
        let escape = byte
        if escape == UInt8(ascii: "u") { return try scalar() }
        let scalar: Unicode.Scalar
        switch escape {
        case UInt8(ascii: "\""): scalar = "\""
        case UInt8(ascii: "\\"): scalar = "\\"
        case UInt8(ascii: "/"): scalar = "/"
        case UInt8(ascii: "b"): scalar = "\u{8}"
        case UInt8(ascii: "f"): scalar = "\u{C}"
        case UInt8(ascii: "n"): scalar = "\n"
        case UInt8(ascii: "r"): scalar = "\r"
        case UInt8(ascii: "t"): scalar = "\t"
        default: throw mistake("write \\\\ for a backslash")
        }
        next += 1
        return scalar
    }

    /// From the `u` on: one escape, or the two of a pair of surrogates.
    private mutating func scalar() throws(Mistake) -> Unicode.Scalar {
        let start = next - 1
        let lead = try codeUnit()
        if let scalar = Unicode.Scalar(lead) { return scalar }
        let lone = Mistake(offset: start, words: "write surrogates in pairs, the high one first")
        guard UTF16.isLeadSurrogate(lead), byte == UInt8(ascii: "\\"),
            bytes.dropFirst(next + 1).first == UInt8(ascii: "u")
        else { throw lone }
        next += 1
        let trail = try codeUnit()
        guard UTF16.isTrailSurrogate(trail) else { throw lone }
        return UTF16.decode(UTF16.EncodedScalar([lead, trail]))
    }

    /// From the `u` to the last of its four digits.
    private mutating func codeUnit() throws(Mistake) -> UInt16 {
        next += 1
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw mistake("write four hexadecimal digits behind \\u")
            }
            unit = unit << 4 | UInt16(digit)
            next += 1
        }
        return unit
    }
}

extension JSON {
    /// Reads one value and nothing else. Numbers that are an `Int` become `.int`, others keep their letters.
    ///
    /// - Throws: `.invalid` naming the byte at fault, from 0: for anything outside RFC 8259, a name given twice in an
    ///   object, half a surrogate pair, bytes that are not UTF-8 (a byte order mark too), more than 64 levels.
    public init(parsing bytes: some Sequence<UInt8>) throws(KitError) {
        do throws(JSONReader.Mistake) {
            self = try JSONReader.read(Array(bytes))
        } catch {
            throw KitError(.invalid, "not JSON at byte \(error.offset); \(error.words)")
        }
    }
}
