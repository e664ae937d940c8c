import Crypto
import Foundation
import NIOCore
import Testing

@testable import Kit

/// What the original's WebSocket client relies on, over real connections.
struct SocketScenarios {
    private static let secret = "0123456789abcdef0123456789abcdef"

    /// A token as the original's login would have made it.
    private static func token(_ claims: String, secret: String = secret) -> String {
        let signed = Base64URL.encode(#"{"alg":"HS256","typ":"JWT"}"#.utf8) + "." + Base64URL.encode(claims.utf8)
        let key = SymmetricKey(data: Data(secret.utf8))
        return signed + "." + Base64URL.encode(HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: key))
    }

    private static let far = 4_102_444_800
    private static let claims = #"{"userID":"64a1b2c3d4e5f6a7b8c9d0e1","type":"access","exp":\#(far)}"#

    /// Upgrades that must be refused before a 101, as ordinary HTTP.
    static let refusals: [(target: String, status: Int, code: String)] = [
        ("/ws?token=", 401, "AUTH_TOKEN_INVALID"),
        ("/ws?token=garbage", 401, "AUTH_TOKEN_INVALID"), ("/ws?ticket=garbage.garbage", 401, "AUTH_TOKEN_INVALID"),
        ("/ws?token=\(token(claims, secret: secret + "x"))", 401, "AUTH_TOKEN_INVALID"),
        (
            #"/ws?token=\#(token(#"{"userID":"64a1b2c3d4e5f6a7b8c9d0e1","type":"refresh","exp":\#(far)}"#))"#, 401,
            "AUTH_TOKEN_INVALID"
        ),
        (
            #"/ws?token=\#(token(#"{"userID":"64a1b2c3d4e5f6a7b8c9d0e1","type":"access","exp":1}"#))"#, 401,
            "AUTH_TOKEN_EXPIRED"
        ),
        ("/nowhere?token=\(token(claims))", 404, "URL_NOT_FOUND"),
    ]

    @Test(arguments: refusals.indices)
    func `an upgrade without a good credential is refused over HTTP`(index: Int) async throws {
        let (target, status, code) = Self.refusals[index]
        try await TestServer.run({ $0.tokenSecret = Self.secret }) { running in
            try await TestSocket.open(running.port) { socket in
                try await socket.send(TestSocket.handshake(target))
                let answer = try await socket.response()
                #expect(answer.status == status)
                #expect(answer.body.contains(#"{"success":false,"data":null,"error":{"code":"\#(code)","#))
            }
        }
    }

    @Test func `a token of the original opens a socket, and a ticket does once`() async throws {
        try await TestServer.run({ $0.tokenSecret = Self.secret }) { running in
            try await TestSocket.upgrade(running.port, "/ws?token=\(Self.token(Self.claims))") { _ in }
            let ticket = try await running.ticket()
            try await TestSocket.upgrade(running.port, "/ws?ticket=\(ticket)") { _ in }
            try await TestSocket.open(running.port) { socket in
                try await socket.send(TestSocket.handshake("/ws?ticket=\(ticket)"))
                #expect(try await socket.response().status == 401)
            }
        }
    }

    @Test func `a good token without an upgrade is 400, and a bad handshake too`() async throws {
        try await TestServer.run({
            $0.tokenSecret = Self.secret
            $0.refusesBareSockets = true
        }) { running in
            let target = "/ws?token=\(Self.token(Self.claims))"
            try await TestSocket.open(running.port) { socket in
                try await socket.send("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\nGET /ws HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await socket.response().status == 400)
                #expect(try await socket.response().status == 401)
            }
            for broken in [("Version: 13", "Version: 12"), ("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=")] {
                try await TestSocket.open(running.port) { socket in
                    try await socket.send(TestSocket.handshake(target).replacing(broken.0, with: broken.1))
                    let answer = try await socket.response()
                    #expect(answer.status == 400)
                    #expect(answer.head.contains("Sec-WebSocket-Version: 13"))
                }
            }
        }
    }

    @Test(
        arguments: [
            (nil, 101), ("http://quikko.test", 101), ("http://localhost:3000", 101), ("http://evil.test", 403),
            ("http://quikko.test.evil.test", 403), ("null", 403), ("http://localhost:30000", 403),
        ] as [(String?, Int)])
    func `pages of foreign origins open no socket`(origin: String?, status: Int) async throws {
        try await TestServer.run({ $0.tokenSecret = Self.secret }) { running in
            try await TestSocket.open(running.port) { socket in
                try await socket.send(TestSocket.handshake("/ws?token=\(Self.token(Self.claims))", origin: origin))
                #expect(try await socket.head().hasPrefix("HTTP/1.1 \(status) "))
            }
        }
    }

    @Test func `subscribing to a foreign link is an error frame, and the connection lives on`() async throws {
        try await TestServer.run { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            try await TestSocket.upgrade(running.port, "/ws?token=\(running.token())") { socket in
                try await socket.sendText(#"{"type":"subscribe","payload":{"shortCode":"guide"}}"#)
                try await socket.sendText(#"{"type":"subscribe","payload":{"shortCode":"nobodys"}}"#)
                #expect(
                    try await socket.text()
                        == #"{"type":"error","payload":{"code":"FORBIDDEN","message":"no link of yours has this code"}}"#
                )
                try await socket.sendText("what?")
                #expect(try await socket.text().contains("VALIDATION_ERROR"))
                // The link's room and the user's are one delivery.
                _ = try await running.client.click(ShortCode("guide"))
                #expect(try await socket.text().contains("click_event"))
                try await socket.send(.maskedFrame(.ping, ByteBuffer(string: "still there?"), mask: 7))
                guard case .pong? = try await socket.message() else {
                    Issue.record("no pong, or the click came twice")
                    return
                }
            }
        }
    }

    @Test func `binary messages that hold JSON are understood`() async throws {
        try await TestServer.run { running in
            try await TestSocket.upgrade(running.port, "/ws?token=\(running.token())") { socket in
                try await socket.send(
                    .maskedFrame(
                        .binary, ByteBuffer(string: #"{"type":"subscribe","payload":{"shortCode":"nobodys"}}"#), mask: 7
                    ))
                #expect(try await socket.text().contains("FORBIDDEN"))
            }
        }
    }

    static let violations: [(frame: ByteBuffer, code: UInt16)] = [
        (.maskedFrame(.text, ByteBuffer(repeating: 0x20, count: 1_025), mask: 7), 1009),
        (.frame(.text, ByteBuffer(string: "{}")), 1002),
        (.maskedFrame(.text, ByteBuffer(bytes: [0xff]), mask: 7), 1007),
        (.maskedFrame(.close, ByteBuffer(integer: UInt16(1000)), mask: 7), 1000),
    ]

    @Test(arguments: violations.indices)
    func `a peer that breaks the framing is closed with the right code`(index: Int) async throws {
        try await TestServer.run { running in
            try await TestSocket.upgrade(running.port, "/ws?token=\(running.token())") { socket in
                try await socket.send(Self.violations[index].frame)
                #expect(try await socket.message() == .close(code: Self.violations[index].code))
                #expect(try await socket.message() == nil)
            }
        }
    }

    @Test func `a quiet socket is pinged, and one that stays silent is closed`() async throws {
        try await TestServer.run({
            // Far enough apart for a machine that is busy with everything else.
            $0.pingInterval = .seconds(1); $0.readDeadline = .seconds(8)
        }) { running in
            try await TestSocket.upgrade(running.port, "/ws?token=\(running.token())") { socket in
                #expect(try await socket.message() == .ping(ByteBuffer()))
                var last: MessageReader.Message?
                while let message = try await socket.message() { last = message }
                #expect(last == .close(code: 1008))
            }
        }
    }

    @Test func `sockets of other protocols are pinged and given up too, those that answer are not`() async throws {
        #expect(QuickbackServerCodec.liveness == Liveness(ping: .seconds(30), silence: .seconds(90)))
        #expect(QuickdappServerCodec.liveness == Liveness(ping: .seconds(30), silence: .seconds(120)))
        try await TestServer.run({
            $0.pingInterval = .seconds(1); $0.readDeadline = .seconds(8)
        }) { running in
            try await TestSocket.upgrade(running.port, "/ws") { tab in
                let target = "/realtime/v1/websocket?ws_ticket=\(try await running.ticket())"
                try await TestSocket.upgrade(running.port, target) { listener in
                    for silent in [tab, listener] {
                        var (pings, last) = (0, MessageReader.Message?.none)
                        while let message = try await silent.message() {
                            if case .ping = message { pings += 1 }
                            last = message
                        }
                        #expect(pings > 0 && last == .close(code: 1008))
                    }
                }
            }
            // Whoever answers outlives many deadlines.
            try await TestSocket.upgrade(running.port, "/ws") { tab in
                var pings = 0
                while pings < 12, let message = try await tab.message() {
                    guard case .ping(let payload) = message else { continue }
                    pings += 1
                    try await tab.send(.maskedFrame(.pong, payload, mask: 7))
                }
                #expect(pings == 12)
                try await tab.sendText("?")
                var answer: MessageReader.Message?
                while let message = try await tab.message() {
                    answer = message
                    if case .text = message { break }
                }
                guard case .text? = answer else {
                    Issue.record("closed though it answered: \(String(describing: answer))")
                    return
                }
            }
        }
    }

    @Test func `above the limit of connections an upgrade is 503 and the ticket stays good`() async throws {
        try await TestServer.run({ $0.maximumConnections = 1 }) { running in
            let ticket = try await running.ticket()
            try await TestSocket.upgrade(running.port, "/ws?token=\(running.token())") { _ in
                try await TestSocket.open(running.port) { socket in
                    try await socket.send(TestSocket.handshake("/ws?ticket=\(ticket)"))
                    let answer = try await socket.response()
                    #expect(answer.status == 503)
                    #expect(answer.head.contains("Retry-After:"))
                }
            }
            // The place is free once the server has seen the other one go.
            var isOpen = false
            while !isOpen {
                try await TestSocket.open(running.port) { socket in
                    try await socket.send(TestSocket.handshake("/ws?ticket=\(ticket)"))
                    isOpen = try await socket.head().hasPrefix("HTTP/1.1 101 ")
                }
            }
        }
    }

    @Test func `a peer that asks and never reads the answers is not read from any more, and harms nobody`() async throws
    {
        try await TestServer.run({ $0.sendBuffer = 2_048 }) { running in
            let token = try await running.token()
            try await TestSocket.upgrade(running.port, "/ws?token=\(token)", receiveBuffer: 2_048) { rude in
                let question = ByteBuffer.maskedFrame(.text, ByteBuffer(string: "?"), mask: 7)
                var flood = ByteBuffer()
                for _ in 0..<5_000 { flood.writeImmutableBuffer(question) }
                // Its own writes stall once the server stops reading: send in the background of the proof.
                rude.channel.writeAndFlush(flood, promise: nil)
                try await TestSocket.upgrade(running.port, "/ws?token=\(token)") { polite in
                    for _ in 0..<100 {
                        try await polite.sendText("?")
                        #expect(try await polite.text().contains("VALIDATION_ERROR"))
                    }
                }
                // Every question of the rude one is answered once it does read.
                for _ in 0..<5_000 { #expect(try await rude.text().contains("VALIDATION_ERROR")) }
            }
        }
    }

    @Test func `an upgrade on a connection that served plain requests works`() async throws {
        try await TestServer.run { running in
            let token = try await running.token()
            try await TestSocket.open(running.port) { socket in
                try await socket.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try await socket.response().body == #"{"status":"ok"}"#)
                try await socket.send(TestSocket.handshake("/ws?token=\(token)"))
                #expect(try await socket.head().hasPrefix("HTTP/1.1 101 "))
                try await socket.sendText("what?")
                #expect(try await socket.text().contains("VALIDATION_ERROR"))
            }
        }
    }

    @Test func `frames that come with the handshake are read`() async throws {
        try await TestServer.run { running in
            let token = try await running.token()
            try await TestSocket.open(running.port) { socket in
                var bytes = ByteBuffer(string: TestSocket.handshake("/ws?token=\(token)"))
                bytes.writeImmutableBuffer(.maskedFrame(.text, ByteBuffer(string: "what?"), mask: 7))
                try await socket.send(bytes)
                #expect(try await socket.head().hasPrefix("HTTP/1.1 101 "))
                #expect(try await socket.text().contains("VALIDATION_ERROR"))
            }
        }
    }

    @Test func `clients that reset in the middle of a message end nothing but themselves`() async throws {
        try await TestServer.run({ $0.sendBuffer = 2_048 }) { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            let token = try await running.token()
            let clicks = String(repeating: "GET /guide HTTP/1.1\r\nHost: x\r\n\r\n", count: 50)
            for _ in 0..<100 {
                try await TestSocket.upgrade(running.port, "/ws?token=\(token)", receiveBuffer: 2_048) { socket in
                    try await TestSocket.open(running.port) { browser in
                        try await browser.send(clicks)
                        _ = try await browser.response()
                        try await socket.reset()
                        for _ in 1..<50 { _ = try await browser.response() }
                    }
                }
            }
            try await Self.expectNobody(running)
        }
    }

    @Test func `handshakes whose answer nobody takes leave nothing behind`() async throws {
        try await TestServer.run { running in
            let token = try await running.token()
            for round in 0..<200 {
                try await TestSocket.open(running.port) { socket in
                    // Every second one on the slow path.
                    let first = round % 2 == 0 ? "" : "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
                    try await socket.send(first + TestSocket.handshake("/ws?token=\(token)"))
                    try await socket.reset()
                }
            }
            try await Self.expectNobody(running)
        }
    }

    /// The server notices that everyone has gone. Each question is a round trip, so this ends or fails by itself.
    private static func expectNobody(_ running: TestServer.Running) async throws {
        for _ in 0..<2_000 where try await ClickScenarios.messages(running).connections > 0 {}
        #expect(try await ClickScenarios.messages(running).connections == 0)
    }
}
