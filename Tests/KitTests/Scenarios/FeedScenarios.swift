import Foundation
import NIOCore
import Synchronization
import Testing

@testable import Kit

/// The promise over real connections: numbers, gaps, replay, streams, the books. What waits for the server asks it again and
/// again; the limit is for a server that never comes to it.
@Suite(.timeLimit(.minutes(5)))
struct FeedScenarios {
    private static func event(_ text: String) throws -> FeedEvent {
        var codec = QuikkoClientCodec()
        let event = codec.receive(ByteBuffer(string: text))
        return try #require(event, "not understood: \(text)")
    }

    private static func number(_ text: String) throws -> Int64 {
        guard case .click(_, let place?) = try event(text) else { throw KitError(.internal, "no click: \(text)") }
        return place.position.number
    }

    private static func get(_ running: TestServer.Running, _ path: String, as key: String? = nil) async throws -> (
        status: Int, head: String, body: String
    ) {
        var answer = (status: 0, head: "", body: "")
        try await TestSocket.open(running.port) { socket in
            let credential = key ?? running.key
            try await socket.send(
                "GET \(path) HTTP/1.1\r\nHost: x\r\n"
                    + (credential.isEmpty ? "" : "Authorization: Bearer \(credential)\r\n") + "\r\n")
            answer = try await socket.response()
        }
        return answer
    }

    private static func click(_ running: TestServer.Running, _ count: Int) async throws {
        for _ in 0..<count { _ = try await running.client.click(ShortCode("guide")) }
    }

    /// Many clicks in one write, on one connection.
    private static func burst(_ running: TestServer.Running, _ count: Int) async throws {
        try await TestSocket.open(running.port) { socket in
            for start in stride(from: 0, to: count, by: 50) {
                let size = min(50, count - start)
                try await socket.send(String(repeating: "GET /guide HTTP/1.1\r\nHost: x\r\n\r\n", count: size))
                for _ in 0..<size { #expect(try await socket.response().status == 302) }
            }
        }
    }

    private static func withGuide(
        _ configure: (inout ServerConfiguration) -> Void = { _ in }, over store: (any Store)? = nil,
        _ body: (TestServer.Running) async throws -> Void
    ) async throws {
        try await TestServer.run(over: store, configure) { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            try await body(running)
        }
    }

    @Test func `a numbered socket is told where owing starts, and every event has its number`() async throws {
        try await Self.withGuide { running in
            try await Self.click(running, 2)
            try await TestSocket.open(running.port) { socket in
                try await socket.send(TestSocket.handshake("/ws?ticket=\(running.ticket())&positions=1"))
                let head = try await socket.head()
                #expect(head.contains(#/\r\nX-Quikko-Connection: [0-9a-z]+-\d+\r\n/#))
                #expect(head.contains(#/\r\nX-Quikko-Position: user:[0-9a-f]{24} 1:2\r\n/#))
                try await Self.click(running, 3)
                for number in Int64(3)...5 { #expect(try await Self.number(socket.text()) == number) }
            }
        }
    }

    @Test func `without the opt-in the handshake is the original's, byte for byte`() async throws {
        try await Self.withGuide { running in
            try await TestSocket.open(running.port) { socket in
                try await socket.send(TestSocket.handshake("/ws?ticket=\(running.ticket())"))
                #expect(
                    try await socket.head()
                        == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
            }
        }
    }

    @Test func `named rooms replace the own one, each with its own numbers`() async throws {
        try await Self.withGuide { running in
            _ = try await running.client.shorten("https://swift.org", code: "other")
            _ = try await running.client.shorten("https://swift.org", code: "third")
            try await TestSocket.upgrade(running.port, "/ws?ticket=\(running.ticket())&rooms=url:guide,url:other") {
                socket in
                for code in ["guide", "third", "other", "guide"] {
                    _ = try await running.client.click(ShortCode(code))
                }
                var places: [String] = []
                for _ in 0..<3 {
                    guard case .click(_, let place?) = try await Self.event(socket.text()) else { continue }
                    places.append("\(place.room) \(place.position)")
                }
                #expect(places == ["url:guide 1:1", "url:other 1:1", "url:guide 1:2"])
                // The set is fixed.
                try await socket.sendText(#"{"type":"subscribe","payload":{"shortCode":"third"}}"#)
                #expect(try await socket.text().contains("VALIDATION_ERROR"))
            }
        }
    }

    @Test(arguments: [
        ("positions=maybe", 400), ("rooms=url:absent", 403), ("rooms=user:64a1f0c2b3d4e5f601234567", 403),
        ("since=yesterday", 400), ("overflow=grow", 400), ("since=1:9223372036854775807", 400),
        ("since=200000000d", 400), ("since=0.1ms", 400),
    ])
    func `what cannot be followed is refused before the upgrade`(query: String, status: Int) async throws {
        try await Self.withGuide { running in
            try await TestSocket.open(running.port) { socket in
                try await socket.send(TestSocket.handshake("/ws?ticket=\(running.ticket())&\(query)"))
                #expect(try await socket.response().status == status)
            }
        }
    }

    @Test func `since goes on behind any position, with what is not yet durable, and says when it is done`()
        async throws
    {
        try await Self.withGuide({ $0.flushInterval = .seconds(3_600) }) { running in
            try await Self.burst(running, 700)
            for start in [Int64(0), 1, 350, 699, 700] {
                try await TestSocket.upgrade(running.port, "/ws?ticket=\(running.ticket())&since=1:\(start)") {
                    socket in
                    for number in start..<700 { #expect(try await Self.number(socket.text()) == number + 1) }
                    guard case .recovered(let recovery) = try await Self.event(socket.text()) else {
                        Issue.record("no end of the replay")
                        return
                    }
                    #expect(recovery.from == Position(epoch: 1, number: start))
                    #expect(recovery.to == Position(epoch: 1, number: 700))
                    #expect(recovery.count == Int(700 - start))
                    #expect(recovery.isComplete)
                }
            }
        }
    }

    @Test func `a resume while clicks keep coming misses and repeats none`() async throws {
        try await Self.withGuide { running in
            try await Self.burst(running, 500)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Self.burst(running, 2_000) }
                try await TestSocket.upgrade(
                    running.port, "/ws?ticket=\(running.ticket())&since=1:0&overflow=replay"
                ) { socket in
                    var ledger = FeedLedger()
                    let first = try await Self.event(socket.text())
                    guard case .click(_, let place?) = first else { throw KitError(.internal, "no click") }
                    ledger.begin(place.room, at: Position(epoch: 1, number: 0))
                    ledger.note(first)
                    while ledger.received < 2_500 { ledger.note(try await Self.event(socket.text())) }
                    #expect(ledger.unexplained == 0)
                    #expect(ledger.repeated == 0)
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `a duration begins with the first click of that time`() async throws {
        try await Self.withGuide { running in
            try await Self.click(running, 3)
            try await TestSocket.upgrade(running.port, "/ws?ticket=\(running.ticket())&since=1h") { socket in
                for number in Int64(1)...3 { #expect(try await Self.number(socket.text()) == number) }
                guard case .recovered(let recovery) = try await Self.event(socket.text()) else {
                    Issue.record("no end of the replay")
                    return
                }
                #expect(recovery.from == nil)
                #expect(recovery.count == 3)
            }
        }
    }

    @Test(arguments: ["1:5", "7:1"])
    func `a position of another log is said to be unknown, and live goes on`(position: String) async throws {
        try await Self.withGuide { running in
            try await Self.click(running, 1)
            try await TestSocket.upgrade(running.port, "/ws?ticket=\(running.ticket())&since=\(position)") { socket in
                guard case .hole(_, let hole) = try await Self.event(socket.text()) else {
                    Issue.record("not said")
                    return
                }
                #expect(hole.reason == .unknown)
                guard case .recovered(let recovery) = try await Self.event(socket.text()) else { return }
                #expect(recovery.to == Position(epoch: 1, number: 1))
                #expect(!recovery.isComplete)
                try await Self.click(running, 1)
                #expect(try await Self.number(socket.text()) == 2)
            }
        }
    }

    @Test func `a client that reads too late hears a gap in its place, and the server still has what it names`()
        async throws
    {
        try await Self.withGuide({ ($0.outboxMessages, $0.sendBuffer, $0.loops) = (16, 4_608, 1) }) { running in
            let target = try await "/ws?ticket=\(running.ticket())&positions=1"
            try await TestSocket.upgrade(running.port, target, receiveBuffer: 2_304) { socket in
                try await Self.burst(running, 1_000)
                var ledger = FeedLedger()
                var gaps: [Gap] = []
                while ledger.received + ledger.announced < 1_000 {
                    let event = try await Self.event(socket.text())
                    if case .gap(let gap) = event { gaps.append(gap) }
                    ledger.note(event)
                }
                #expect(ledger.unexplained == 0)
                let gap = try #require(gaps.first)
                #expect(gap.reason == .slow)
                let answer = try await running.client.events(
                    in: gap.room, since: Position(epoch: 1, number: gap.numbers.lowerBound - 1),
                    to: Position(epoch: 1, number: gap.numbers.upperBound))
                #expect(answer.events.map(\.place.position.number) == Array(gap.numbers))
                let books = try await Self.books(running)
                #expect(books.accepted == books.delivered + books.dropped + books.deferred + books.pending)
                #expect(books.dropped == ledger.announced)
            }
        }
    }

    @Test func `with overflow=replay the same client misses nothing`() async throws {
        try await Self.withGuide({ ($0.outboxMessages, $0.sendBuffer) = (16, 4_608) }) { running in
            let target = try await "/ws?ticket=\(running.ticket())&overflow=replay"
            try await TestSocket.upgrade(running.port, target, receiveBuffer: 2_304) { socket in
                try await Self.burst(running, 1_000)
                var ledger = FeedLedger()
                while ledger.received < 1_000 { ledger.note(try await Self.event(socket.text())) }
                #expect(ledger.unexplained + ledger.repeated + ledger.announced == 0)
                #expect(try await Self.books(running).deferred > 0)
            }
        }
    }

    private static func books(_ running: TestServer.Running) async throws -> (
        accepted: Int, delivered: Int, dropped: Int, deferred: Int, pending: Int
    ) {
        let messages = try await running.client.server().messages
        return (messages.accepted, messages.delivered, messages.dropped.total, messages.deferred, messages.pending)
    }

    @Test func `a position follows the ping of an idle socket`() async throws {
        try await Self.withGuide({ $0.pingInterval = .seconds(1) }) { running in
            try await TestSocket.upgrade(running.port, "/ws?ticket=\(running.ticket())&positions=1") { socket in
                try await Self.click(running, 2)
                // On a machine that is late pings come between the clicks, and positions behind them.
                var numbers: [Int64] = []
                var pings = 0
                while let message = try await socket.message() {
                    guard case .text(let payload) = message else {
                        #expect(message == .ping(ByteBuffer()))
                        pings += 1
                        continue
                    }
                    switch try Self.event(String(buffer: payload)) {
                    case .click(_, let place?): numbers.append(place.position.number)
                    case .position(let place):
                        #expect(pings > 0)
                        #expect(place.position == Position(epoch: 1, number: numbers.last ?? 0))
                        if numbers == [1, 2] { return }
                    case let other: Issue.record("\(other)")
                    }
                }
                Issue.record("the connection ended, after \(numbers)")
            }
        }
    }

    @Test func `a socket that takes nothing is closed with 1013`() async throws {
        let configure = { (configuration: inout ServerConfiguration) in
            (configuration.stallTimeout, configuration.sendBuffer, configuration.outboxMessages) = (
                .seconds(2), 4_608, 16
            )
            // A late machine may take its time to read the close.
            configuration.closeDeadline = .seconds(600)
        }
        try await Self.withGuide(configure) { running in
            let target = try await "/ws?ticket=\(running.ticket())"
            try await TestSocket.upgrade(running.port, target, receiveBuffer: 2_304) { socket in
                try await Self.burst(running, 1_000)
                while try await running.client.server().slowConsumers.stalled == 0 {}
                var last: MessageReader.Message?
                while let message = try await socket.message() { last = message }
                #expect(last == .close(code: 1013))
            }
            let connections: [APIClient.ConnectionAnswer] = try await running.client.get(
                "/api/v1/server/connections?state=closed")
            #expect(connections.first?.closeCode == 1013)
            #expect(connections.first?.dropped.full ?? 0 > 0)
        }
    }

    // The stop once waited for sockets that could not close by themselves, whatever the deadline said.
    @Test func `a client that takes nothing does not hold up a stop beyond its deadline`() async throws {
        let configure = { (configuration: inout ServerConfiguration) in
            (configuration.shutdownDeadline, configuration.stallTimeout) = (.seconds(1), .seconds(600))
            (configuration.sendBuffer, configuration.outboxMessages) = (4_608, 16)
        }
        try await Self.withGuide(configure) { running in
            let target = try await "/ws?ticket=\(running.ticket())&positions=1"
            try await TestSocket.upgrade(running.port, target, receiveBuffer: 2_304) { socket in
                try await Self.burst(running, 1_000)
                running.server.stop()
                while try await socket.message() != nil {}
            }
        }
    }

    @Test func `the event stream is the same feed, and Last-Event-ID resumes it`() async throws {
        try await Self.withGuide { running in
            try await Self.click(running, 2)
            try await TestSocket.open(running.port) { socket in
                try await socket.send(
                    "GET /api/v1/feed HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(running.key)\r\nLast-Event-ID: 1:1\r\n\r\n"
                )
                let head = try await socket.head()
                #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(head.contains("\r\nContent-Type: text/event-stream\r\n"))
                #expect(!head.contains("Content-Length"))
                try await Self.click(running, 1)
                let text = try await socket.stream(until: "id: 1:3\nevent: click_event\n")
                #expect(
                    text.hasPrefix(
                        "retry: 1000\n\nid: 1:2\nevent: click_event\ndata: {\"type\":\"click_event\",\"room\":\"user:"))
                #expect(text.contains("\n\nid: 1:2\nevent: recovered\ndata: "))
            }
            // A browser cannot set headers: a ticket opens one stream.
            let ticket = try await running.ticket()
            try await TestSocket.open(running.port) { socket in
                try await socket.send(
                    "GET /api/v1/feed?ticket=\(ticket)&room=url:guide&since=1:2 HTTP/1.1\r\nHost: x\r\n\r\n")
                _ = try await socket.stream(until: "\"room\":\"url:guide\",\"epoch\":1,\"n\":3")
            }
            #expect(try await Self.get(running, "/api/v1/feed?ticket=\(ticket)", as: "").status == 401)
            #expect(try await Self.get(running, "/api/v1/feed?room=url:absent").status == 403)
            #expect(try await Self.get(running, "/api/v1/feed?since=soon").status == 400)
        }
    }

    @Test func `pages of events follow one another, and bounds are kept`() async throws {
        try await Self.withGuide { running in
            try await Self.click(running, 5)
            let client = running.client
            var numbers: [Int64] = []
            var next: Position? = .start
            while let since = next {
                let answer = try await client.events(since: since, limit: 2)
                #expect(answer.head == Position(epoch: 1, number: 5))
                #expect(answer.events.count <= 2)
                numbers += answer.events.map(\.place.position.number)
                next = answer.next
            }
            #expect(numbers == [1, 2, 3, 4, 5])
            let part = try await Self.get(running, "/api/v1/events?room=url:guide&from=1:2&to=1:4")
            #expect(part.body.matches(of: #/"n":(\d+)/#).map { String($0.1) } == ["2", "3", "4"])
            #expect(part.body.contains(#""next":null"#))
            for bad in [
                "since=200000000d", "since=1:9223372036854775807", "from=0:99999999999999999", "from=2", "to=x",
                "limit=1001", "limit=-1", "since=1:1&from=1:1", "room=guide",
            ] {
                #expect(try await Self.get(running, "/api/v1/events?\(bad)").status == 400, "\(bad)")
            }
            #expect(try await Self.get(running, "/api/v1/events?room=url:absent").status == 403)
            #expect(try await Self.get(running, "/api/v1/events", as: "").status == 401)
        }
    }

    @Test func `the books are for administrators, as JSON and as metrics`() async throws {
        try await Self.withGuide { running in
            let token = try await running.token()
            for path in ["/metrics", "/api/v1/server", "/api/v1/server/connections"] {
                #expect(try await Self.get(running, path, as: "").status == 401, "\(path)")
                #expect(try await Self.get(running, path).status == 200, "\(path)")
            }
            try await TestSocket.upgrade(running.port, "/ws?token=\(token)&positions=1") { socket in
                try await Self.click(running, 3)
                for _ in 0..<3 { _ = try await socket.text() }
                let metrics = try await Self.get(running, "/metrics")
                #expect(metrics.head.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
                for line in [
                    "quikko_clicks_total 3", "quikko_messages_accepted_total 3", "quikko_messages_delivered_total 3",
                    #"quikko_messages_dropped_total{reason="full"} 0"#, "quikko_connections 1",
                    "quikko_click_to_socket_seconds_count 3", "quikko_degraded 0",
                ] {
                    let isThere = metrics.body.contains("\n\(line)\n")
                    #expect(isThere, "\(line)")
                }
                let connections: [APIClient.ConnectionAnswer] = try await running.client.openConnections(limit: 5)
                #expect(connections.map(\.delivered) == [3])
                #expect(connections.map(\.state) == ["live"])
                #expect(connections.map(\.variant) == ["positions"])
            }
        }
    }

    @Test func `metrics can be opened to everyone`() async throws {
        try await TestServer.run({ $0.opensMetrics = true }) { (running: TestServer.Running) async throws in
            #expect(try await Self.get(running, "/metrics", as: "").status == 200)
            #expect(try await Self.get(running, "/api/v1/server", as: "").status == 401)
        }
    }

    @Test func `when the disk stalls, redirects go on, the loss is a named hole, and all is well again by itself`()
        async throws
    {
        let store = FaultyStore()
        try await Self.withGuide({ $0.logBacklog = 100 }, over: store) { running in
            store.isHolding.withLock { $0 = true }
            try await Self.burst(running, 50)
            for await _ in store.asked.stream { break }
            try await Self.burst(running, 450)
            let health = try await Self.get(running, "/health", as: "")
            #expect(health.body.hasPrefix(#"{"status":"degraded","reasons":["clicks are being lost from the log""#))
            store.goOn()
            let client = running.client
            while try await client.server().clicks.unlogged > 0 {}
            while try await Self.get(running, "/health", as: "").body != #"{"status":"ok"}"# {}
            try await Self.click(running, 1)
            let answer = try await client.events(limit: 1_000)
            let lost = try await client.server().clicks.lost
            #expect(lost > 0)
            #expect(answer.holes.count == 1)
            #expect(answer.holes.first?.reason == .overflow)
            #expect(answer.events.count == 501 - lost)
            #expect(answer.holes.map { Int($0.to! - $0.from) + 1 } == [lost])
        }
    }

    @Test func `strict: a redirect leaves when its click is durable, and is 503 when it cannot be made so`()
        async throws
    {
        let store = FaultyStore()
        try await Self.withGuide({ ($0.isStrict, $0.flushInterval) = (true, .seconds(3_600)) }, over: store) {
            running in
            try await Self.click(running, 3)
            #expect(store.clicks == 3)
            store.isHolding.withLock { $0 = true }
            async let late = running.client.click(ShortCode("guide"))
            for await _ in store.asked.stream { break }
            store.goOn()
            _ = try await late
            #expect(store.clicks == 4)
            store.isFailing.withLock { $0 = true }
            #expect(try await Self.get(running, "/guide", as: "").status == 503)
            store.isFailing.withLock { $0 = false }
            // The click itself was numbered and published: it is kept, too.
            while store.clicks < 5 { _ = try await Self.get(running, "/health", as: "") }
        }
    }
}
