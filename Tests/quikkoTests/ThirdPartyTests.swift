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
}
