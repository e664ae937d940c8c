import Testing

@testable import Kit

struct ResponseScannerTests {
    private static func scan(_ scanner: inout ResponseScanner, _ text: some Collection<UInt8>) throws -> Int {
        try Array(text).withUnsafeBytes { try scanner.scan($0) }
    }

    @Test func `three pipelined responses are three, wherever one read ends and the next begins`() throws {
        let stream = Array(
            """
            HTTP/1.1 302 Found\r\nLocation: https://example.com/\r\nContent-Length: 0\r\n\r\n\
            HTTP/1.1 302 Found\r\ncontent-length:  12\r\nX: content-length: 99\r\n\r\nHTTP/1.1 404\
            HTTP/1.0 302 Found\r\nCONTENT-LENGTH:3 \r\n\r\n\r\n\r
            """.utf8
        )
        for position in 0...stream.count {
            var scanner = ResponseScanner(expecting: 302)
            let first = try Self.scan(&scanner, stream[..<position])
            let second = try Self.scan(&scanner, stream[position...])
            #expect(first + second == 3, "split at \(position)")
        }
        var scanner = ResponseScanner(expecting: 302)
        #expect(try stream.reduce(0) { $0 + (try Self.scan(&scanner, [$1])) } == 3)
    }

    @Test func `the bytes behind an upgrade are left for the other protocol`() throws {
        let head = Array("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n".utf8)
        for position in 0..<head.count {
            var scanner = ResponseScanner(expecting: 101)
            #expect(try Self.scan(&scanner, head[..<position]) == 0)
            #expect(!scanner.isUpgraded)
            #expect(try Self.scan(&scanner, head[position...] + [0x81, 0x00]) == 1)
            #expect(scanner.isUpgraded)
            #expect(scanner.leftover == 2)
        }
    }

    @Test(arguments: [
        "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 302 Found\r\nContent-Length: 99999999999\r\n\r\n",
        "HTTP/1.1 302 Found\r\nContent-Length: -1\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 302 Found\r\nX: " + String(repeating: "x", count: 20_000),
    ])
    func `anything but a plain 302 is a failure`(_ text: String) {
        var scanner = ResponseScanner(expecting: 302)
        #expect(throws: SystemError.self) { try Self.scan(&scanner, text.utf8) }
    }
}
