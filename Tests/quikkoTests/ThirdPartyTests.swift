import Foundation
import Glibc
import Testing

@testable import Kit

/// Other people's clients, unmodified. `.ci/clients` gets them; without them these tests are skipped, and say so.
struct ThirdPartyTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
    static let python = root.appending(path: ".build/clients/bin/python")
    static let isThere = FileManager.default.isExecutableFile(atPath: python.path)

    @Test(.enabled(if: isThere, "no third-party clients: run .ci/clients, which says what is missing"))
    func `Python's websockets hears rows and broadcasts of its organization`() async throws {
        let program = try Program()
        let server = try await program.serve()
        let listener = try program.start(
            [Self.root.appending(path: "Examples/quickback-listen.py").path, "4"], executable: Self.python,
            environment: ["QUIKKO_URL": server.url, "QUIKKO_TOKEN": try server.key])
        var lines = listener.lines.makeAsyncIterator()
        #expect(await lines.next() == "listening")
        let environment = ["QUIKKO_URL": server.url]
        let code = try await program.run("shorten", "--code", "guide", "https://swift.org", environment: environment)
        #expect(code.status == 0, "\(code.errors)")
        #expect(try await program.run("click", "guide", environment: environment).status == 0)
        let said = try await program.run(
            "publish", "broadcast", "deploy:done", #"{"version":"1.4"}"#, "-o", "quiet", environment: environment)
        #expect(said.output == "1\n")
        var messages: [String] = []
        while let line = await lines.next() { messages.append(line) }
        #expect(messages.count == 4)
        #expect(messages.first?.contains(#""table":"links","schema":"public","eventType":"INSERT""#) == true)
        #expect(messages.contains { $0.contains(#""new":{"id":"clk_guide_1""#) })
        #expect(messages.contains(#"{"type":"broadcast","event":"deploy:done","payload":{"version":"1.4"}}"#))
        #expect(messages.contains { $0.contains(#""old":{"id":"lnk_guide","code":"guide","totalClicks":0}"#) })
        #expect(await listener.end() == 0)
        server.signal(SIGTERM)
        #expect(await server.end() == 0)
    }

    @Test(.enabled(if: isThere, "no third-party clients: run .ci/clients, which says what is missing"))
    func `Python's websockets registers as a QuickDapp tab and hears notifications and clicks`() async throws {
        let program = try Program()
        let server = try await program.serve()
        let listener = try program.start(
            [Self.root.appending(path: "Examples/quickdapp-listen.py").path, "6"], executable: Self.python,
            environment: ["QUIKKO_URL": server.url, "QUIKKO_TOKEN": try server.key])
        var lines = listener.lines.makeAsyncIterator()
        #expect(
            await lines.next() == #"{"type":"connected","data":{"message":"WebSocket connection established"}}"#)
        #expect(await lines.next()?.hasPrefix(#"{"type":"registered","data":{"userId":1,"#) == true)
        let environment = ["QUIKKO_URL": server.url]
        let said = try await program.run(
            "publish", "notification", "1", "-", "-o", "json", environment: environment,
            input: #"{"type":"greeting","message":"hello"}"#)
        #expect(said.output == #"{"id":1,"delivered":1}"# + "\n", "\(said.errors)")
        _ = try await program.run("shorten", "--code", "guide", "https://swift.org", environment: environment)
        #expect(try await program.run("click", "guide", environment: environment).status == 0)
        var heard: [JSON] = []
        while let line = await lines.next() {
            let message = try JSON(parsing: Array(line.utf8))
            #expect(message["type"] == "notification_received" && message["data"]?["userId"] == 1)
            heard.append(message["data"]?["data"]?["type"] ?? .null)
        }
        #expect(heard.prefix(2) == ["greeting", "link_created"])
        #expect(Set(heard.dropFirst(2).map(\.text)) == [#""click_milestone""#, #""link_clicked""#])
        #expect(await listener.end() == 0)
        server.signal(SIGTERM)
        #expect(await server.end() == 0)
    }

    /// What python-socketio calls the transport at the end, by what was asked for.
    @Test(
        .enabled(if: isThere, "no third-party clients: run .ci/clients, which says what is missing"),
        arguments: [("polling", "polling"), ("websocket", "websocket"), ("both", "websocket")])
    func `Python's socketio watches a link's metrics over any transport`(asked: String, used: String) async throws {
        let program = try Program()
        let server = try await program.serve()
        let environment = ["QUIKKO_URL": server.url]
        let code = try await program.run("shorten", "--code", "guide", "https://swift.org", environment: environment)
        #expect(code.status == 0, "\(code.errors)")
        let watcher = try program.start(
            [Self.root.appending(path: "Examples/socketio-dashboard.py").path, "guide", "3", asked],
            executable: Self.python, environment: ["QUIKKO_URL": server.url, "QUIKKO_TOKEN": try server.key])
        var lines = watcher.lines.makeAsyncIterator()
        #expect(await lines.next() == "transport \(used)")
        #expect(await lines.next() == #"subscribed {"success": true, "entityId": "guide"}"#)
        #expect(
            await lines.next()?.hasPrefix(#"dashboard:initial {"entityId": "guide", "entityType": "event""#) == true)
        #expect(try await program.run("click", "guide", environment: environment).status == 0)
        let update = await lines.next()
        #expect(
            update?.hasPrefix(#"metric:update {"entityId": "guide", "metricName": "clicks", "value": 1, "#) == true)
        let told = try await program.run(
            "publish", "metric", "--entity", "guide", "revenue", "12.5", "-o", "quiet", environment: environment)
        #expect(told.output == "1\n", "\(told.errors)")
        #expect(await lines.next()?.contains(#""metricName": "revenue", "value": 12.5"#) == true)
        let tile = try await program.run(
            "publish", "tile", "dash-guide", "add", "t2", "--type", "line", "--metric", "clicks",
            environment: environment)
        #expect(tile.status == 0, "\(tile.errors)")
        #expect(
            await lines.next()?.hasPrefix(#"dashboard:update {"dashboardId": "dash-guide", "action": "tile_added""#)
                == true)
        #expect(await watcher.end() == 0)
        server.signal(SIGTERM)
        #expect(await server.end() == 0)
    }

    @Test func `subscribe speaks Socket.IO too`() async throws {
        let program = try Program()
        let server = try await program.serve()
        let environment = ["QUIKKO_URL": server.url]
        let code = try await program.run("shorten", "--code", "guide", "https://swift.org", environment: environment)
        #expect(code.status == 0, "\(code.errors)")
        let watcher = try program.start(
            "subscribe", "--protocol", "socketio", "guide", "--count", "2", environment: environment)
        var lines = watcher.lines.makeAsyncIterator()
        #expect(await lines.next()?.contains(#""event":"dashboard:initial""#) == true)
        #expect(try await program.run("click", "guide", environment: environment).status == 0)
        #expect(await lines.next()?.contains(#""metricName":"clicks","value":1"#) == true)
        #expect(await watcher.end() == 0)
        let absent = try await program.run(
            "subscribe", "--protocol", "socketio", "--entity", "nothing", environment: environment)
        #expect(absent.status == 1)
        #expect(absent.errors.contains("The requested dashboard was not found"))
        server.signal(SIGTERM)
        #expect(await server.end() == 0)
    }
}
