import Testing

@testable import Kit

struct PublishingTests {
    @Test func `a template has its number, its time and its filling`() {
        var bytes: [UInt8] = []
        Template(#"{"n":{n},"t":{time},"p":"{payload}","n2":{n}}"#, payload: 3).write(number: 7, time: 99, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"n":7,"t":99,"p":"xxx","n2":7}"#)
    }

    @Test func `a request is written as it was asked for`() throws {
        let template = try RequestTemplate(
            "POST http://127.0.0.1:9000/publish?n={n}", body: #"{"t":{time}}"#, headers: ["X-Key: 1"])
        var bytes: [UInt8] = []
        template.write(number: 12, time: 5, to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "POST /publish?n=12 HTTP/1.1\r\nHost: 127.0.0.1:9000\r\nX-Key: 1\r\nContent-Length: 7\r\n\r\n{\"t\":5}"
        )
    }

    @Test(arguments: [
        ("http://h:1/", "METHOD URL"), ("POST ftp://h/", "without TLS"), ("POST https://h/", "without TLS"),
        ("post http://h/", "METHOD URL"), ("GET http://u@h/", "without TLS"), ("GET http://h:0/", "without TLS"),
        ("GET http://h/ x", "without TLS"),
    ])
    func `what cannot be sent is refused with what can`(text: String, words: String) {
        let error = #expect(throws: KitError.self) { try RequestTemplate(text, body: nil, headers: []) }
        #expect(error?.message.contains(words) == true)
    }

    @Test(arguments: [
        ("http://h", "h", 80, "/"), ("http://h:8080?x={n}", "h", 8_080, "/?x={n}"),
        ("http://[::1]:9/a", "[::1]", 9, "/a"),
    ])
    func `an address is taken apart and nothing of it decoded`(text: String, host: String, port: UInt16, target: String)
        throws
    {
        let address = try PlainAddress(text, schemes: ["http"])
        #expect((address.host, address.port, address.target) == (host, port, target))
    }

    @Test func `answers are told apart however they are cut`() throws {
        let stream = Array(
            ("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n" + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
                + "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5;why=not\r\nhello\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n"
                + "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno").utf8)
        for step in [1, 2, 5, 33, stream.count] {
            var reader = AnswerReader()
            var heard: [String] = []
            for start in stride(from: 0, to: stream.count, by: step) {
                try Array(stream[start..<min(start + step, stream.count)]).withUnsafeBytes { bytes in
                    try reader.read(bytes) { heard.append("\($0) \($1)") }
                }
            }
            #expect(heard == ["302 false", "200 false", "201 false", "404 true"], "cut every \(step)")
        }
    }

    @Test(arguments: ["x\r\n", "\r\n", "5\r\nhello!\r\n", "123456789\r\n"])
    func `what is no chunk is refused`(body: String) {
        var reader = AnswerReader()
        let stream = Array(("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body).utf8)
        #expect(throws: SystemError.self) {
            try stream.withUnsafeBytes { bytes in try reader.read(bytes) { _, _ in } }
        }
    }
}
