/// A JSON value with its keys in order: the order given, or the order read (`JSON(parsing:)`).
///
/// Foundation's coders do not keep key order, and the order of an answer's keys is part of its wire contract.
public enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    /// The letters of a number that is no `Int`, as RFC 8259 §6 has them; written as they are.
    case number(String)
    case string(String)
    case array([JSON])
    case object(KeyValuePairs)

    /// Ordered members of an object.
    public struct KeyValuePairs: Sendable, Equatable, ExpressibleByDictionaryLiteral {
        public var members: [(key: String, value: JSON)]
        public init(dictionaryLiteral elements: (String, JSON)...) { members = elements.map { ($0.0, $0.1) } }
        public init(_ members: [(String, JSON)]) { self.members = members.map { ($0.0, $0.1) } }
        public static func == (left: Self, right: Self) -> Bool {
            left.members.elementsEqual(right.members) { $0.key == $1.key && $0.value == $1.value }
        }
    }

    /// The value of the first member called `key`; nil when there is none or this is no object.
    public subscript(key: String) -> JSON? {
        guard case .object(let pairs) = self else { return nil }
        return pairs.members.first { $0.key == key }?.value
    }

    /// The value on one line.
    public var text: String {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    public func write(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .int(let value): bytes += String(value).utf8
        case .double(let value): bytes += (value.isFinite ? "\(value)" : "null").utf8
        case .number(let letters): bytes += letters.utf8
        case .string(let value): Self.write(value, to: &bytes)
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let pairs):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in pairs.members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                Self.write(member.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// Quotes and escapes as RFC 8259 §7 asks; everything above ASCII goes out as UTF-8.
    static func write(_ text: String, to bytes: inout [UInt8]) {
        let digits: StaticString = "0123456789abcdef"
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes += "\\\"".utf8
            case UInt8(ascii: "\\"): bytes += "\\\\".utf8
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case UInt8(ascii: "\r"): bytes += "\\r".utf8
            case UInt8(ascii: "\t"): bytes += "\\t".utf8
            case ..<0x20: bytes += "\\u00".utf8 + [digits.utf8Start[Int(byte >> 4)], digits.utf8Start[Int(byte & 0xf)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByNilLiteral, ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .int(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(nilLiteral: ()) { self = .null }
    public init(dictionaryLiteral elements: (String, JSON)...) { self = .object(KeyValuePairs(elements)) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
}
