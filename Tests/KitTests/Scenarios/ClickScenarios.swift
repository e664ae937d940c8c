import Dispatch
import Foundation
import NIOCore
import Synchronization
import Testing

@testable import Kit

/// From a redirect to a socket, over real connections.
struct ClickScenarios {
    private static func clickEvent(_ text: String) throws -> ClickEvent {
        guard case .clickEvent(let click, _) = try QuikkoMessage(ByteBuffer(string: text)) else {
            throw KitError(.internal, "no click: \(text)")
        }
        return click
    }

    @Test func `a click reaches a socket with exactly five keys, and no greeting comes before it`() async throws {
        try await TestServer.run { running in
            let link = try await running.client.shorten("https://swift.org/documentation", code: "guide")
            #expect(link.shortUrl == "\(running.origin)/guide")
            try await TestSocket.upgrade(running.port, "/ws?token=\(running.token())") { socket in
                try await TestSocket.open(running.port) { browser in
                    try await browser.send(
                        "GET /guide HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36\r\n\r\n"
                    )
                    let (status, head, _) = try await browser.response()
                    #expect(status == 302)
                    #expect(head.contains("\r\nLocation: https://swift.org/documentation\r\n"))
                    #expect(head.contains("\r\nCache-Control: no-store\r\n"))
                }
                let text = try await socket.text()
                let click = try Self.clickEvent(text)
                #expect(click.shortCode == "guide")
                #expect(click.deviceType == "desktop")
                #expect(click.browser == "Chrome")
                #expect(click.country == "unknown")
                #expect(
                    text
                        == #"{"type":"click_event","payload":{"shortCode":"guide","country":"unknown","deviceType":"desktop","browser":"Chrome","timestamp":"\#(click.timestamp)"}}"#
                )
            }
        }
    }

    @Test func `clicks that race on many connections all arrive, once, at every socket`() async throws {
        try await TestServer.run { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            let token = try await running.token()
            try await withThrowingTaskGroup(of: Int.self) { group in
                let (ready, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(4))
                for _ in 0..<4 {
                    group.addTask {
                        var count = 0
                        try await TestSocket.upgrade(running.port, "/ws?token=\(token)") { socket in
                            continuation.yield()
                            while count < 200 {
                                _ = try await socket.text()
                                count += 1
                            }
                        }
                        return count
                    }
                }
                var waiting = 4
                for await _ in ready {
                    waiting -= 1
                    if waiting == 0 { break }
                }
                try await withThrowingTaskGroup(of: Void.self) { clickers in
                    for _ in 0..<4 {
                        clickers.addTask {
                            try await TestSocket.open(running.port) { browser in
                                try await browser.send(
                                    String(repeating: "GET /guide HTTP/1.1\r\nHost: x\r\n\r\n", count: 50))
                                for _ in 0..<50 { #expect(try await browser.response().status == 302) }
                            }
                        }
                    }
                    try await clickers.waitForAll()
                }
                for try await count in group { #expect(count == 200) }
            }
        }
    }

    @Test func `the owner's country counts, a stranger's does not, and the owner learns the number`() async throws {
        try await TestServer.run { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            try await TestSocket.upgrade(running.port, "/ws?ticket=\(running.ticket())") { socket in
                let mine = try await running.client.click(ShortCode("guide"), country: Country("DE"), agent: "curl/8.0")
                #expect(mine.position == "1:1")
                #expect(try Self.clickEvent(await socket.text()).country == "DE")
                let stranger = APIClient(running.origin, credential: "qk_unknown_key")
                let theirs = try await stranger.click(ShortCode("guide"), country: Country("FR"), agent: nil)
                #expect(theirs.position == nil)
                #expect(try Self.clickEvent(await socket.text()).country == "unknown")
            }
        }
    }

    @Test func `a socket that does not read loses messages, and its neighbour none`() async throws {
        try await TestServer.run({
            $0.outboxMessages = 16; $0.sendBuffer = 2_048
        }) { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            let token = try await running.token()
            let total = 4_000
            try await TestSocket.upgrade(running.port, "/ws?token=\(token)", receiveBuffer: 2_048) { _ in
                try await TestSocket.upgrade(running.port, "/ws?token=\(token)") { fast in
                    try await TestSocket.open(running.port) { browser in
                        // The fast one reads along; a burst it could not hold would be its own loss.
                        for _ in 0..<total / 8 {
                            try await browser.send(
                                String(repeating: "GET /guide HTTP/1.1\r\nHost: x\r\n\r\n", count: 8))
                            for _ in 0..<8 {
                                _ = try await browser.response()
                                _ = try await fast.text()
                            }
                        }
                    }
                    let books = try await Self.messages(running)
                    #expect(books.full > 0)
                    #expect(books.accepted == 2 * total)
                    #expect(books.accepted == books.delivered + books.full + books.closed + books.pending)
                    #expect(books.delivered >= total)
                }
            }
        }
    }

    struct Books {
        let accepted, delivered, full, closed, pending, connections: Int
    }

    /// What the server says of itself.
    static func messages(_ running: TestServer.Running) async throws -> Books {
        struct Answer: Decodable {
            struct Data: Decodable {
                struct Messages: Decodable {
                    struct Dropped: Decodable { let full, closed: Int }
                    let accepted, delivered, pending: Int
                    let dropped: Dropped
                }
                let messages: Messages
                let connections: Int
            }
            let data: Data
        }
        var books: Answer.Data?
        try await TestSocket.open(running.port) { socket in
            try await socket.send(
                "GET /api/v1/server HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(running.key)\r\n\r\n")
            let body = try await socket.response().body
            books = try JSONDecoder().decode(Answer.self, from: Data(body.utf8)).data
        }
        let found = try #require(books)
        let messages = found.messages
        return Books(
            accepted: messages.accepted, delivered: messages.delivered, full: messages.dropped.full,
            closed: messages.dropped.closed, pending: messages.pending, connections: found.connections)
    }

    @Test func `links, totals and secrets survive a restart`() async throws {
        let place = FileManager.default.temporaryDirectory.appending(path: "quikko-restart-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: place) }
        let tokens = Box<String>()
        try await TestServer.run(in: place) { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            for _ in 0..<3 { _ = try await running.client.click(ShortCode("guide")) }
            tokens.set(try await running.token())
        }
        try await TestServer.run(in: place) { running in
            #expect(try await running.client.click(ShortCode("guide")).position == "1:4")
            // The token of the first life opens a socket of the second.
            try await TestSocket.upgrade(running.port, "/ws?token=\(tokens.get())") { _ in }
            await #expect { try await running.client.shorten("https://swift.org", code: "guide") } throws: {
                ($0 as? KitError)?.code == .conflict
            }
        }
    }

    @Test func `stopping closes sockets with 1001 after their last message`() async throws {
        try await TestServer.run { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            try await TestSocket.upgrade(running.port, "/ws?token=\(running.token())") { socket in
                _ = try await running.client.click(ShortCode("guide"))
                running.server.stop()
                #expect(try await socket.text().contains("guide"))
                #expect(try await socket.message() == .close(code: 1001))
            }
        }
    }

    @Test func `a link whose commit is under way when the server stops is answered`() async throws {
        let store = FaultyStore()
        try await TestServer.run(over: store) { running in
            store.isHolding.withLock { $0 = true }
            async let link = running.client.shorten("https://swift.org", code: "guide")
            for await _ in store.asked.stream { break }
            running.server.stop()
            store.goOn()
            let made = try await link
            #expect(made.shortCode == "guide")
        }
    }

    @Test func `a start that fails begins no epoch`() async throws {
        let place = FileManager.default.temporaryDirectory.appending(path: "quikko-epoch-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: place) }
        try await TestServer.run { (other: TestServer.Running) async throws in
            for _ in 0..<2 {
                await #expect { try await TestServer.run(in: place, { $0.port = other.port }) { _ in } } throws: {
                    ($0 as? KitError)?.code == .unavailable
                }
            }
        }
        try await TestServer.run(in: place) { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            #expect(try await running.client.click(ShortCode("guide")).position == "1:1")
        }
    }

    @Test func `a second server on one data directory is refused`() async throws {
        let place = FileManager.default.temporaryDirectory.appending(path: "quikko-lock-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: place) }
        try await TestServer.run(in: place) { _ in
            await #expect { try await TestServer.run(in: place) { _ in } } throws: {
                ($0 as? KitError)?.code == .unavailable
            }
        }
    }
}

/// One value handed out of a closure.
final class Box<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    func set(_ new: Value) { value.withLock { $0 = new } }
    func get() throws -> Value { try #require(value.withLock { $0 }) }
}
