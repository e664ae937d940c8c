import Foundation
import NIOCore
import Testing

@testable import Kit

/// What QuickDapp's tabs and workers rely on, over real connections.
struct QuickdappScenarios {
    private static func configure(_ configuration: inout ServerConfiguration) {
        configuration.accountSecret = QuickdappTokens.secret
    }

    static let greeting = #"{"type":"connected","data":{"message":"WebSocket connection established"}}"#

    static func registered(_ account: Int) -> String {
        #"{"type":"registered","data":{"userId":\#(account),"message":"Successfully registered with user ID"}}"#
    }

    /// A tab that has registered, or was refused.
    static func tab(
        _ running: TestServer.Running, _ account: Int, _ body: (TestSocket) async throws -> Void
    ) async throws {
        try await TestSocket.upgrade(running.port, "/ws") { socket in
            #expect(try await socket.text() == greeting)
            try await socket.sendText(#"{"type":"register","jwtToken":"\#(QuickdappTokens.make(account))"}"#)
            try await body(socket)
        }
    }

    static func hear(_ socket: TestSocket, _ text: String) async throws { #expect(try await socket.text() == text) }

    private static func expectRefusal(_ socket: TestSocket, _ code: String, _ close: UInt16) async throws {
        #expect(try await socket.text().hasPrefix(#"{"type":"error","data":{"code":"\#(code)","message":"#))
        #expect(try await socket.message() == .close(code: close))
    }

    @Test func `the account's limit holds exactly, and a closed tab's place is free at once`() async throws {
        try await TestServer.run({
            Self.configure(&$0)
            $0.maximumSocketsPerAccount = 2
        }) { running in
            try await Self.tab(running, 7) { first in
                try await Self.hear(first, Self.registered(7))
                try await Self.tab(running, 7) { second in
                    try await Self.hear(second, Self.registered(7))
                    try await Self.tab(running, 7) { third in
                        try await Self.expectRefusal(third, "CONNECTION_LIMIT_PER_USER_EXCEEDED", 1008)
                    }
                    try await Self.tab(running, 8) { other in
                        try await Self.hear(other, Self.registered(8))
                    }
                    // At the limit a tab may register again: with the same token, a new one, and back from signing out.
                    for message in ["", #","jwtToken":"\#(QuickdappTokens.make(7, more: #","jti":"2""#))""#] {
                        try await second.sendText(#"{"type":"register"\#(message)}"#)
                    }
                    try await Self.hear(second, Self.registered(7))
                    try await second.send(.maskedFrame(.close, ByteBuffer(bytes: [3, 232]), mask: 7))
                    #expect(try await second.message() == .close(code: 1000))
                    try await Self.tab(running, 7) { again in
                        try await Self.hear(again, Self.registered(7))
                    }
                }
            }
        }
    }

    @Test func `the server's limit counts silent sockets too, and whoever is refused holds nothing`() async throws {
        try await TestServer.run({
            Self.configure(&$0)
            $0.maximumAccountSockets = 2
        }) { running in
            try await TestSocket.upgrade(running.port, "/ws") { first in
                try await Self.hear(first, Self.greeting)
                try await TestSocket.upgrade(running.port, "/ws") { second in
                    try await Self.hear(second, Self.greeting)
                    let before = Self.descriptors
                    for _ in 0..<2_000 {
                        try await TestSocket.upgrade(running.port, "/ws") { third in
                            try await Self.hear(third, Self.greeting)
                            try await Self.expectRefusal(third, "CONNECTION_LIMIT_TOTAL_EXCEEDED", 1013)
                        }
                    }
                    // The server's side of the last few may not have ended yet, and other tests run beside this one.
                    #expect(Self.descriptors < before + 500)
                    try await second.reset()
                }
                // A reset has no answer to wait for: the next tab comes back until it gets in, as a browser would.
                var isIn = false
                while !isIn {
                    try await TestSocket.upgrade(running.port, "/ws?token=\(QuickdappTokens.make(7))") { again in
                        try await Self.hear(again, Self.greeting)
                        isIn = try await again.text() == Self.registered(7)
                    }
                }
            }
        }
    }

    private static var descriptors: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
    }

    /// Tokens that must not register, all but the signature or one claim right.
    static let bad: [String] = [
        "", "x", "a.b.c", QuickdappTokens.make(7, secret: "another-secret-of-thirty-two-bytes!!"),
        QuickdappTokens.sign(#"{"type":"auth","userId":7,"exp":1}"#),
        QuickdappTokens.sign(#"{"type":"auth","userId":7}"#),
        QuickdappTokens.sign(#"{"type":"auth","userId":7,"exp":"4102444800"}"#),
        QuickdappTokens.sign(#"{"type":"auth","userId":0,"exp":4102444800}"#),
        QuickdappTokens.sign(#"{"type":"auth","userId":"7","exp":4102444800}"#),
        QuickdappTokens.sign(#"{"type":"auth","userId":7.5,"exp":4102444800}"#),
        QuickdappTokens.sign(#"{"type":"auth","exp":4102444800}"#),
        QuickdappTokens.sign(#"{"type":"refresh","userId":7,"exp":4102444800}"#),
        QuickdappTokens.sign(#"{"userId":7,"exp":4102444800}"#),
        QuickdappTokens.sign(#"{"type":"auth","userId":8,"userId":7,"exp":4102444800}"#),
        QuickdappTokens.sign(#"{"type":"auth","userId":7,"exp":4102444800,"nbf":4102444799}"#),
        QuickdappTokens.sign(#"{"type":"auth","userId":7,"exp":4102444800}"#, header: #"{"alg":"none"}"#),
        QuickdappTokens.sign(#"{"type":"auth","userId":7,"exp":4102444800}"#, header: #"{"alg":"HS512"}"#),
        QuickdappTokens.sign(#"{"userID":"64a1b2c3d4e5f6a7b8c9d0e1","type":"access","exp":4102444800}"#),
    ]

    @Test func `a bad token is said to be one, and the socket lives on`() async throws {
        try await TestServer.run(Self.configure) { running in
            try await TestSocket.upgrade(running.port, "/ws") { socket in
                try await Self.hear(socket, Self.greeting)
                for token in Self.bad + [running.key] {
                    try await socket.sendText(#"{"type":"register","jwtToken":"\#(token)"}"#)
                    #expect(try await socket.text().hasPrefix(#"{"type":"error","data":{"code":"INVALID_TOKEN","#))
                }
                try await socket.sendText("nonsense")
                #expect(try await socket.text() == #"{"type":"validation","on":"message","found":"nonsense"}"#)
                try await socket.sendText(#"{"type":"register","jwtToken":"\#(QuickdappTokens.make(7))"}"#)
                try await Self.hear(socket, Self.registered(7))
                // Users of this server are numbered too, and our own tokens and tickets say who they are; a ticket does once.
                for token in [try await running.token(), try await running.ticket()] {
                    try await socket.sendText(#"{"type":"register","jwtToken":"\#(token)"}"#)
                    try await Self.hear(socket, Self.registered(1))
                }
            }
        }
    }

    @Test func `a token in the address must be good, or the native socket refuses it`() async throws {
        try await TestServer.run(Self.configure) { running in
            try await TestSocket.upgrade(running.port, "/ws?token=\(QuickdappTokens.make(7))") { socket in
                try await Self.hear(socket, Self.greeting)
                try await Self.hear(socket, Self.registered(7))
            }
            for token in Self.bad {
                try await TestSocket.open(running.port) { socket in
                    try await socket.send(TestSocket.handshake("/ws?token=\(token)"))
                    #expect(try await socket.response().status == 401)
                }
            }
        }
    }

    @Test func `without an upgrade the address explains itself, and a server may keep it for native sockets`()
        async throws
    {
        let ask = "GET /ws HTTP/1.1\r\nHost: x\r\n\r\n"
        try await TestServer.run(Self.configure) { running in
            try await TestSocket.open(running.port) { socket in
                try await socket.send(ask)
                let answer = try await socket.response()
                #expect(answer.status == 400)
                #expect(answer.body == "Expected a websocket connection")
            }
        }
        try await TestServer.run({ try? $0.apply(["WS_NO_TOKEN": "quikko"]) }) { running in
            for request in [ask, TestSocket.handshake("/ws")] {
                try await TestSocket.open(running.port) { socket in
                    try await socket.send(request)
                    #expect(try await socket.response().status == 401)
                }
            }
        }
        var configuration = ServerConfiguration(dataDirectory: URL(filePath: "/nowhere"))
        #expect(throws: KitError.self) { try configuration.apply(["WS_NO_TOKEN": "both"]) }
    }
}
