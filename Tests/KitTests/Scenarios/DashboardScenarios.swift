import Foundation
import NIOCore
import Testing

@testable import Kit

/// What dashboards rely on, over real connections.
struct DashboardScenarios {
    private static let target = "/socket.io/?EIO=4&transport=websocket"

    private static func configure(_ configuration: inout ServerConfiguration) {
        configuration.tokenSecret = DashboardTokens.secret
        configuration.metricInterval = .zero
        configuration.engine.interval = .seconds(600)
    }

    /// A socket that has joined `/dashboard`.
    private static func dashboard(
        _ running: TestServer.Running, _ token: String, namespace: String = "/dashboard",
        _ body: (TestSocket) async throws -> Void
    ) async throws {
        try await TestSocket.upgrade(running.port, target) { socket in
            _ = try await socket.greeting()
            try await join(socket, namespace, token)
            try await body(socket)
        }
    }

    private static func join(_ socket: TestSocket, _ namespace: String, _ token: String) async throws {
        try await socket.sendText(#"40\#(namespace),{"token":"\#(token)"}"#)
        #expect(try await socket.text().hasPrefix(#"40\#(namespace),{"sid":""#))
    }

    private static func subscribe(_ entity: String, _ namespace: String = "/dashboard") -> String {
        #"42\#(namespace),["subscribe",{"entityId":"\#(entity)","entityType":"event"}]"#
    }

    private static func value(_ text: String) throws -> (event: String, data: JSON) {
        let packet = try SocketIOPacket(ByteBuffer(string: String(text.dropFirst())))
        guard case .array(let arguments)? = packet.payload, case .string(let name) = arguments[0] else {
            throw KitError(.invalid, text)
        }
        return (name, arguments[1])
    }

    private struct Update: Equatable {
        let entity: JSON?
        let metric: JSON?
        let value: JSON?

        init(_ entity: JSON?, _ metric: JSON?, _ value: JSON?) {
            (self.entity, self.metric, self.value) = (entity, metric, value)
        }
    }

    private static func update(_ text: String) throws -> Update {
        let (event, data) = try value(text)
        #expect(event == "metric:update", "\(text)")
        return Update(data["entityId"], data["metricName"], data["value"])
    }

    /// In the server's own tenant: a session token of the administrator.
    @Test func `a click reaches who subscribed to its link and to all of them, behind what was before`() async throws {
        try await TestServer.run(Self.configure) { running in
            for code in ["guide", "other"] { _ = try await running.client.shorten("https://swift.org", code: code) }
            _ = try await running.client.click(ShortCode("guide"))
            try await Self.dashboard(running, try await running.token()) { socket in
                try await socket.sendText(Self.subscribe("guide"))
                let (event, initial) = try Self.value(try await socket.text())
                #expect(event == "dashboard:initial")
                #expect(initial["entityId"] == "guide")
                #expect(initial["entityType"] == "event")
                #expect(initial["metrics"]?["clicks"] == 1)
                #expect(
                    initial["tiles"] == [
                        [
                            "id": "tile-clicks", "type": "counter", "metricName": "clicks", "title": "Clicks",
                            "position": 0,
                        ]
                    ])
                try await socket.sendText(Self.subscribe("all"))
                #expect(try Self.value(try await socket.text()).data["metrics"]?["clicks"] == 1)
                _ = try await running.client.click(ShortCode("other"))
                #expect(try Self.update(try await socket.text()) == Update("all", "clicks", 2))
                _ = try await running.client.click(ShortCode("guide"))
                var heard = [try Self.update(try await socket.text()), try Self.update(try await socket.text())]
                heard.sort { $0.entity?.text ?? "" < $1.entity?.text ?? "" }
                #expect(heard[0] == Update("all", "clicks", 3))
                #expect(heard[1] == Update("guide", "clicks", 2))
                // Behind the answer nothing of it comes.
                try await socket.sendText(#"42/dashboard,1["unsubscribe",{"entityId":"guide"}]"#)
                #expect(try await socket.text() == #"43/dashboard,1[{"success":true,"entityId":"guide"}]"#)
                _ = try await running.client.click(ShortCode("guide"))
                #expect(try Self.update(try await socket.text()) == Update("all", "clicks", 4))
                #expect(try await running.client.publishMetric("all", "revenue", 5) == 1)
                #expect(try Self.update(try await socket.text()) == Update("all", "revenue", 5))
            }
        }
    }

    @Test func `tenants hear of their own, and of nobody else's not even that it is there`() async throws {
        try await TestServer.run(Self.configure) { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            let (one, two) = (DashboardTokens.make(tenant: "t-1"), DashboardTokens.make(tenant: "t-2"))
            _ = try await running.client.publishMetric("event-7", "revenue", 1, tenant: "t-1")
            try await Self.dashboard(running, one) { first in
                try await first.sendText(Self.subscribe("event-7"))
                #expect(try Self.value(try await first.text()).data["metrics"] == ["revenue": 1])
                try await Self.dashboard(running, two) { second in
                    for entity in ["event-7", "guide", "nothing"] {
                        try await second.sendText(Self.subscribe(entity))
                        let (event, error) = try Self.value(try await second.text())
                        #expect(event == "error")
                        #expect(error["code"] == "ANALYTICS_1100")
                    }
                    #expect(try await running.client.publishMetric("event-7", "revenue", 2, tenant: "t-2") == 0)
                    #expect(try await running.client.publishMetric("event-7", "revenue", 3.5, tenant: "t-1") == 1)
                    #expect(try Self.update(try await first.text()) == Update("event-7", "revenue", .number("3.5")))
                    // The second tenant's is another entity, with a value of its own.
                    try await second.sendText(Self.subscribe("event-7"))
                    #expect(try Self.value(try await second.text()).data["metrics"] == ["revenue": 2])
                }
            }
        }
    }

    @Test func `two namespaces share a connection, and hear of tiles as they change`() async throws {
        try await TestServer.run(Self.configure) { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            try await Self.dashboard(running, try await running.token()) { socket in
                try await Self.join(socket, "/analytics/dashboard", try await running.token())
                try await socket.sendText(Self.subscribe("guide"))
                _ = try await socket.text()
                let answer = try await running.client.editDashboard([
                    ("dashboard", "dash-guide"), ("action", "add"),
                    ("tile", ["id": "tile-2", "type": "line", "metricName": "clicks"]),
                ])
                #expect(answer.tiles.map(\.id) == ["tile-clicks", "tile-2"])
                let change =
                    #"["dashboard:update",{"dashboardId":"dash-guide","action":"tile_added","tile":{"id":"tile-2","type":"line","metricName":"clicks","position":1}}]"#
                let heard = Set([try await socket.text(), try await socket.text()])
                #expect(heard == ["42/dashboard,\(change)", "42/analytics/dashboard,\(change)"])
                _ = try await running.client.editDashboard([
                    ("dashboard", "dash-guide"), ("action", "order"), ("order", ["tile-2", "tile-clicks"]),
                ])
                for _ in 0..<4 {
                    #expect(try Self.value(try await socket.text()).data["action"] == "tile_reordered")
                }
                try await socket.sendText(Self.subscribe("guide"))
                guard case .array(let tiles)? = try Self.value(try await socket.text()).data["tiles"] else {
                    Issue.record("no tiles")
                    return
                }
                #expect(tiles.map { $0["id"] } == ["tile-2", "tile-clicks"])
            }
        }
    }

    @Test func `dashboards and metrics are there after a restart`() async throws {
        let place = FileManager.default.temporaryDirectory.appending(path: "quikko-test-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: place) }
        try await TestServer.run(in: place, Self.configure) { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            _ = try await running.client.publishMetric("guide", "revenue", 7)
            _ = try await running.client.editDashboard([
                ("dashboard", "dash-guide"), ("action", "remove"), ("tile", ["id": "tile-clicks"]),
            ])
        }
        try await TestServer.run(in: place, Self.configure) { running in
            try await Self.dashboard(running, try await running.token()) { socket in
                try await socket.sendText(Self.subscribe("guide"))
                let initial = try Self.value(try await socket.text()).data
                #expect(initial["metrics"]?["revenue"] == 7)
                #expect(initial["tiles"] == [])
            }
        }
    }

    @Test func `bursts are told as one value, the last, and the books count the others`() async throws {
        try await TestServer.run({
            Self.configure(&$0)
            $0.metricInterval = .milliseconds(100)
        }) { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            try await Self.dashboard(running, try await running.token()) { socket in
                try await socket.sendText(Self.subscribe("guide"))
                _ = try await socket.text()
                for _ in 0..<40 { _ = try await running.client.click(ShortCode("guide")) }
                var values: [Int] = []
                while values.last != 40 {
                    guard case .int(let value)? = try Self.update(try await socket.text()).value else { break }
                    values.append(value)
                }
                #expect(values == values.sorted())
                let books = try await running.client.server().messages
                #expect(books.accepted == 40)
                #expect(books.delivered == values.count)
                #expect(books.dropped.conflated == 40 - values.count)
            }
        }
    }

    @Test func `a session of polls hears the same, and goes on over a WebSocket`() async throws {
        try await TestServer.run(Self.configure) { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            let token = try await running.token()
            try await EnginePeer.with(running.port, "/socket.io/") { peer in
                let session = try await peer.open()
                #expect(try await peer.send("POST", session, #"40/dashboard,{"token":"\#(token)"}"#).body == "ok")
                #expect(try await peer.get(session).body.hasPrefix(#"40/dashboard,{"sid":""#))
                _ = try await peer.send("POST", session, Self.subscribe("guide"))
                #expect(try await peer.get(session).body.hasPrefix(#"42/dashboard,["dashboard:initial","#))
                _ = try await running.client.click(ShortCode("guide"))
                #expect(try Self.update(try await peer.get(session).body).value == 1)
                // Between two polls: the newest is what waits.
                for _ in 0..<3 { _ = try await running.client.click(ShortCode("guide")) }
                let target = "/socket.io/?" + EnginePeer.socketQuery(session)
                try await TestSocket.upgrade(running.port, target) { socket in
                    try await socket.sendText("2probe")
                    #expect(try await socket.text() == "3probe")
                    try await socket.sendText("5")
                    var value: JSON?
                    while value != 4 { value = try Self.update(try await socket.text()).value }
                    _ = try await running.client.click(ShortCode("guide"))
                    #expect(try Self.update(try await socket.text()).value == 5)
                }
            }
        }
    }

    @Test(
        arguments: [
            (nil, "Unauthorized", "missing token"),
            ("x", "Unauthorized", "the token is missing or not valid"),
            (DashboardTokens.make(tenant: "t-1", exp: 1), "Token expired", "the token has expired; get a new one"),
            (DashboardTokens.make(tenant: ""), "Tenant missing", "the token names no tenant"),
            (
                DashboardTokens.make(tenant: "t-1", more: #","type":"refresh""#), "Unauthorized",
                "the token is missing or not valid"
            ),
            (
                DashboardTokens.make(tenant: "t-1", secret: String(repeating: "x", count: 32)), "Unauthorized",
                "the token is missing or not valid"
            ),
            (
                DashboardTokens.sign(#"{"sub":"u","tenantId":"t","exp":4102444800}"#, header: #"{"alg":"none"}"#),
                "Unauthorized", "the token is missing or not valid"
            ),
            (
                DashboardTokens.sign(#"{"sub":"u","tenantId":"t","exp":4102444800}"#, header: #"{"alg":"RS256"}"#),
                "Unauthorized", "the token is missing or not valid"
            ),
        ] as [(String?, String, String)])
    func `a bad token is refused by its namespace, and the connection lives on`(
        token: String?, message: String, reason: String
    ) async throws {
        try await TestServer.run(Self.configure) { running in
            try await TestSocket.upgrade(running.port, Self.target) { socket in
                _ = try await socket.greeting()
                try await socket.sendText("40/dashboard," + (token.map { #"{"token":"\#($0)"}"# } ?? ""))
                #expect(
                    try await socket.text()
                        == #"44/dashboard,{"message":"\#(message)","data":{"code":"UNAUTHORIZED","reason":"\#(reason)"}}"#
                )
                try await Self.join(socket, "/dashboard", DashboardTokens.make(tenant: "t-1"))
            }
        }
    }

    @Test func `an issuer with an RSA key is believed, and nobody else under its name`() async throws {
        try await TestServer.run({
            Self.configure(&$0)
            $0.dashboardPublicKey = RSAIssuer.publicKey
        }) { running in
            let claims = #"{"sub":"u-1","tenantId":"t-9","exp":4102444800}"#
            try await Self.dashboard(running, RSAIssuer.token) { _ in }
            try await Self.dashboard(running, DashboardTokens.sign(claims)) { _ in }
            // The public key is no shared secret.
            let forged = DashboardTokens.sign(claims, secret: RSAIssuer.publicKey)
            try await TestSocket.upgrade(running.port, Self.target) { socket in
                _ = try await socket.greeting()
                try await socket.sendText(#"40/dashboard,{"token":"\#(forged)"}"#)
                #expect(try await socket.text().hasPrefix(#"44/dashboard,{"message":"Unauthorized""#))
            }
        }
    }

    @Test func `dashboards are made and changed over HTTP, in upstream's words`() async throws {
        try await TestServer.run(Self.configure) { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            try await TestSocket.open(running.port) { socket in
                func ask(
                    _ method: String, _ path: String, _ body: String = "", _ headers: String = ""
                ) async throws -> (status: Int, head: String, body: String) {
                    try await socket.send(
                        "\(method) /analytics/v1/\(path) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(running.key)\r\n"
                            + "\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
                    return try await socket.response()
                }
                let metrics = try await ask("GET", "metrics/event/guide", "", "X-Request-Id: r-1\r\n")
                #expect(metrics.status == 200)
                #expect(metrics.body.hasPrefix(#"{"data":{"entityId":"guide","metrics":{"clicks":0,"#))
                #expect(metrics.head.contains("\r\nX-Request-Id: r-1\r\n"))
                let answer1 = try await ask("GET", "dashboards")
                #expect(answer1.body == #"{"data":[]}"#)
                let made = try await ask("POST", "dashboards", #"{"id":"mine","entityId":"guide","title":"Mine"}"#)
                #expect(made.status == 201)
                let again = try await ask("POST", "dashboards", #"{"id":"mine","entityId":"guide"}"#)
                #expect(again.status == 409)
                #expect(again.body.contains(#""code":"ANALYTICS_1101""#))
                let tile = #"{"id":"t2","type":"line","metricName":"clicks"}"#
                let answer2 = try await ask("POST", "dashboards/mine/tiles", tile)
                #expect(answer2.status == 201)
                let answer3 = try await ask("POST", "dashboards/mine/tiles", tile)
                #expect(answer3.body.contains("ANALYTICS_1103"))
                let order = #"{"order":["t2","tile-clicks"]}"#
                let answer4 = try await ask("PATCH", "dashboards/mine/tiles/order", order)
                #expect(answer4.status == 200)
                let answer5 = try await ask("PATCH", "dashboards/mine/tiles/t2", #"{"title":"T"}"#)
                #expect(answer5.status == 200)
                let left = try await ask("DELETE", "dashboards/mine/tiles/tile-clicks")
                #expect(
                    left.body
                        == #"{"data":{"id":"mine","entityId":"guide","title":"Mine","tiles":[{"id":"t2","type":"line","metricName":"clicks","title":"T","position":0}]}}"#
                )
                let absent = try await ask("GET", "metrics/event/nothing")
                #expect(absent.status == 404)
                #expect(
                    absent.body
                        == #"{"error":{"code":"ANALYTICS_1100","message":"The requested dashboard was not found","http":404}}"#
                )
                for number in 3..<22 {
                    let tile = #"{"id":"t\#(number)","type":"line","metricName":"clicks"}"#
                    let answer6 = try await ask("POST", "dashboards/dash-guide/tiles", tile)
                    #expect(answer6.status == 201)
                }
                let answer7 = try await ask("POST", "dashboards/dash-guide/tiles", tile)
                #expect(answer7.body.contains("ANALYTICS_1102"))
                let answer8 = try await ask("GET", "dashboards", "", "X-Tenant-Id: another\r\n")
                #expect(answer8.status == 403)
            }
        }
    }
}

extension APIClient {
    fileprivate func publishMetric(
        _ entity: String, _ name: String, _ value: Double, tenant: String? = nil
    ) async throws -> Int {
        let number: JSON = Int(exactly: value).map(JSON.int) ?? .double(value)
        return try await publish(
            kind: "metric",
            [("entity", .string(entity)), ("name", .string(name)), ("value", number)]
                + (tenant.map { [("tenant", .string($0))] } ?? []))
    }
}
