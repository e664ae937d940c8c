import Foundation
import NIOCore
import Testing

@testable import Kit

/// The HTTP surface, byte for byte where clients rely on it.
struct HTTPScenarios {
    private static func request(_ method: String, _ path: String, _ headers: [String] = [], body: String = "") -> String
    {
        let length = body.isEmpty ? [] : ["Content-Length: \(body.utf8.count)", "Content-Type: application/json"]
        return "\(method) \(path) HTTP/1.1\r\n" + (["Host: quikko.test"] + headers + length).joined(separator: "\r\n")
            + "\r\n\r\n" + body
    }

    /// Requests no client should send, and what each is answered.
    static let refusals: [(request: String, status: Int, code: String)] = [
        (request("GET", "/unknown"), 404, "URL_NOT_FOUND"), (request("GET", "/a/b"), 404, "URL_NOT_FOUND"),
        (request("GET", "/api/v1/nothing"), 404, "URL_NOT_FOUND"), (request("GET", "/ab"), 404, "URL_NOT_FOUND"),
        (request("POST", "/unknown"), 404, "URL_NOT_FOUND"), (request("GET", "/favicon.ico"), 404, "URL_NOT_FOUND"),
        (request("DELETE", "/health"), 405, "VALIDATION_ERROR"),
        (request("POST", "/api/v1/urls", body: #"{"originalUrl":"https://swift.org"}"#), 401, "AUTH_TOKEN_INVALID"),
        (request("POST", "/api/v1/urls", ["Authorization: Bearer nonsense"], body: "{}"), 401, "AUTH_TOKEN_INVALID"),
        (request("POST", "/api/v1/urls", ["Authorization: Basic abc"], body: "{}"), 401, "AUTH_TOKEN_INVALID"),
        (request("GET", "/api/v1/server"), 401, "AUTH_TOKEN_INVALID"),
        (request("POST", "/api/v1/urls", ["Content-Length: 1048577"]), 413, "PAYLOAD_TOO_LARGE"),
        (request("GET", "/guide0", ["X: " + String(repeating: "x", count: 9_000)]), 431, "PAYLOAD_TOO_LARGE"),
        (request("POST", "/api/v1/urls", ["X: " + String(repeating: "x", count: 9_000)]), 431, "PAYLOAD_TOO_LARGE"),
        (request("POST", "/api/v1/urls", ["X: " + String(repeating: "x", count: 90_000)]), 431, "PAYLOAD_TOO_LARGE"),
        (request("POST", "/api/v1/urls", Array(repeating: "X: y", count: 300)), 431, "PAYLOAD_TOO_LARGE"),
        ("GET /\r\n\r\n", 400, "VALIDATION_ERROR"), ("NONSENSE\r\n\r\n", 400, "VALIDATION_ERROR"),
    ]

    @Test(arguments: refusals.indices)
    func `bad requests get a clear answer in the envelope`(index: Int) async throws {
        let (request, status, code) = Self.refusals[index]
        try await TestServer.run { running in
            try await TestSocket.open(running.port) { socket in
                try await socket.send(request)
                let answer = try await socket.response()
                #expect(answer.status == status)
                #expect(answer.body.hasPrefix(#"{"success":false,"data":null,"error":{"code":"\#(code)","message":""#))
                #expect(answer.head.contains("\r\nX-Content-Type-Options: nosniff\r\n"))
            }
        }
    }

    /// Bodies of `POST /api/v1/urls`, and what each is answered.
    static let creations: [(body: String, status: Int, code: String)] = [
        ("", 400, "VALIDATION_ERROR"), ("x", 400, "VALIDATION_ERROR"), ("[]", 400, "VALIDATION_ERROR"),
        (#"{"originalUrl":1}"#, 400, "VALIDATION_ERROR"), (#"{"originalUrl":"swift.org"}"#, 400, "INVALID_URL"),
        (#"{"originalUrl":"ftp://swift.org"}"#, 400, "INVALID_URL"),
        (#"{"originalUrl":"http://127.0.0.1/"}"#, 400, "INVALID_URL"),
        (#"{"originalUrl":"https://swift.org","customAlias":"a"}"#, 400, "VALIDATION_ERROR"),
        (#"{"originalUrl":"https://swift.org","customAlias":"health"}"#, 409, "ALIAS_TAKEN"),
        (#"{"originalUrl":"https://swift.org","customAlias":"taken"}"#, 409, "ALIAS_TAKEN"),
    ]

    @Test(arguments: creations.indices)
    func `links that cannot be made are refused with the reason`(index: Int) async throws {
        let (body, status, code) = Self.creations[index]
        try await TestServer.run { running in
            _ = try await running.client.shorten("https://swift.org", code: "taken")
            try await TestSocket.open(running.port) { socket in
                try await socket.send(
                    Self.request("POST", "/api/v1/urls", ["Authorization: bearer \(running.key)"], body: body))
                let answer = try await socket.response()
                #expect(answer.status == status)
                #expect(answer.body.contains(#""code":"\#(code)""#))
            }
        }
    }

    @Test func `a body above 1 MiB without a length is cut off`() async throws {
        try await TestServer.run { running in
            try await TestSocket.open(running.port) { socket in
                try await socket.send("POST /api/v1/urls HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
                let chunk = "10000\r\n" + String(repeating: "x", count: 65_536) + "\r\n"
                for _ in 0..<17 { try await socket.send(chunk) }
                #expect(try await socket.response().status == 413)
            }
        }
    }

    @Test func `a link is answered in the shape of the original, and works from then on`() async throws {
        try await TestServer.run { running in
            try await TestSocket.open(running.port) { socket in
                try await socket.send(
                    Self.request(
                        "POST", "/api/v1/urls", ["Authorization: Bearer \(running.key)"],
                        body: #"{"originalUrl":"https://example.com/a","customAlias":"mi-promo"}"#))
                let answer = try await socket.response()
                #expect(answer.status == 201)
                let shape =
                    /\{"success":true,"data":\{"id":"[0-9a-f]{24}","shortCode":"mi-promo","shortUrl":"http:\/\/127\.0\.0\.1:\d+\/mi-promo","originalUrl":"https:\/\/example\.com\/a","isCustomAlias":true,"isActive":true,"createdAt":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ","totalClicks":0,"qrCodeBase64":"","status":"active","expiresAt":null,"maxClicks":null,"tags":\[\]\},"error":null\}/
                #expect(answer.body.wholeMatch(of: shape) != nil, "\(answer.body)")
                try await socket.send(Self.request("GET", "/mi-promo?utm=1"))
                #expect(try await socket.response().head.contains("\r\nLocation: https://example.com/a\r\n"))
            }
        }
    }

    @Test func `both ways to a redirect answer the same bytes`() async throws {
        try await TestServer.run { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            try await TestSocket.open(running.port) { fast in
                try await TestSocket.open(running.port) { full in
                    try await full.send(Self.request("GET", "/health"))
                    _ = try await full.response()
                    func lines(_ socket: TestSocket) async throws -> Set<String> {
                        try await socket.send(Self.request("GET", "/guide"))
                        let head = try await socket.response().head
                        return Set(head.components(separatedBy: "\r\n").filter { !$0.hasPrefix("Date:") })
                    }
                    #expect(try await lines(fast) == lines(full))
                }
            }
        }
    }

    @Test func `HEAD gets the same answer, no body, and is no click`() async throws {
        try await TestServer.run { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            try await TestSocket.open(running.port) { socket in
                try await socket.send(
                    Self.request("HEAD", "/guide") + Self.request("HEAD", "/unknown") + Self.request("HEAD", "/"))
                #expect(try await socket.response(isHead: true).status == 302)
                #expect(try await socket.response(isHead: true).status == 404)
                #expect(try await socket.response(isHead: true).status == 200)
            }
            #expect(try await running.client.click(ShortCode("guide")).position == "1:1")
        }
    }

    @Test func `pipelined requests of both kinds are answered in order`() async throws {
        try await TestServer.run { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            try await TestSocket.open(running.port) { socket in
                let redirect = Self.request("GET", "/guide")
                let create = Self.request(
                    "POST", "/api/v1/urls", ["Authorization: Bearer \(running.key)"],
                    body: #"{"originalUrl":"https://swift.org"}"#)
                try await socket.send(
                    redirect + redirect + create + redirect + Self.request("GET", "/health") + redirect)
                var statuses: [Int] = []
                for _ in 0..<6 { statuses.append(try await socket.response().status) }
                #expect(statuses == [302, 302, 201, 302, 200, 302])
            }
            #expect(try await running.client.click(ShortCode("guide")).position == "1:5")
        }
    }

    @Test func `requests are understood wherever the reads are cut`() async throws {
        try await TestServer.run { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            let bytes = Array(
                (Self.request("GET", "/guide") + Self.request("GET", "/health", ["Connection: close"])).utf8)
            for cut in stride(from: 1, to: bytes.count, by: 3) {
                try await TestSocket.open(running.port) { socket in
                    try await socket.send(ByteBuffer(bytes: bytes[..<cut]))
                    try await socket.send(ByteBuffer(bytes: bytes[cut...]))
                    #expect(try await socket.response().status == 302)
                    #expect(try await socket.response().body == #"{"status":"ok"}"#)
                    #expect(try await socket.rest() == "")
                }
            }
        }
    }

    @Test func `Connection close is honoured by the fast path`() async throws {
        try await TestServer.run { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            try await TestSocket.open(running.port) { socket in
                try await socket.send(
                    Self.request("GET", "/guide", ["Connection: close"]) + Self.request("GET", "/guide"))
                #expect(try await socket.response().head.contains("\r\nConnection: close\r\n"))
                #expect(try await socket.rest() == "")
            }
        }
    }

    @Test func `the page and its files come from here and run nothing else`() async throws {
        try await TestServer.run { running in
            try await TestSocket.open(running.port) { socket in
                try await socket.send(Self.request("GET", "/"))
                let answer = try await socket.response()
                #expect(answer.status == 200)
                #expect(answer.head.contains("\r\nContent-Type: text/html; charset=utf-8\r\n"))
                #expect(
                    answer.head.contains(
                        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"))
                #expect(answer.body.hasPrefix("<!doctype html>"))
                // What it names is there, with the type it needs; nothing inline would run.
                #expect(!answer.body.contains("<style") && !answer.body.contains(/<script[^>]*>[^<]/))
                let named = answer.body.matches(of: /(?:href|src)="(\/-\/[^"]+)"/).map { String($0.1) }
                #expect(named.count > 3)
                for path in named {
                    try await socket.send(Self.request("GET", path))
                    let file = try await socket.response()
                    #expect(file.status == 200 && !file.body.isEmpty, "\(path)")
                    #expect(file.head.contains(/\r\nContent-Type: (text|image)\//), "\(path)")
                    let tag = try #require(file.head.firstMatch(of: /\r\nETag: ("[^"]+")\r\n/)?.1)
                    try await socket.send(Self.request("GET", path, ["If-None-Match: \(tag)"]))
                    #expect(try await socket.response().status == 304)
                }
                try await socket.send(Self.request("GET", "/-/absent.js"))
                #expect(try await socket.response().status == 404)
            }
        }
    }

    @Test func `browsers are sent to the dashboard's pages when there is one, programs get the envelope`() async throws
    {
        try await TestServer.run({ $0.frontendURL = "https://app.example.com" }) { running in
            try await TestSocket.open(running.port) { socket in
                try await socket.send(
                    Self.request("GET", "/unknown", ["Accept: text/html,*/*"]) + Self.request("GET", "/unknown"))
                #expect(
                    try await socket.response().head.contains(
                        "\r\nLocation: https://app.example.com/link-no-encontrado\r\n"))
                #expect(try await socket.response().status == 404)
            }
        }
    }

    @Test func `preflights of allowed origins are answered, others get no header`() async throws {
        try await TestServer.run { running in
            try await TestSocket.open(running.port) { socket in
                for (origin, isAllowed) in [("http://localhost:3000", true), ("http://evil.test", false)] {
                    try await socket.send(
                        Self.request(
                            "OPTIONS", "/api/v1/urls", ["Origin: \(origin)", "Access-Control-Request-Method: POST"]))
                    let answer = try await socket.response()
                    #expect(answer.status == 204)
                    #expect(answer.head.contains("Access-Control-Allow-Origin: \(origin)") == isAllowed)
                }
            }
        }
    }

    @Test func `a start ticket buys one session, and a socket's ticket none`() async throws {
        try await TestServer.run({ $0.makesStartTicket = true }) { running in
            func session(with bearer: String) async throws -> Int {
                var status = 0
                try await TestSocket.open(running.port) { socket in
                    try await socket.send(
                        Self.request(
                            "POST", "/api/v1/tickets", ["Authorization: Bearer \(bearer)"], body: #"{"kind":"session"}"#
                        ))
                    status = try await socket.response().status
                }
                return status
            }
            let start = try #require(try await running.client.makeTicket(kind: "start").ticket)
            #expect(try await session(with: start) == 201)
            #expect(try await session(with: start) == 401)
            #expect(try await session(with: running.ticket()) == 401)
        }
    }

    @Test func `slow heads and idle connections are cut off`() async throws {
        try await TestServer.run({ $0.requestDeadline = .seconds(8) }) { running in
            try await TestSocket.open(running.port) { socket in
                try await socket.send("GET /guide HTTP/1.1\r\nHo")
                #expect(try await socket.rest() == "")
            }
            try await TestSocket.open(running.port) { socket in
                try await socket.send(Self.request("GET", "/health"))
                _ = try await socket.response()
                #expect(try await socket.rest() == "")
            }
        }
    }

    @Test func `a refusal waits for its turn`() async throws {
        try await TestServer.run { running in
            let create = Self.request(
                "POST", "/api/v1/urls", ["Authorization: Bearer \(running.key)"],
                body: #"{"originalUrl":"https://swift.org"}"#)
            for (bad, status) in [
                (Self.request("POST", "/api/v1/urls", ["Content-Length: 1048577"]), 413), ("NONSENSE\r\n\r\n", 400),
            ] {
                try await TestSocket.open(running.port) { socket in
                    try await socket.send(create + bad)
                    #expect(try await socket.response().status == 201)
                    #expect(try await socket.response().status == status)
                    #expect(try await socket.rest() == "")
                }
            }
        }
    }

    @Test func `an upgrade to something else is answered plainly and ends the connection`() async throws {
        try await TestServer.run { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            try await TestSocket.open(running.port) { socket in
                try await socket.send(
                    Self.request(
                        "GET", "/guide", ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AA"]))
                let answer = try await socket.response()
                #expect(answer.status == 302)
                #expect(answer.head.contains("\r\nConnection: close\r\n"))
                #expect(try await socket.rest() == "")
            }
        }
    }

    @Test(arguments: ["/guide", "/"])
    func `a peer that asks and never reads is not read from, and gets every answer once it reads`(path: String)
        async throws
    {
        try await TestServer.run({ $0.requestDeadline = .seconds(600) }) { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            let total = path == "/" ? 2_000 : 20_000
            try await TestSocket.open(running.port, receiveBuffer: 4_096) { socket in
                let requests = String(repeating: Self.request("GET", path), count: total)
                socket.channel.writeAndFlush(ByteBuffer(string: requests), promise: nil)
                // Round trips of someone else, until the server has got as far with this one as it will.
                var (clicks, same) = (-1, 0)
                while same < 20 {
                    let now = try await Self.totalClicks(running)
                    (clicks, same) = (now, now == clicks ? same + 1 : 0)
                }
                #expect(clicks < total)
                for _ in 0..<total { #expect(try await socket.response().status == (path == "/" ? 200 : 302)) }
            }
            #expect(try await Self.totalClicks(running) == (path == "/" ? 0 : total))
        }
    }

    private static func totalClicks(_ running: TestServer.Running) async throws -> Int {
        var total = 0
        try await TestSocket.open(running.port) { socket in
            try await socket.send(request("GET", "/api/v1/auth/me/summary", ["Authorization: Bearer \(running.key)"]))
            let body = try await socket.response().body
            total = body.firstMatch(of: /"totalClicks":(\d+)/).flatMap { Int($0.1) } ?? -1
        }
        return total
    }

    @Test func `a page's session does not do what only administrators may`() async throws {
        try await TestServer.run { running in
            let start = try #require(try await running.client.makeTicket(kind: "start").ticket)
            let page = APIClient(running.origin, credential: start)
            let session = try #require(try await page.makeTicket(kind: "session", ttl: 3_600).token)
            let visitor = APIClient(running.origin, credential: session)
            _ = try await visitor.shorten("https://swift.org", code: nil)
            await #expect { try await visitor.makeTicket(kind: "session", user: "64a1b2c3d4e5f6a7b8c9d0e1") } throws: {
                ($0 as? KitError)?.code == .forbidden
            }
            // Its successor ends with it.
            let successor = try await visitor.makeTicket(kind: "session", ttl: 604_800)
            let expiry = try #require(Timestamp(successor.expiresAt))
            #expect(expiry < Timestamp.now + .seconds(3_700))
            await #expect {
                try await visitor.publish(kind: "broadcast", [("event", "hello"), ("payload", .null)])
            } throws: {
                ($0 as? KitError)?.code == .forbidden
            }
            // Its keys are a user's.
            try await TestSocket.open(running.port) { socket in
                for (body, status) in [("{}", 201), (#"{"scope":"observer"}"#, 400), (#"{"scope":"admin"}"#, 403)] {
                    try await socket.send(
                        Self.request("POST", "/api/v1/keys", ["Authorization: Bearer \(session)"], body: body))
                    let answer = try await socket.response()
                    #expect(answer.status == status && (status != 201 || answer.body.contains(#""scope":"user""#)))
                }
            }
            // To look is allowed.
            try await TestSocket.open(running.port) { socket in
                try await socket.send(Self.request("GET", "/api/v1/server", ["Authorization: Bearer \(session)"]))
                #expect(try await socket.response().status == 200)
            }
        }
    }

    @Test func `absolute targets are understood, and a request names one host`() async throws {
        try await TestServer.run { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            for (request, status) in [
                ("GET http://quikko.test/guide HTTP/1.1\r\nHost: quikko.test\r\n\r\n", 302),
                ("GET /guide HTTP/1.1\r\n\r\n", 400), ("GET /guide HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
                ("GET /guide HTTP/1.0\r\n\r\n", 302),
            ] {
                try await TestSocket.open(running.port) { socket in
                    try await socket.send(request)
                    #expect(try await socket.response().status == status, "\(request)")
                }
            }
        }
    }

    @Test func `a client that ends its side once it has asked gets its answers`() async throws {
        try await TestServer.run { running in
            let create = Self.request(
                "POST", "/api/v1/urls", ["Authorization: Bearer \(running.key)"],
                body: #"{"originalUrl":"https://swift.org","customAlias":"guide"}"#)
            try await TestSocket.open(running.port) { socket in
                try await socket.send(create + Self.request("GET", "/guide"))
                try await socket.endInput()
                #expect(try await socket.response().status == 201)
                #expect(try await socket.response().status == 302)
                #expect(try await socket.rest() == "")
            }
            try await TestSocket.open(running.port) { socket in
                try await socket.send(Self.request("GET", "/guide"))
                try await socket.endInput()
                #expect(try await socket.response().status == 302)
                #expect(try await socket.rest() == "")
            }
        }
    }

    @Test func `a link that is switched off is 410, and no click`() async throws {
        let place = FileManager.default.temporaryDirectory.appending(path: "quikko-off-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: place) }
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let store = try SQLiteStore(file: place.appending(path: "quikko.sqlite"))
        let admin = try store.open(now: StoreTests.now).directory.users[0]
        var link = try StoreTests.link(1, "guide", owner: admin)
        link.isActive = false
        _ = try store.commit(CommitGroup(changes: [.link(link)]))
        try store.close(now: StoreTests.now, isComplete: true)
        try await TestServer.run(in: place, { $0.frontendURL = "https://app.example.com" }) { running in
            try await TestSocket.open(running.port) { socket in
                try await socket.send(
                    Self.request("GET", "/guide") + Self.request("GET", "/guide", ["Accept: text/html"]))
                let answer = try await socket.response()
                #expect(answer.status == 410)
                #expect(answer.body.contains(#""code":"URL_INACTIVE""#))
                #expect(
                    try await socket.response().head.contains("\r\nLocation: https://app.example.com/link-inactivo\r\n")
                )
            }
            #expect(try await Self.totalClicks(running) == 0)
        }
    }
}
