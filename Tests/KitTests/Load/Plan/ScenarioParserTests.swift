import Foundation
import Testing

@testable import Kit

struct ScenarioParserTests {
    /// What the file has, and how the answer goes on after "the scenario is not JSON at ".
    @Test(arguments: [
        ("", "line 1, column 1; write a value"), ("{", "line 1, column 2; write a name in quotes"),
        ("{}\n}", "line 2, column 1; write nothing behind"), ("{\"a\" 1}", "line 1, column 6; write a colon"),
        ("{\n  \"name\": \"a\"\n  \"kind\": 5\n}", "line 3, column 3; write a comma or }"),
        ("{\"é\": 1 2}", "line 1, column 9; write a comma or }"),
        ("{\"a\": 1,}", "line 1, column 9; write a name in quotes"), ("[1,]", "line 1, column 4; write a value"),
        ("[1", "line 1, column 3; write a comma or ]"), ("[tru]", "line 1, column 2; write a value"),
        ("{\"a\": 1,\n \"a\": 2}", "line 2, column 2; \"a\" is there twice; keep one"), ("'a'", "line 1, column 1"),
        ("[01]", "line 1, column 2; write a number"), ("[1.]", "line 1, column 2; write a number"),
        ("[.5]", "line 1, column 2; write a value"), ("[+5]", "line 1, column 2"), ("[1e]", "line 1, column 2"),
        ("[1e999]", "line 1, column 2; write a number"), ("[-]", "line 1, column 2; write a number"),
        ("[NaN]", "line 1, column 2; write a value"), ("// no\n{}", "line 1, column 1"),
        ("\"a", "line 1, column 1; end the text with a quote"), ("\"a\nb\"", "line 1, column 3; end the text"),
        (#""\x""#, #"line 1, column 3; write \\ for a backslash"#), (#""\"#, "line 1, column 3; write"),
        (#""\u12""#, "line 1, column 3; write four hexadecimal digits"), (#""\u+123""#, "line 1, column 3; write four"),
        (#""\ud83d\u""#, "line 1, column 9; write four"),
        (String(repeating: "[", count: 100_000), "line 1, column 33; nest at most 32 deep"),
    ])
    func `what is not JSON is refused with line and column`(file: String, answer: String) {
        let error = #expect(throws: KitError.self) { try LoadPlan.read(file) }
        #expect(error?.message.hasPrefix("the scenario is not JSON at " + answer) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        " {\"a\" : [ 1 , 2.5,-3 , 25e-1, 18446744073709551615, 18446744073709551616, 0 ] , \"b\" : { } , \"c\":[ ]}\r\n\t",
        #"["\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é😀", "", true, false, null]"#, "5", "\"a\"", "null",
    ])
    func `what is JSON is read as another parser reads it`(text: String) throws {
        let other = try JSONDecoder().decode(ScenarioValue.self, from: Data(text.utf8))
        #expect(try ScenarioParser.parse(text) == other)
    }

    @Test func `half a surrogate pair becomes a replacement`() throws {
        #expect(try ScenarioParser.parse(#""\ud83dx""#) == .string("\u{FFFD}x"))
    }

    @Test func `no cut and no changed byte of a file traps`() throws {
        let text = #"{"a": ["\u00e9\ud83d\ude00\n", -1.5e3, true, null], "b": {"c": 18446744073709551615}}"#
        var random = SeededGenerator(state: 5)
        for length in 0..<text.utf8.count {
            #expect(throws: KitError.self) {
                try ScenarioParser.parse(String(decoding: text.utf8.prefix(length), as: UTF8.self))
            }
        }
        for _ in 0..<500 {
            var bytes = Array(text.utf8)
            bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            _ = try? ScenarioParser.parse(String(decoding: bytes, as: UTF8.self))
        }
    }
}
