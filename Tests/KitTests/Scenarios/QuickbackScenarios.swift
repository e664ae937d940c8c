import Crypto
import Foundation
import NIOCore
import Testing

@testable import Kit

/// What Quickback's clients and services rely on, over real connections.
struct QuickbackScenarios {
    private static let sessions = "a-session-secret-of-thirty-two-bytes!"
    private static let shared = "a-shared-secret-of-thirty-two-bytes!!"
    private static let far = 4_102_444_800

    private static func configure(_ configuration: inout ServerConfiguration) {
        configuration.sessionSecret = sessions
        configuration.ticketSecret = shared
    }

    /// A session as the account service makes it.
    private static func session(_ claims: String, secret: String = sessions) -> String {
        let signed = Base64URL.encode(#"{"alg":"HS256","typ":"JWT"}"#.utf8) + "." + Base64URL.encode(claims.utf8)
        let key = SymmetricKey(data: Data(secret.utf8))
        return signed + "." + Base64URL.encode(HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: key))
    }

    private static func session(
        user: String = "usr_1", organization: String? = "org_7f3", role: String = "member", exp: Int = far
    ) -> String {
        let organization = organization.map { #""orgId":"\#($0)","# } ?? ""
        return session(#"{"sub":"\#(user)",\#(organization)"role":"\#(role)","userRole":"user","iat":1,"exp":\#(exp)}"#)
    }

    private static func ask(
        _ running: TestServer.Running, _ path: String, headers: [String], body: String = ""
    ) async throws -> (status: Int, head: String, body: String) {
        var answer = (status: 0, head: "", body: "")
        try await TestSocket.open(running.port) { socket in
            let lines =
                ["POST \(path) HTTP/1.1", "Host: x", "Content-Type: application/json"] + headers
                + (body.isEmpty ? [] : ["Content-Length: \(body.utf8.count)"])
            try await socket.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
            answer = try await socket.response()
        }
        return answer
    }

    private static func ticket(_ running: TestServer.Running, _ session: String) async throws -> String {
        let answer = try await ask(running, "/realtime/v1/ws-ticket", headers: ["Authorization: Bearer \(session)"])
        #expect(answer.status == 200)
        let json = try JSON(parsing: Array(answer.body.utf8))
        #expect(json["expiresIn"] == 60)
        guard case .string(let ticket)? = json["wsTicket"] else { return "" }
        return ticket
    }

    @discardableResult
    private static func publish(_ running: TestServer.Running, _ body: String) async throws -> Int {
        let answer = try await ask(
            running, "/realtime/v1/api/broadcast?organizationId=org_7f3",
            headers: ["X-Internal-Call: 1", "X-Internal-Secret: \(shared)"], body: body)
        #expect(answer.status == 200, "\(answer.body)")
        guard case .int(let count)? = try JSON(parsing: Array(answer.body.utf8))["delivered"] else { return -1 }
        return count
    }

    private static func text(_ socket: TestSocket) async throws -> String? {
        while let message = try await socket.message() {
            if case .text(let bytes) = message { return String(buffer: bytes) }
        }
        return nil
    }

    private static func json(_ socket: TestSocket) async throws -> JSON {
        let text = try #require(try await text(socket))
        return try JSON(parsing: Array(text.utf8))
    }

    @Test func `a session buys a ticket that opens sockets until it expires, and broadcasts arrive`() async throws {
        try await TestServer.run(Self.configure) { running in
            let ticket = try await Self.ticket(running, Self.session())
            let target = "/realtime/v1/websocket?ws_ticket=\(ticket)&organizationId=org_7f3"
            try await TestSocket.upgrade(running.port, target) { first in
                try await TestSocket.upgrade(running.port, target.replacing("/realtime/", with: "/broadcast/")) {
                    second in
                    let count = try await Self.publish(
                        running,
                        #"{"type":"broadcast","event":"auth:token-invalidated","payload":{"reason":"role-changed"},"organizationId":"org_7f3","userId":"usr_1"}"#
                    )
                    #expect(count == 2)
                    for socket in [first, second] {
                        #expect(
                            try await Self.text(socket)
                                == #"{"type":"broadcast","event":"auth:token-invalidated","payload":{"reason":"role-changed"}}"#
                        )
                    }
                }
            }
        }
    }

    static let refusals: [(headers: [String], body: String, status: Int, code: String)] = [
        ([], "", 401, "AUTH_MISSING"),
        (["Authorization: Bearer x.y.z"], "", 401, "AUTH_INVALID_TOKEN"),
        (["Authorization: Bearer \(session(exp: 1))"], "", 401, "AUTH_EXPIRED"),
        (["Authorization: Bearer \(session(organization: nil))"], "", 403, "ACCESS_NO_ORG"),
        (["Authorization: Bearer \(session())"], #"{"organizationId":"org_other"}"#, 403, "FIREWALL_ORG_ISOLATION"),
        (["Authorization: Bearer \(session())"], #"{"scopeKey":"links:x"}"#, 400, "VALIDATION_FAILED"),
        (["Cookie: a=b; better-auth.session_token=x"], "", 401, "AUTH_INVALID_TOKEN"),
    ]

    @Test func `each refusal has its status and code`() async throws {
        try await TestServer.run(Self.configure) { running in
            for (headers, body, status, code) in Self.refusals {
                let answer = try await Self.ask(running, "/broadcast/v1/ws-ticket", headers: headers, body: body)
                #expect(answer.status == status && answer.body.contains(#""code":"\#(code)""#), "\(answer.body)")
            }
            let good = try await Self.ask(
                running, "/realtime/v1/ws-ticket", headers: ["Cookie: quikko_session=\(Self.session())"])
            #expect(good.status == 200)
            var last = 0
            for _ in 0..<60 {
                last = try await Self.ask(
                    running, "/realtime/v1/ws-ticket",
                    headers: ["Authorization: Bearer \(Self.session(user: "greedy"))"]
                ).status
            }
            // A minute may have begun in between, but not two.
            let next = try await (0..<60).asyncMap { _ in
                try await Self.ask(
                    running, "/realtime/v1/ws-ticket",
                    headers: ["Authorization: Bearer \(Self.session(user: "greedy"))"]
                ).status
            }
            #expect(last == 200 && next.contains(429))
        }
    }

    @Test func `an upgrade without a good ticket is refused before the 101`() async throws {
        try await TestServer.run(Self.configure) { running in
            let ticket = try await Self.ticket(running, Self.session())
            for (query, status, code) in [
                ("", 401, "AUTH_MISSING"), ("?ws_ticket=", 401, "AUTH_MISSING"),
                ("?ws_ticket=a.b", 401, "AUTH_INVALID_TOKEN"),
                ("?ws_ticket=\(ticket)x", 401, "AUTH_INVALID_TOKEN"),
                ("?ws_ticket=\(ticket)&organizationId=org_other", 403, "FIREWALL_ORG_ISOLATION"),
            ] {
                try await TestSocket.open(running.port) { socket in
                    try await socket.send(TestSocket.handshake("/realtime/v1/websocket" + query))
                    let answer = try await socket.response()
                    #expect(
                        answer.status == status && answer.body.contains(#""code":"\#(code)""#),
                        "\(query) \(answer.body)")
                }
            }
            try await TestSocket.open(running.port) { socket in
                try await socket.send("GET /realtime/v1/websocket HTTP/1.1\r\nHost: x\r\n\r\n")
                let answer = try await socket.response()
                #expect(answer.status == 426 && answer.head.contains("\r\nUpgrade: websocket\r\n"))
            }
        }
    }

    @Test func `a ticket for one socket opens one, however many try at once`() async throws {
        try await TestServer.run {
            Self.configure(&$0)
            $0.isRealtimeTicketSingleUse = true
        } _: { running in
            let ticket = try await Self.ticket(running, Self.session())
            let opened = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        var head = ""
                        try await TestSocket.open(running.port) { socket in
                            try await socket.send(TestSocket.handshake("/realtime/v1/websocket?ws_ticket=\(ticket)"))
                            head = try await socket.head()
                        }
                        return head.hasPrefix("HTTP/1.1 101 ")
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(opened == 1)
        }
    }

    @Test func `organizations, users and roles are kept apart`() async throws {
        try await TestServer.run(Self.configure) { running in
            func target(_ session: String) async throws -> String {
                "/realtime/v1/websocket?ws_ticket=\(try await Self.ticket(running, session))"
            }
            let member = try await target(Self.session(user: "usr_1", role: "member"))
            let admin = try await target(Self.session(user: "usr_2", role: "admin"))
            let foreign = try await target(Self.session(user: "usr_1", organization: "org_other", role: "owner"))
            try await TestSocket.upgrade(running.port, member) { member in
                try await TestSocket.upgrade(running.port, admin) { admin in
                    try await TestSocket.upgrade(running.port, foreign) { foreign in
                        try await Self.tellApart(running, member, admin, foreign)
                    }
                }
            }
        }
    }

    private static func tellApart(
        _ running: TestServer.Running, _ member: TestSocket, _ admin: TestSocket, _ foreign: TestSocket
    ) async throws {
        let own = #","organizationId":"org_7f3""#
        let published: [(event: String, more: String, count: Int)] = [
            ("all", own, 2), ("chiefs", own + #","targetRoles":["admin+"]"#, 1),
            ("one", own + #","userId":"usr_1""#, 1),
            ("nobody", own + #","userId":"usr_2","targetRoles":["owner"]"#, 0),
            ("there", #","organizationId":"org_other""#, 1), ("end", own, 2),
        ]
        for (event, more, expected) in published {
            let count = try await publish(running, #"{"type":"broadcast","event":"\#(event)","payload":{}\#(more)}"#)
            #expect(count == expected, "\(event)")
        }
        let heard = try await [
            events(member, until: "end"), events(admin, until: "end"), events(foreign, until: "there"),
        ]
        #expect(heard == [["all", "one", "end"], ["all", "chiefs", "end"], ["there"]])
    }

    private static func events(_ socket: TestSocket, until last: String) async throws -> [String] {
        var events: [String] = []
        while events.last != last, let text = try await text(socket),
            case .string(let event)? = try JSON(parsing: Array(text.utf8))["event"]
        {
            events.append(event)
        }
        return events
    }

    @Test func `a link and its clicks are rows of this server's own organization`() async throws {
        try await TestServer.run(Self.configure) { running in
            let ticket = try await running.ticket()
            try await TestSocket.upgrade(running.port, "/realtime/v1/websocket?ws_ticket=\(ticket)") { socket in
                _ = try await running.client.shorten("https://example.com/", code: "guide")
                let created = try await Self.json(socket)
                #expect(created["table"] == "links" && created["eventType"] == "INSERT")
                #expect(created["new"]?["code"] == "guide")
                for _ in 0..<3 { _ = try await running.client.click(ShortCode("guide")) }
                var clicks: [JSON] = []
                var total: JSON?
                while total != 3 {
                    let row = try await Self.json(socket)
                    if row["table"] == "clicks" {
                        clicks.append(row["new"]?["id"] ?? .null)
                    } else {
                        total = row["new"]?["totalClicks"]
                    }
                }
                #expect(clicks == ["clk_guide_1", "clk_guide_2", "clk_guide_3"])
            }
        }
    }

    @Test func `publishing needs the secret or an administrator`() async throws {
        try await TestServer.run(Self.configure) { running in
            let body = #"{"type":"broadcast","event":"e","payload":{}}"#
            for (header, status) in [
                ("X-Internal-Call: 1", 401), ("X-Internal-Secret: wrong", 401), ("X-Internal-Secret: ", 401),
                ("Authorization: Bearer wrong", 401), ("Authorization: Bearer \(Self.shared)", 200),
                ("X-Internal-Secret: \(Self.shared)", 200), ("Authorization: Bearer \(running.key)", 200),
            ] {
                let answer = try await Self.ask(running, "/broadcast/v1/api/broadcast", headers: [header], body: body)
                #expect(answer.status == status, "\(header)")
            }
            let large = #"{"type":"broadcast","event":"e","payload":"\#(String(repeating: "x", count: 262_144))"}"#
            let secret = ["X-Internal-Secret: \(Self.shared)"]
            let refused = try await Self.ask(running, "/realtime/v1/api/broadcast", headers: secret, body: large)
            #expect(refused.status == 413)
            let bad = try await Self.ask(
                running, "/realtime/v1/api/broadcast", headers: secret, body: #"{"type":"broadcast"}"#)
            #expect(
                bad.status == 400 && bad.body.contains(#""details":{"fields":{"event":"is missing"}}"#), "\(bad.body)")
        }
    }

    @Test func `a page of an allowed origin may ask for tickets with its cookie`() async throws {
        try await TestServer.run {
            Self.configure(&$0)
            $0.allowedOrigins = ["https://app.example.com"]
        } _: { running in
            try await TestSocket.open(running.port) { socket in
                try await socket.send(
                    "OPTIONS /realtime/v1/ws-ticket HTTP/1.1\r\nHost: x\r\nOrigin: https://app.example.com\r\n"
                        + "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n\r\n"
                )
                let answer = try await socket.response()
                #expect(answer.status == 204)
                #expect(answer.head.contains("\r\nAccess-Control-Allow-Origin: https://app.example.com\r\n"))
                #expect(answer.head.contains("\r\nAccess-Control-Allow-Credentials: true\r\n"))
            }
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
