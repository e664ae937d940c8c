import Foundation
import NIOCore
import Testing

@testable import Kit

/// The originals' ports, over real connections.
struct EntranceScenarios {
    private static let sessionSecret = "a-session-secret-of-thirty-two-bytes!"

    private static func withPorts(
        _ body: (_ running: TestServer.Running, _ quickback: Int, _ quickdapp: Int) async throws -> Void
    ) async throws {
        try await TestServer.run({
            $0.compatPorts = [.quickback: 0, .quickdapp: 0]
            $0.accountSecret = QuickdappTokens.secret
            $0.sessionSecret = sessionSecret
        }) { running in
            let ports = Dictionary(uniqueKeysWithValues: running.compatPorts.map { ($0.name, $0.port) })
            try await body(running, try #require(ports["quickback"]), try #require(ports["quickdapp"]))
        }
    }

    private static func ask(
        _ port: Int, _ request: String, headers: [String] = []
    ) async throws -> (status: Int, head: String, body: String) {
        var answer = (status: 0, head: "", body: "")
        try await TestSocket.open(port) { socket in
            try await socket.send(
                (["\(request) HTTP/1.1", "Host: x", "Content-Length: 0"] + headers).joined(separator: "\r\n")
                    + "\r\n\r\n")
            answer = try await socket.response()
        }
        return answer
    }

    private static func upgrade(_ port: Int, _ target: String, origin: String? = nil) async throws -> Int {
        var status = 0
        try await TestSocket.open(port) { socket in
            try await socket.send(TestSocket.handshake(target, origin: origin))
            status = Int(try await socket.head().split(separator: " ")[1]) ?? 0
        }
        return status
    }

    @Test func `QuickDapp's port has its socket for every page, and nothing that QuickDapp has not`() async throws {
        try await Self.withPorts { running, _, port in
            _ = try await running.client.shorten("https://example.com/", code: "guide")
            #expect(try await Self.ask(running.port, "GET /guide").status == 302)
            for path in ["/guide", "/", "/api/v1/server", "/metrics", "/realtime/v1/websocket"] {
                let answer = try await Self.ask(port, "GET \(path)", headers: ["Authorization: Bearer \(running.key)"])
                #expect(answer.status == 404, "\(path)")
            }
            #expect(try await Self.ask(port, "POST /api/v1/urls").status == 404)
            #expect(try await Self.ask(port, "POST /realtime/v1/ws-ticket").status == 404)
            #expect(try await Self.upgrade(port, "/realtime/v1/websocket?ws_ticket=x") == 404)
            // Nobody shares `/ws` here: a token that is not good is said to be so on the socket.
            for query in ["?token=bad", "?ticket=bad", "?token=\(try await running.token())", ""] {
                try await TestSocket.upgrade(port, "/ws" + query) { socket in
                    #expect(try await socket.text() == QuickdappScenarios.greeting)
                    if query.hasPrefix("?token=bad") {
                        #expect(try await socket.text().contains("INVALID_TOKEN"))
                    }
                    try await socket.sendText(#"{"type":"register","jwtToken":"\#(QuickdappTokens.make(7))"}"#)
                    while try await socket.text() != QuickdappScenarios.registered(7) {}
                }
            }
            #expect(try await Self.ask(port, "GET /ws").body == "Expected a websocket connection")
            let health = try JSON(parsing: Array(try await Self.ask(port, "GET /health").body.utf8))
            #expect(health["status"] == "ok" && health["name"] == "quikko" && health["version"] == .string(Kit.version))
            guard case .string(let time)? = health["timestamp"] else { throw KitError(.internal, "no timestamp") }
            #expect(Timestamp(time) != nil)
            #expect(try await Self.ask(running.port, "GET /health").body == #"{"status":"ok"}"#)
        }
    }

    @Test func `only QuickDapp's port lets pages of every origin in`() async throws {
        try await Self.withPorts { running, quickback, quickdapp in
            let origin = "https://anywhere.example"
            #expect(try await Self.upgrade(quickdapp, "/ws", origin: origin) == 101)
            #expect(try await Self.upgrade(running.port, "/ws", origin: origin) == 403)
            let credential = "Authorization: Bearer \(QuickdappTokens.make(7))"
            for (port, isWelcome) in [(quickdapp, true), (running.port, false), (quickback, false)] {
                let answer = try await Self.ask(
                    port, "GET /api/v1/notifications", headers: [credential, "Origin: \(origin)"])
                #expect(answer.status == (port == quickback ? 404 : 200))
                let preflight = try await Self.ask(
                    port, "OPTIONS /api/v1/notifications",
                    headers: ["Origin: \(origin)", "Access-Control-Request-Method: POST"])
                for head in [answer.head, preflight.head] {
                    #expect(head.contains("\r\nAccess-Control-Allow-Origin: \(origin)\r\n") == isWelcome)
                }
            }
        }
    }

    @Test func `Quickback's port has its tickets and sockets, and nothing else`() async throws {
        try await Self.withPorts { running, port, _ in
            _ = try await running.client.shorten("https://example.com/", code: "guide")
            for request in ["GET /guide", "GET /ws", "GET /api/v1/notifications", "POST /api/v1/tickets"] {
                let answer = try await Self.ask(port, request, headers: ["Authorization: Bearer \(running.key)"])
                #expect(answer.status == 404, "\(request)")
            }
            for target in ["/ws", "/ws?token=\(try await running.token())"] {
                #expect(try await Self.upgrade(port, target) == 404)
            }
            let session = QuickdappTokens.sign(
                #"{"sub":"usr_1","orgId":"org_7f3","role":"member","exp":4102444800}"#, secret: Self.sessionSecret)
            let answer = try await Self.ask(
                port, "POST /realtime/v1/ws-ticket", headers: ["Authorization: Bearer \(session)"])
            guard case .string(let ticket)? = try JSON(parsing: Array(answer.body.utf8))["wsTicket"] else {
                throw KitError(.internal, answer.body)
            }
            let target = "/realtime/v1/websocket?ws_ticket=\(ticket)"
            #expect(try await Self.upgrade(port, target, origin: "https://anywhere.example") == 403)
            try await TestSocket.upgrade(port, target) { socket in
                try await socket.sendText("ping")
                #expect(try await socket.text() == "pong")
            }
        }
    }

    @Test func `what was opened before a port that is taken is closed again`() async throws {
        try await Self.withPorts { running, quickback, _ in
            let place = FileManager.default.temporaryDirectory.appending(path: "quikko-test-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: place) }
            var failure: KitError?
            do {
                try await TestServer.run(in: place, { $0.compatPorts = [.quickback: 0, .quickdapp: quickback] }) { _ in
                }
            } catch let error as KitError {
                failure = error
            }
            #expect(failure?.code == .unavailable)
            #expect(failure?.message.contains("port \(quickback)") == true)
            #expect(failure?.message.contains("--compat-ports") == true)
        }
    }
}
