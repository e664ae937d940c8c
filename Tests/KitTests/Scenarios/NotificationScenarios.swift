import Foundation
import Glibc
import NIOCore
import Testing

@testable import Kit

/// Notifications from their making to every open tab, over real connections.
struct NotificationScenarios {
    private static func ask(
        _ running: TestServer.Running, _ request: String, token: String? = nil, body: String = ""
    ) async throws -> (status: Int, json: JSON) {
        var answer = (status: 0, json: JSON.null)
        try await TestSocket.open(running.port) { socket in
            let credential = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
            try await socket.send(
                "\(request) HTTP/1.1\r\nHost: x\r\n\(credential)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            let response = try await socket.response()
            answer = (response.status, try JSON(parsing: Array(response.body.utf8)))
        }
        return answer
    }

    /// - Returns: its id.
    private static func notify(_ running: TestServer.Running, _ account: Int, _ data: String, delivered: Int)
        async throws -> Int
    {
        let answer = try await ask(
            running, "POST /api/v1/publish", token: running.key,
            body: #"{"kind":"notification","userId":\#(account),"data":\#(data)}"#)
        #expect(answer.status == 200)
        #expect(answer.json["data"]?["delivered"] == .int(delivered))
        guard case .int(let id)? = answer.json["data"]?["id"] else { return -1 }
        return id
    }

    private static func json(_ socket: TestSocket) async throws -> JSON {
        try JSON(parsing: Array(try await socket.text().utf8))
    }

    @Test func `each tab gets each notification once, and they are kept across a restart`() async throws {
        let place = FileManager.default.temporaryDirectory.appending(path: "quikko-test-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: place) }
        let token = QuickdappTokens.make(7)
        var stored: JSON = .null
        try await TestServer.run(in: place, { $0.accountSecret = QuickdappTokens.secret }) { running in
            try await QuickdappScenarios.tab(running, 7) { first in
                try await QuickdappScenarios.hear(first, QuickdappScenarios.registered(7))
                try await QuickdappScenarios.tab(running, 7) { second in
                    try await QuickdappScenarios.hear(second, QuickdappScenarios.registered(7))
                    try await QuickdappScenarios.tab(running, 8) { other in
                        try await QuickdappScenarios.hear(other, QuickdappScenarios.registered(8))
                        let ids = [
                            try await Self.notify(running, 7, #"{"type":"greeting","message":"one"}"#, delivered: 2),
                            try await Self.notify(running, 7, #"{"type":"greeting","message":"two"}"#, delivered: 2),
                        ]
                        #expect(ids == [1, 2])
                        #expect(try await Self.notify(running, 8, #"{"type":"last"}"#, delivered: 1) == 3)
                        let heard = try await Self.json(other)
                        #expect(heard["data"]?["id"] == 3, "the others' are not heard here")
                    }
                    for socket in [first, second] {
                        let messages = [try await Self.json(socket), try await Self.json(socket)]
                        for (number, message) in messages.enumerated() {
                            guard case .string(let created)? = message["data"]?["createdAt"] else {
                                Issue.record("no time in \(message.text)")
                                continue
                            }
                            #expect(created.count == 24 && created.hasSuffix("Z") && Timestamp(created) != nil)
                            #expect(
                                message.text
                                    == #"{"type":"notification_received","data":{"id":\#(number + 1),"userId":7,"data":{"type":"greeting","message":"\#(number == 0 ? "one" : "two")"},"createdAt":"\#(created)","read":false}}"#
                            )
                        }
                    }
                    // Behind them comes nothing but what is said now.
                    for socket in [first, second] {
                        try await socket.sendText("ping")
                        #expect(try await Self.json(socket)["type"] == "validation")
                    }
                }
            }
            let list = try await Self.ask(running, "GET /api/v1/notifications?startIndex=0&perPage=1", token: token)
            #expect(list.json["data"]?["total"] == 2)
            #expect(list.json["data"]?["unread"] == 2)
            stored = list.json["data"]?["notifications"] ?? .null
        }
        try await TestServer.run(in: place, { $0.accountSecret = QuickdappTokens.secret }) { running in
            let list = try await Self.ask(running, "GET /api/v1/notifications?perPage=1", token: token)
            #expect(list.json["data"]?["notifications"] == stored)
            #expect(try await Self.notify(running, 7, "{}", delivered: 0) == 4)
        }
    }

    @Test func `one reads and marks only one's own`() async throws {
        try await TestServer.run({
            $0.accountSecret = QuickdappTokens.secret
            $0.notifies = .off
        }) { running in
            for account in [7, 7, 1] { _ = try await Self.notify(running, account, "{}", delivered: 0) }
            let token = QuickdappTokens.make(7)
            let path = "/api/v1/notifications"
            for (request, credential, status) in [
                ("GET \(path)", nil, 401), ("GET \(path)", "x.y.z", 401), ("GET \(path)?perPage=101", token, 400),
                ("GET \(path)?startIndex=-1", token, 400), ("POST \(path)/3/read", token, 404),
                ("POST \(path)/0/read", token, 404), ("POST \(path)/x/read", token, 404),
                ("GET \(path)/1/read", token, 405), ("POST \(path)", token, 405), ("POST \(path)/1/read", token, 200),
                ("POST \(path)/3/read", running.key, 200), ("GET \(path)/nowhere", token, 404),
                ("POST /api/v1/publish", token, 401),
            ] as [(String, String?, Int)] {
                #expect(try await Self.ask(running, request, token: credential).status == status, "\(request)")
            }
            var list = try await Self.ask(running, "GET \(path)?startIndex=1", token: token)
            #expect(list.json["data"]?["total"] == 2)
            #expect(list.json["data"]?["unread"] == 1)
            guard case .array(let shown)? = list.json["data"]?["notifications"] else { return }
            #expect(shown.map { $0["id"] } == [1])
            #expect(shown.first?["read"] == true)
            #expect(try await Self.ask(running, "POST \(path)/read-all", token: token).status == 200)
            list = try await Self.ask(running, "GET \(path)", token: token)
            #expect(list.json["data"]?["unread"] == 0)
            // An administrator of this server is user 1.
            list = try await Self.ask(running, "GET \(path)", token: try await running.token())
            #expect(list.json["data"]?["total"] == 1)
            for body in [
                "{}", #"{"kind":"notification"}"#, #"{"kind":"notification","userId":0,"data":{}}"#,
                #"{"kind":"notification","userId":7,"data":[]}"#,
            ] {
                #expect(
                    try await Self.ask(running, "POST /api/v1/publish", token: running.key, body: body).status == 400)
            }
        }
    }

    @Test func `an owner hears of a new link, of milestones and of every click, many clicks in one word`() async throws
    {
        try await TestServer.run { running in
            try await TestSocket.upgrade(running.port, "/ws") { socket in
                try await QuickdappScenarios.hear(socket, QuickdappScenarios.greeting)
                try await socket.sendText(#"{"type":"register","jwtToken":"\#(try await running.token())"}"#)
                try await QuickdappScenarios.hear(socket, QuickdappScenarios.registered(1))
                let body = #"{"originalUrl":"https://example.com/","customAlias":"noticed"}"#
                #expect(try await Self.ask(running, "POST /api/v1/urls", token: running.key, body: body).status == 201)
                var heard = try await Self.json(socket)["data"]?["data"]
                #expect(heard?["type"] == "link_created")
                #expect(heard?["shortCode"] == "noticed")
                try await TestSocket.open(running.port) { clicker in
                    for _ in 0..<100 { try await clicker.send("GET /noticed HTTP/1.1\r\nHost: x\r\n\r\n") }
                    for _ in 0..<100 { #expect(try await clicker.response().status == 302) }
                }
                var clicks = 0
                var milestones: [JSON?] = []
                var words = 0
                while clicks < 100 || milestones.count < 3 {
                    heard = try await Self.json(socket)["data"]?["data"]
                    words += 1
                    if heard?["type"] == "click_milestone" {
                        milestones.append(heard?["totalClicks"])
                    } else {
                        #expect(heard?["type"] == "link_clicked")
                        if case .int(let count)? = heard?["clicks"] { clicks += count } else { clicks += 1 }
                    }
                }
                #expect(clicks == 100)
                #expect(milestones == [1, 10, 100])
                #expect(words < 100)
            }
        }
    }

    // MARK: Worker processes

    /// A worker's connection.
    private static func connect(_ file: URL) throws -> Int32 {
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(file.path.utf8)) }
        let answer = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(answer == 0)
        return descriptor
    }

    private static func say(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// What comes until the server ends the connection, off the threads tests share.
    private static func rest(_ descriptor: Int32) async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var all: [UInt8] = []
                var part = [UInt8](repeating: 0, count: 4_096)
                while case let count = recv(descriptor, &part, part.count, 0), count > 0 { all += part[..<count] }
                close(descriptor)
                continuation.resume(returning: String(decoding: all, as: UTF8.self))
            }
        }
    }

    @Test func `a worker process reaches one account's tabs and all, and a bad line harms nobody`() async throws {
        // A socket's path has at most 107 bytes.
        let place = URL(filePath: "/tmp/quikko-\(UUID().uuidString.prefix(8))")
        let file = place.appending(path: "ipc.sock")
        defer { try? FileManager.default.removeItem(at: place) }
        for _ in 0..<2 {
            try await TestServer.run(in: place, { $0.accountSecret = QuickdappTokens.secret }) { running in
                let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
                #expect(attributes[.type] as? FileAttributeType == .typeSocket)
                #expect(attributes[.posixPermissions] as? Int == 0o600)
                try await QuickdappScenarios.tab(running, 7) { tab in
                    try await QuickdappScenarios.hear(tab, QuickdappScenarios.registered(7))
                    try await TestSocket.upgrade(running.port, "/ws") { anonymous in
                        try await QuickdappScenarios.hear(anonymous, QuickdappScenarios.greeting)
                        let worker = try Self.connect(file)
                        let other = try Self.connect(file)
                        let received = #"{"type":"notification_received","data":{"id":41,"userId":7}}"#
                        Self.say(
                            #"{"type":"worker-started","pid":1}"# + "\nnonsense\n\n"
                                + #"{"type":"send-to-user","userId":7,"message":\#(received)}"# + "\n"
                                + #"{"type":"send-to-user","userId":8,"message":{"type":"foreign"}}"# + "\n",
                            to: worker)
                        try await QuickdappScenarios.hear(tab, received)
                        Self.say(#"{"type":"broadcast","message":{"type":"maintenance"}}"# + "\n", to: other)
                        try await QuickdappScenarios.hear(tab, #"{"type":"maintenance"}"#)
                        try await QuickdappScenarios.hear(anonymous, #"{"type":"maintenance"}"#)
                        // A last line without its end, then the end; the answer to the bad line is all that comes.
                        Self.say(#"{"type":"broadcast","message":{"type":"over"}}"#, to: worker)
                        shutdown(worker, Int32(SHUT_WR))
                        let answers = await Self.rest(worker)
                        #expect(answers == #"{"type":"error","message":"a line is one JSON object"}"# + "\n")
                        try await QuickdappScenarios.hear(anonymous, #"{"type":"over"}"#)
                        Self.say(String(repeating: "x", count: 300_000), to: other)
                        let last = await Self.rest(other)
                        #expect(last.contains("at most"), "\(last)")
                    }
                }
            }
            #expect(!FileManager.default.fileExists(atPath: file.path), "removed by an orderly stop")
            // What a killed server leaves.
            let stale = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(file.path.utf8)) }
            _ = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(stale, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            close(stale)
            #expect(FileManager.default.fileExists(atPath: file.path))
        }
    }
}
