import Crypto
import Foundation
import NIOCore
import Testing

@testable import Kit

/// Taking credentials back, over real connections.
struct RevocationScenarios {
    private static let sessionSecret = "a-session-secret-of-thirty-two-bytes!"
    /// When this run's foreign credentials were issued, in seconds.
    private static let issued = Timestamp.now.seconds - 10

    private static func configure(_ configuration: inout ServerConfiguration) {
        configuration.accountSecret = QuickdappTokens.secret
        configuration.sessionSecret = sessionSecret
    }

    private static func session(_ user: String, issued: Int64 = issued) -> String {
        QuickdappTokens.sign(
            #"{"sub":"\#(user)","orgId":"org_7f3","role":"member","iat":\#(issued),"exp":4102444800}"#,
            secret: sessionSecret)
    }

    private static func account(_ id: Int, issued: Int64 = issued) -> String {
        QuickdappTokens.sign(#"{"type":"auth","userId":\#(id),"iat":\#(issued),"exp":4102444800}"#)
    }

    private static func ask(
        _ running: TestServer.Running, _ request: String, bearer: String? = nil, body: String = ""
    ) async throws -> (status: Int, json: JSON) {
        var answer = (status: 0, json: JSON.null)
        try await TestSocket.open(running.port) { socket in
            let credential = bearer.map { "Authorization: Bearer \($0)\r\n" } ?? ""
            try await socket.send(
                "\(request) HTTP/1.1\r\nHost: x\r\n\(credential)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            let response = try await socket.response()
            answer = (response.status, (try? JSON(parsing: Array(response.body.utf8))) ?? .null)
        }
        return answer
    }

    /// - Returns: how many sockets were closed.
    @discardableResult
    private static func revoke(
        _ running: TestServer.Running, credential: String? = nil, user: String? = nil
    ) async throws -> JSON? {
        let body: JSON = credential.map { ["credential": .string($0)] } ?? ["user": .string(user ?? "")]
        let answer = try await ask(running, "POST /api/v1/tickets/revoke", bearer: running.key, body: body.text)
        #expect(answer.status == 200, "\(answer.json.text)")
        return answer.json["data"]?["closed"]
    }

    private static func quickbackTicket(_ running: TestServer.Running, _ session: String) async throws -> String {
        let answer = try await ask(running, "POST /realtime/v1/ws-ticket", bearer: session)
        guard case .string(let ticket)? = answer.json["wsTicket"] else { return "none: \(answer.json.text)" }
        return ticket
    }

    /// The status of an upgrade.
    private static func upgrade(_ running: TestServer.Running, _ target: String) async throws -> Int {
        var status = 0
        try await TestSocket.open(running.port) { socket in
            try await socket.send(TestSocket.handshake(target))
            status = Int(try await socket.head().split(separator: " ")[1]) ?? 0
        }
        return status
    }

    /// The message behind which nothing follows.
    private static func expectRevoked(_ socket: TestSocket) async throws {
        #expect(try await socket.message() == .close(code: 4401))
    }

    /// An open socket answers what it does not understand.
    private static func expectOpen(_ socket: TestSocket) async throws {
        try await socket.sendText("ping")
        #expect(try await !socket.text().isEmpty)
    }

    @Test func `what is revoked closes the sockets opened with it in every protocol, and no others`() async throws {
        try await TestServer.run(Self.configure) { running in
            let (ticket, token) = (try await running.ticket(), try await running.token())
            let session = Self.session("usr_1")
            let realtime = "/realtime/v1/websocket?ws_ticket=\(try await Self.quickbackTicket(running, session))"
            let other = try await Self.quickbackTicket(running, Self.session("usr_2"))
            try await TestSocket.upgrade(running.port, "/ws?ticket=\(ticket)") { native in
                try await TestSocket.upgrade(running.port, "/ws?token=\(token)") { byToken in
                    try await TestSocket.upgrade(running.port, realtime) { quickback in
                        try await TestSocket.upgrade(running.port, "/realtime/v1/websocket?ws_ticket=\(other)") {
                            kept in
                            #expect(try await Self.revoke(running, credential: token) == 1)
                            try await Self.expectRevoked(byToken)
                            // The session opened nothing itself, but bought what did.
                            #expect(try await Self.revoke(running, credential: session) == 1)
                            try await Self.expectRevoked(quickback)
                            #expect(try await Self.upgrade(running, realtime) == 401)
                            try await Self.expectOpen(native)
                            #expect(try await Self.revoke(running, credential: ticket) == 1)
                            try await Self.expectRevoked(native)
                            try await Self.expectOpen(kept)
                        }
                    }
                }
            }
        }
    }

    @Test func `a tab that said whose it is closes, one that has signed out or is another's does not`() async throws {
        try await TestServer.run(Self.configure) { running in
            func tab(_ token: String, _ body: (TestSocket) async throws -> Void) async throws {
                try await TestSocket.upgrade(running.port, "/ws") { socket in
                    #expect(try await socket.text() == QuickdappScenarios.greeting)
                    try await socket.sendText(#"{"type":"register","jwtToken":"\#(token)"}"#)
                    #expect(try await socket.text().contains("registered"))
                    try await body(socket)
                }
            }
            try await tab(Self.account(7)) { first in
                try await tab(Self.account(7)) { signedOut in
                    try await tab(Self.account(8)) { other in
                        try await signedOut.sendText(#"{"type":"register"}"#)
                        try await Self.expectOpen(signedOut)
                        #expect(try await Self.revoke(running, credential: Self.account(7)) == 1)
                        try await Self.expectRevoked(first)
                        for socket in [signedOut, other] { try await Self.expectOpen(socket) }
                        try await signedOut.sendText(#"{"type":"register","jwtToken":"\#(Self.account(7))"}"#)
                        #expect(try await signedOut.text().contains("INVALID_TOKEN"))
                        #expect(try await Self.revoke(running, user: "8") == 1)
                        try await Self.expectRevoked(other)
                    }
                }
            }
        }
    }

    @Test func `no path lets in what was revoked, after a restart either`() async throws {
        let place = FileManager.default.temporaryDirectory.appending(path: "quikko-test-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: place) }
        let session = Self.session("usr_1")
        let account = Self.account(7)
        var (token, bought, ticket) = ("", "", "")
        try await TestServer.run(in: place, Self.configure) { running in
            token = try await running.token()
            bought = try #require(
                try await APIClient(running.origin, credential: token).makeTicket(kind: "session").token)
            ticket = try await running.ticket()
            #expect(try await Self.ask(running, "GET /api/v1/auth/me/summary", bearer: bought).status == 200)
            for text in [token, session, account, ticket] { try await Self.revoke(running, credential: text) }
            try await Self.revoke(running, user: "usr_9")
            try await Self.expectRefused(running, token, bought, ticket, session, account)
        }
        try await TestServer.run(in: place, Self.configure) { running in
            try await Self.expectRefused(running, token, bought, ticket, session, account)
            #expect(
                try await Self.ask(running, "POST /realtime/v1/ws-ticket", bearer: Self.session("usr_9")).status == 401)
            let later = Self.session("usr_9", issued: Timestamp.now.seconds + 1)
            #expect(try await Self.ask(running, "POST /realtime/v1/ws-ticket", bearer: later).status == 200)
        }
    }

    private static func expectRefused(
        _ running: TestServer.Running, _ token: String, _ bought: String, _ ticket: String, _ session: String,
        _ account: String
    ) async throws {
        for token in [token, bought] {
            #expect(try await upgrade(running, "/ws?token=\(token)") == 401)
            #expect(try await ask(running, "GET /api/v1/auth/me/summary", bearer: token).status == 401)
            #expect(try await ask(running, "GET /api/v1/feed?token=\(token)").status == 401)
            #expect(try await ask(running, "POST /api/v1/tickets", bearer: token).status == 401)
            #expect(try await ask(running, "POST /realtime/v1/ws-ticket", bearer: token).status == 401)
        }
        #expect(try await upgrade(running, "/ws?ticket=\(ticket)") == 401)
        #expect(try await upgrade(running, "/realtime/v1/websocket?ws_ticket=\(ticket)") == 401)
        #expect(try await ask(running, "GET /api/v1/feed?ticket=\(ticket)").status == 401)
        #expect(try await ask(running, "POST /realtime/v1/ws-ticket", bearer: session).status == 401)
        #expect(try await upgrade(running, "/ws?token=\(account)") == 401)
        #expect(try await ask(running, "GET /api/v1/notifications", bearer: account).status == 401)
        for text in [token, bought, ticket, session] {
            let verdict = try await running.client.verify(text)
            #expect(!verdict.valid)
        }
    }

    @Test func `all of a user's ends but the key that asks, and what they get afterwards is good`() async throws {
        try await TestServer.run(Self.configure) { running in
            let user = try #require(try await running.client.verify(running.key).user)
            let token = try await running.token()
            try await TestSocket.upgrade(running.port, "/ws?token=\(token)") { native in
                try await TestSocket.open(running.port) { stream in
                    try await stream.send("GET /api/v1/feed?token=\(token) HTTP/1.1\r\nHost: x\r\n\r\n")
                    _ = try await stream.stream(until: "retry: 1000\n\n")
                    #expect(try await Self.revoke(running, user: user) == 2)
                    try await Self.expectRevoked(native)
                    _ = try await stream.rest()
                }
            }
            #expect(try await Self.upgrade(running, "/ws?token=\(token)") == 401)
            let again = try await running.token()
            #expect(try await Self.upgrade(running, "/ws?token=\(again)") == 101)
        }
    }

    @Test func `a key takes along what it bought, and whoever is no administrator revokes their own only`() async throws
    {
        try await TestServer.run(Self.configure) { running in
            // A session bought with a start ticket has the scope of a user.
            let start = try #require(try await running.client.makeTicket(kind: "start").ticket)
            let mine = try #require(
                try await APIClient(running.origin, credential: start).makeTicket(kind: "session").token)
            let wishes: [(body: JSON, status: Int)] = [
                (["credential": .string(Self.session("usr_1"))], 403), (["user": "usr_1"], 403), (["user": "7"], 403),
                (["credential": "a.b.c"], 400), (["credential": "a.b"], 400), (["credential": "qk_a_b"], 400),
                ([:], 400),
                (["user": ""], 400), (["credential": .string(mine), "user": "usr_1"], 400),
            ]
            for (body, status) in wishes {
                let answer = try await Self.ask(running, "POST /api/v1/tickets/revoke", bearer: mine, body: body.text)
                #expect(answer.status == status, "\(body.text) \(answer.json.text)")
            }
            try await TestSocket.upgrade(running.port, "/ws?token=\(mine)") { socket in
                #expect(try await Self.revoke(running, credential: running.key) == 1)
                try await Self.expectRevoked(socket)
            }
            #expect(try await Self.upgrade(running, "/ws?token=\(mine)") == 401)
            #expect(try await Self.ask(running, "GET /api/v1/server", bearer: running.key).status == 401)
        }
    }

    @Test func `one credential buys the next only so many times`() async throws {
        try await TestServer.run(Self.configure) { running in
            var (credential, count) = (running.key, 0)
            do {
                while count < 20 {
                    credential = try #require(
                        try await APIClient(running.origin, credential: credential).makeTicket(kind: "session").token)
                    count += 1
                }
            } catch let error as KitError {
                #expect(error.code == .forbidden && count == 7)
            }
            #expect(count == 7)
        }
    }
}
