import Foundation
import Testing

@testable import Kit

struct ClientTests {
    @Test(arguments: [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"), ("HTTP://Example.com/path?x", "http://example.com"),
        ("https://example.com:443", "https://example.com"), ("https://example.com:8443/", "https://example.com:8443"),
    ])
    func `a server is its scheme, host and port`(text: String, origin: String) throws {
        #expect(try Origin(text).description == origin)
    }

    @Test(arguments: ["", "127.0.0.1:8080", "ftp://x", "http://", "http://user@x", "http://x:99999"])
    func `other text is no server`(text: String) { #expect(throws: KitError.self) { try Origin(text) } }

    @Test func `delays double to half a minute, jitter shortens them, success resets them`() {
        var backoff = Backoff()
        #expect((0..<7).map { _ in backoff.delay(jitter: 0) } == [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
        backoff.reset()
        #expect(backoff.delay(jitter: 1) == .milliseconds(800))
    }

    @Test func `a key is given to the server it was made for and to no other`() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "quikko-keys-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = KeyFile(directory.appending(path: "deep/keys.json"))
        #expect(try file.key(for: "http://a") == nil)
        try file.set("qk_1_one", for: "http://a")
        try file.set("qk_2_two", for: "http://b:8080")
        try file.set("qk_3_three", for: "http://a")
        #expect(try file.key(for: "http://a") == "qk_3_three")
        #expect(try file.key(for: "http://b:8080") == "qk_2_two")
        #expect(try file.key(for: "https://a") == nil)
        let mode = try FileManager.default.attributesOfItem(atPath: file.url.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        try Data("{".utf8).write(to: file.url)
        #expect { try file.key(for: "http://a") } throws: { ($0 as? KitError)?.message.contains("damaged") == true }
    }

    @Test func `a follower reconnects by itself after a restart and goes on`() async throws {
        let place = FileManager.default.temporaryDirectory.appending(path: "quikko-follow-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: place) }
        let (items, continuation) = AsyncStream.makeStream(
            of: FeedClient.Item.self, bufferingPolicy: .bufferingOldest(100))
        let origins = Box<Origin>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let heard = Heard(items)
            let port = Box<Int>()
            try await TestServer.run(in: place) { running in
                port.set(running.port)
                origins.set(running.origin)
                _ = try await running.client.shorten("https://swift.org", code: "guide")
                let client = running.client
                group.addTask {
                    let feed = FeedClient(running.origin) { () throws(KitError) in
                        try await client.makeTicket(kind: "ticket").ticket ?? ""
                    }
                    var ledger = FeedLedger()
                    try await feed.run(&ledger) { item in
                        // What the server tells besides clicks is other tests' business.
                        if case .event(.recovered) = item { return true }
                        if case .event(.restarting) = item { return true }
                        continuation.yield(item)
                        if case .event(.click(let click, _)) = item { return click.country != "FR" }
                        return true
                    }
                    continuation.finish()
                }
                #expect(await heard.next() == .connected)
                _ = try await client.click(ShortCode("guide"), country: Country("DE"))
                #expect(await heard.country() == "DE")
            }
            guard case .disconnected? = await heard.next() else {
                Issue.record("the end was not noticed")
                return
            }
            let first = try port.get()
            try await TestServer.run(in: place, { $0.port = first }) { running in
                while true { if await heard.next() == .connected { break } }
                _ = try await running.client.click(ShortCode("guide"), country: Country("FR"))
                #expect(await heard.country() == "FR")
            }
            try await group.waitForAll()
        }
    }

    private final class Heard {
        private var iterator: AsyncStream<FeedClient.Item>.AsyncIterator
        init(_ items: AsyncStream<FeedClient.Item>) { iterator = items.makeAsyncIterator() }
        func next() async -> FeedClient.Item? { await iterator.next() }
        func country() async -> String? {
            if case .event(.click(let click, _))? = await next() { click.country } else { nil }
        }
    }
}
