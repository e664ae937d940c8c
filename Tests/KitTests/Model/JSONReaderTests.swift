import Foundation
import Testing

@testable import Kit

struct JSONReaderTests {
    private static func text(_ text: String) throws(KitError) -> String { try JSON(parsing: text.utf8).text }

    @Test func `keys keep their order and numbers their letters`() throws {
        let read = try JSON(parsing: #" { "z" : 1 , "a" : [ true , null , -0 , 1.50 , 12345678901234567890 ] } "#.utf8)
        let letters: [JSON] = [true, nil, .number("-0"), .number("1.50"), .number("12345678901234567890")]
        #expect(read == ["z": 1, "a": .array(letters)])
        #expect(read.text == #"{"z":1,"a":[true,null,-0,1.50,12345678901234567890]}"#)
    }

    @Test(arguments: [
        ("0", JSON.int(0)), ("-7", .int(-7)), ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
        ("9223372036854775808", .number("9223372036854775808")), ("1e5", .number("1e5")), ("0.0", .number("0.0")),
        ("-1.5E+300", .number("-1.5E+300")), ("1e99999", .number("1e99999")),
    ])
    func `a number is an int when it fits, else its letters`(text: String, value: JSON) throws {
        #expect(try JSON(parsing: text.utf8) == value)
        #expect(value.text == text)
    }

    @Test(arguments: [
        (#""""#, ""), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\u0000é""#, "é\0é"),
        (#""\uD83D\ude00!""#, "😀!"), ("\"\u{7F}\u{2028}\u{10FFFF}\"", "\u{7F}\u{2028}\u{10FFFF}"),
    ])
    func `strings are read with all their escapes`(text: String, value: String) throws {
        guard case .string(let read) = try JSON(parsing: text.utf8) else { return #expect(Bool(false)) }
        #expect(Array(read.utf8) == Array(value.utf8))
    }

    @Test(arguments: [
        ("", 0), ("  ", 2), ("nul", 0), ("nulL", 0), ("True", 0), ("NaN", 0), ("+1", 0), (".5", 0), ("'a'", 0),
        ("1 2", 2),
        ("[1]]", 3), ("{}x", 2), ("01", 0), ("-01", 0), ("-", 1), ("1.", 2), ("1.e3", 2), ("1e", 2), ("1e+", 3),
        ("0x1", 1), ("-Infinity", 1), ("[1,]", 3), ("[,1]", 1), ("[1 2]", 3), ("[", 1), ("[1", 2), ("{", 1),
        ("{\"a\"}", 4),
        (#"{"a":}"#, 5), (#"{"a":1,}"#, 7), ("{a:1}", 1), (#"{"a" 1}"#, 5), (#"{"a":1 "b":2}"#, 7), (#"{"a":1"#, 6),
        (#"{"a":1,"b":2,"a":3}"#, 13), (#"{"a":1,"\u0061":3}"#, 7), (#"[{"x":{"a":1,"a":1}}]"#, 13), ("\"a", 0),
        ("[\"", 1),
        ("\"a\nb\"", 2), ("\"\u{0}\"", 1), ("\"\t\"", 1), (#""\x""#, 2), (#""\"#, 2), (#""\'""#, 2), (#""\U0061""#, 2),
        (#""\u12"#, 5), (#""\u12g4""#, 5), (#""\u+123""#, 3), (#""\ud800""#, 1), (#""\udc00""#, 1), (#""\ud800\n""#, 1),
        (#""\ud800\ud800""#, 1), (#""\ud800x""#, 1), (#""\ud800\u""#, 9), ("// a\n1", 0), ("1 // a", 2),
        ("\u{FEFF}1", 0),
        ("\u{A0}1", 0), ("\u{B}1", 0), ("{\"\u{E9}\":1,\"e\u{301}\":2}", 8),
    ])
    func `whatever two readers could understand differently is refused with its place`(text: String, offset: Int) {
        let error = #expect(throws: KitError.self) { try JSON(parsing: text.utf8) }
        #expect(error?.code == .invalid)
        #expect(error?.message.hasPrefix("not JSON at byte \(offset); ") == true, "\(error?.message ?? "")")
    }

    @Test(
        arguments: [
            ([0x22, 0xFF, 0x22], 1), ([0x22, 0xC3, 0x22], 1), ([0x22, 0xC0, 0xAF, 0x22], 1),
            ([0x22, 0x61, 0xED, 0xA0, 0x80, 0x22], 2), ([0x31, 0x20, 0x80], 2),
            ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 1),
            ([0xFF, 0xFE, 0x31, 0x00], 0),
        ] as [([UInt8], Int)])
    func `what is not UTF-8 is refused with its place`(bytes: [UInt8], offset: Int) {
        let error = #expect(throws: KitError.self) { try JSON(parsing: bytes) }
        #expect(error?.message == "not JSON at byte \(offset); write UTF-8")
    }

    @Test(arguments: ["[", "{\"a\":"])
    func `64 levels are read, one more and a hundred thousand are refused`(opening: String) throws {
        let closing = opening == "[" ? "]" : "}"
        let nested = { String(repeating: opening, count: $0) + "1" + String(repeating: closing, count: $0) }
        #expect(try Self.text(nested(64)) == nested(64))
        for depth in [65, 100_000] {
            let error = #expect(throws: KitError.self) { try Self.text(nested(depth)) }
            #expect(error?.message == "not JSON at byte \(64 * opening.utf8.count); nest at most 64 deep")
        }
    }

    @Test func `many names are told apart in little time`() throws {
        let members = (0..<50_000).map { "\"n\($0)\":1" }.joined(separator: ",")
        #expect(try JSON(parsing: "{\(members)}".utf8)["n49999"] == 1)
        #expect(throws: KitError.self) { try JSON(parsing: "{\(members),\"n0\":1}".utf8) }
    }

    @Test func `a member is found by its name, in objects only`() {
        let json: JSON = ["a": 1, "b": nil]
        #expect(json["a"] == 1 && json["b"] == .null && json["c"] == nil && JSON.array([1])["a"] == nil)
    }

    @Test func `what is written is read back and written again the same`() throws {
        var random = SeededGenerator(state: 1)
        for _ in 0..<3_000 {
            let text = RandomJSON.value(depth: 4, using: &random).text
            #expect(try Self.text(text) == text)
        }
    }

    @Test func `bytes at random are read or refused, and agree with another reader`() throws {
        var random = SeededGenerator(state: 2)
        let letters = Array("{}[]\",:\\u0dD8-+.eE129truefalsn \n\u{e9}".utf8) + [0xFF, 0]
        var accepted = 0
        for round in 0..<30_000 {
            var bytes = (0..<Int.random(in: 0...12, using: &random)).map { _ in letters.randomElement(using: &random)! }
            if round.isMultiple(of: 2) {
                bytes = Array(RandomJSON.value(depth: 2, using: &random).text.utf8)
                for _ in 0..<Int.random(in: 0...2, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = letters.randomElement(using: &random)!
                }
            }
            guard let value = try? JSON(parsing: bytes) else { continue }
            accepted += 1
            // Foundation reads no number a Double cannot hold.
            guard !value.text.contains(/[0-9][eE]/) else { continue }
            let other = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
            #expect(other != nil, "\(String(decoding: bytes, as: UTF8.self))")
        }
        #expect(accepted > 2_000)
    }
}

/// Values of every kind, with text that needs escapes.
enum RandomJSON {
    private static let scalars: [Unicode.Scalar] = [
        "a", "Z", "\"", "\\", "/", "\n", "\0", "\u{1F}", "é", "\u{301}", "😀", " ",
    ]

    static func text(using random: inout SeededGenerator) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            text.unicodeScalars.append(scalars.randomElement(using: &random)!)
        }
        return text
    }

    static func value(depth: Int, using random: inout SeededGenerator) -> JSON {
        switch Int.random(in: 0...(depth > 0 ? 8 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .int(Int(truncatingIfNeeded: random.next()))
        case 3: return .double(Double(bitPattern: random.next()))
        case 4: return .double(Double.random(in: -10...10, using: &random))
        case 5: return .number(["-0", "1.50", "1e400", "18446744073709551616"].randomElement(using: &random)!)
        case 6: return .string(text(using: &random))
        case 7:
            return .array(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in value(depth: depth - 1, using: &random) })
        default:
            let names = Set((0..<Int.random(in: 0...4, using: &random)).map { _ in text(using: &random) })
            return .object(.init(names.map { ($0, value(depth: depth - 1, using: &random)) }))
        }
    }
}
