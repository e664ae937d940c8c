import Testing

@testable import Kit

struct ShortCodeTests {
    @Test(arguments: ["abc", "a-b", "xYz12A7", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123"])
    func `a code keeps its spelling`(text: String) throws {
        let code = try ShortCode(text)
        #expect(code.description == text)
        #expect(code.count == text.utf8.count)
    }

    @Test(arguments: ["", "ab", "a b", "a/b", "a.b", "é12", "a_b", "abc\n", String(repeating: "a", count: 31)])
    func `text that is no code is refused`(text: String) {
        #expect(throws: KitError.self) { try ShortCode(text) }
    }

    @Test func `codes that differ anywhere are different`() throws {
        let base = Array("abcdefghijklmnopqrstuvwxyz0123".utf8)
        let code = try ShortCode(String(decoding: base, as: UTF8.self))
        for index in base.indices {
            var other = base
            other[index] = UInt8(ascii: "-")
            #expect(try ShortCode(String(decoding: other, as: UTF8.self)) != code)
        }
        #expect(try ShortCode("abc") != ShortCode("abcd"))
        #expect(try ShortCode("abc").hashValue == ShortCode("abc").hashValue)
    }

    @Test func `random codes are seven characters and a seed repeats them`() {
        let first = CodeMaker(seed: 7)
        let second = CodeMaker(seed: 7)
        for _ in 0..<100 {
            let code = first.next()
            #expect(code.count == ShortCode.generatedLength)
            #expect(code == second.next())
        }
        #expect(CodeMaker(seed: 8).next() != CodeMaker(seed: 7).next())
    }

    @Test func `paths of the server are reserved`() throws {
        #expect(try ShortCode("health").isReserved)
        #expect(try ShortCode("import").isReserved)
        #expect(try !ShortCode("healthy").isReserved)
    }
}
