import Testing

@testable import Kit

struct RequestHeadTests {
    private static func read(_ text: String) -> RequestHead.Reading {
        var text = text
        return text.withUTF8 { RequestHead.read(UnsafeRawBufferPointer($0)) }
    }

    @Test func `a plain request is read, wherever it ends`() {
        let text = "GET /guide?a=b HTTP/1.1\r\nHost: x\r\nuser-AGENT:  curl/8 \r\nConnection: Keep-Alive, Close\r\n\r\n"
        guard case .head(let head) = Self.read(text + "GET /next") else {
            Issue.record("not read")
            return
        }
        let bytes = Array(text.utf8)
        #expect(String(decoding: bytes[head.target], as: UTF8.self) == "/guide?a=b")
        #expect(String(decoding: bytes[head.userAgent], as: UTF8.self) == "curl/8")
        #expect(head.wantsClose)
        #expect(!head.isUpgrade)
        #expect(head.length == bytes.count)
        for count in 0..<bytes.count {
            guard case .incomplete = Self.read(String(decoding: bytes[..<count], as: UTF8.self)) else {
                Issue.record("decided after \(count) bytes")
                return
            }
        }
    }

    /// What this parser leaves to the other one, because two parsers may disagree about it.
    @Test(arguments: [
        "POST /a HTTP/1.1\r\n\r\n", "get /a HTTP/1.1\r\n\r\n", "GET  /a HTTP/1.1\r\n\r\n", "GET /a HTTP/1.0\r\n\r\n",
        "GET /a\r\n\r\n", "GET /a b HTTP/1.1\r\n\r\n", "GET /\u{e9} HTTP/1.1\r\n\r\n",
        "GET http://x/a HTTP/1.1\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost x\r\n\r\n", "GET /a HTTP/1.1\r\n: x\r\n\r\n", "GET /a HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", "GET /a HTTP/1.1\r\nHost: x\nX: y\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: x\rX: y\r\n\r\n", "GET /a HTTP/1.1\r\nHost: a\u{0}b\r\n\r\n",
        "GET /a HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "GET /a HTTP/1.1\r\nTRANSFER-ENCODING: chunked\r\n\r\n",
        "GET /a HTTP/1.1\r\nExpect: 100-continue\r\n\r\n", "GET /a HTTP/1.1\r\nAuthorization: Bearer x\r\n\r\n",
        "GET /a HTTP/1.1\r\nUpgrade: h2c\r\n\r\n", "\r\nGET /a HTTP/1.1\r\n\r\n", "GET /a HTTP/1.1\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "GET /a HTTP/1.1\r\nHost: x\r\nOrigin: a\r\nOrigin: b\r\n\r\n",
    ])
    func `anything unusual is the other parser's`(text: String) {
        guard case .other = Self.read(text) else {
            Issue.record("not left alone")
            return
        }
    }

    @Test func `random bytes end in a decision, never in a crash`() {
        var random = SeededGenerator(state: 11)
        let alphabet = Array("GET / HTTP/1.1\r\n\r\nHost: x:Upgrade".utf8) + [0, 0xff, 0x0a]
        for _ in 0..<50_000 {
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            bytes.withUnsafeBytes { _ = RequestHead.read($0) }
        }
    }
}
