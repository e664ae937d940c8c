import NIOCore
import Testing

@testable import Kit

/// The faults are as exact as the stub says: whoever tests a load test against it may rely on its truth.
struct StubServerTests {
    private typealias Fault = StubServer.Fault

    @Test func `a stub without faults loses nothing and answers in order`() async throws {
        try await run { stub in
            try await TestSocket.upgrade(stub.port, "/ws?token=x&positions=1") { socket in
                #expect(try await stub.click("one", 500) == Array(repeating: 302, count: 500))
                try await socket.send(.maskedFrame(.ping, ByteBuffer(string: "well?"), mask: 7))
                #expect(try await socket.numbers(upTo: 500) == Array(1...500))
                #expect(try await socket.message() == .pong)
                try await socket.send(.maskedFrame(.close, ByteBuffer(integer: UInt16(1_000)), mask: 7))
                #expect(try await socket.message() == .close(code: 1_000))
                #expect(try await socket.message() == nil)
            }
            let truth = try await stub.truth
            #expect(truth.clicks == 500)
            #expect(truth.connections["s1-1"] == .init(accepted: 500, delivered: 500))
            #expect(try await stub.get("/api/v1/events?limit=0").contains(#""head":"1:500","events":[]"#))
            #expect(try await stub.get("/nothing").contains("URL_NOT_FOUND"))
        }
    }

    @Test func `a resume is replayed from the feed`() async throws {
        try await run { stub in
            _ = try await stub.click("one", 100)
            _ = try await stub.click("two", 3)
            try await TestSocket.upgrade(stub.port, "/ws?token=x&rooms=url:one,url:two&since=1:98,1:3") { socket in
                var texts: [String] = []
                for _ in 1...4 { texts.append(try await socket.text()) }
                #expect(texts[0].contains(#""room":"url:one","epoch":1,"n":99"#) && texts[1].contains(#""n":100"#))
                #expect(texts[2].contains(#""room":"url:one","from":"1:98","to":"1:100","count":2"#))
                #expect(texts[3].contains(#""room":"url:two","from":"1:3","to":"1:3","count":0"#))
            }
        }
    }

    @Test func `what is dropped silently is missing, counted, and delivered by the books`() async throws {
        try await run(Fault(dropsOneIn: 10)) { stub in
            try await TestSocket.upgrade(stub.port, "/ws?token=x&positions=1") { socket in
                _ = try await stub.click("one", 99)
                #expect(try await socket.numbers(upTo: 99) == (1...99).filter { $0 % 10 != 0 })
            }
            #expect(try await stub.truth.total(\.silentlyDropped) == 9)
            #expect(try await stub.truth.total(\.delivered) == 90)
            #expect(try await stub.get("/api/v1/server").contains(#""accepted":99,"delivered":99,"dropped":{"full":0"#))
        }
    }

    @Test func `neighbours change places and messages come twice as often as is counted`() async throws {
        try await run(Fault(reordersOneIn: 4, duplicatesOneIn: 3)) { stub in
            try await TestSocket.upgrade(stub.port, "/ws?token=x&positions=1") { socket in
                _ = try await stub.click("one", 7)
                #expect(try await socket.numbers(upTo: 7) == [1, 2, 3, 3, 5, 4, 6, 6, 7])
            }
            #expect(try await stub.truth.total(\.reordered) == 1)
            #expect(try await stub.truth.total(\.duplicated) == 2)
        }
    }

    @Test(arguments: [false, true])
    func `a full outbox names what it dropped, or the wrong numbers, and leaks`(wrong: Bool) async throws {
        try await run(Fault(leaksPerDrop: 1_024, namesWrongGap: wrong)) { stub in
            try await TestSocket.upgrade(stub.port, "/ws?token=x&positions=1", receiveBuffer: 4_096) { socket in
                try await stub.fill("s1-1")
                let clicks = try await stub.truth.clicks
                #expect(try await stub.get("/api/v1/server/connections?state=slow").contains(#""id":"s1-1""#))
                let (numbers, gaps) = try await socket.feed(upTo: clicks)
                let truth = try await stub.truth
                let account = try #require(truth.connections["s1-1"])
                #expect(gaps.map(\.numbers) == account.gaps.map { $0.numbers.shifted(by: wrong ? 1 : 0) })
                let named = Set(account.gaps.flatMap { $0.numbers.map { Int($0) } })
                #expect(named.count == account.dropped)
                #expect(named.union(numbers) == Set(1...clicks))
                #expect(numbers.count == account.delivered && account.pending == 0)
                #expect(truth.leakedBytes == 1_024 * account.dropped)
            }
        }
    }

    @Test func `a full outbox that replays loses nothing`() async throws {
        try await run { stub in
            let target = "/ws?token=x&positions=1&overflow=replay"
            try await TestSocket.upgrade(stub.port, target, receiveBuffer: 4_096) { socket in
                try await stub.fill("s1-1", by: \.deferred)
                let (numbers, gaps) = try await socket.feed(upTo: try await stub.truth.clicks)
                #expect(numbers == Array(1...(try await stub.truth.clicks)) && gaps.isEmpty)
            }
        }
    }

    @Test func `books that lie still balance`() async throws {
        try await run(Fault(liesInBooks: .init(delivered: -3, dropped: 2))) { stub in
            try await TestSocket.upgrade(stub.port, "/ws?token=x&positions=1") { socket in
                _ = try await stub.click("one", 10)
                #expect(try await socket.numbers(upTo: 10).count == 10)
                let books = #""accepted":9,"delivered":7,"dropped":{"full":2,"closed":0,"overload":0},"pending":0"#
                #expect(try await stub.get("/api/v1/server").contains(books))
                #expect(try await stub.get("/api/v1/server/connections").contains(books))
            }
        }
    }

    @Test func `a connection that was hung up on silently lives on in the books`() async throws {
        try await run(Fault(closesSilentlyAfter: 5)) { stub in
            try await TestSocket.upgrade(stub.port, "/ws?token=x&positions=1") { socket in
                _ = try await stub.click("one", 8)
                #expect(try await socket.numbers(upTo: 5) == Array(1...5))
                #expect(try await socket.message() == nil)
            }
            _ = try await stub.click("one", 2)
            #expect(try await stub.truth.connections["s1-1"] == .init(accepted: 10, delivered: 5, pretended: 5))
            let books = try await stub.get("/api/v1/server/connections?state=open")
            #expect(books.contains(#""state":"live""#) && books.contains(#""delivered":10"#))
        }
    }

    @Test func `a full client keeps those behind it waiting, in its room only`() async throws {
        try await run(Fault(blocksOnSlow: .seconds(3_600))) { stub in
            let one = "/ws?token=x&rooms=url:one"
            try await TestSocket.upgrade(stub.port, one, receiveBuffer: 4_096) { _ in
                try await TestSocket.upgrade(stub.port, one) { behind in
                    try await TestSocket.upgrade(stub.port, "/ws?token=x&rooms=url:two") { other in
                        while try await stub.isLevel { _ = try await stub.click("one", 100) }
                        let given = try await stub.truth.connections["s1-2"]?.accepted ?? 0
                        #expect(try await behind.numbers(upTo: given).count == given)
                        _ = try await stub.click("one", 1)
                        _ = try await stub.click("two", 1)
                        #expect(try await other.numbers(upTo: 1) == [1])
                        #expect(try await stub.truth.connections["s1-2"]?.accepted == given)
                    }
                }
            }
        }
    }

    @Test func `a full client costs those behind it a bounded wait and no message`() async throws {
        try await run(Fault(blocksOnSlow: .milliseconds(1))) { stub in
            let one = "/ws?token=x&rooms=url:one"
            try await TestSocket.upgrade(stub.port, one, receiveBuffer: 4_096) { _ in
                try await stub.fill("s1-1")
                try await TestSocket.upgrade(stub.port, one) { behind in
                    let before = try await stub.truth.clicks
                    for _ in 1...5 { _ = try await stub.click("one", 10) }
                    #expect(try await behind.numbers(upTo: before + 50) == Array(before + 1...before + 50))
                }
            }
        }
    }

    @Test func `every third redirect fails and has no number`() async throws {
        try await run(Fault(answers500OneIn: 3)) { stub in
            #expect(try await stub.click("one", 7) == [302, 302, 500, 302, 302, 500, 302])
            let truth = try await stub.truth
            #expect(truth.clicks == 5 && truth.refusedClicks == 2)
        }
    }

    @Test func `it freezes again and again, and goes on`() async throws {
        let freeze = Fault.Freeze(length: .milliseconds(5), every: .milliseconds(10))
        try await run(Fault(freezes: freeze)) { stub in
            while try await stub.truth.freezes < 3 { #expect(try await stub.click("one", 1) == [302]) }
        }
    }

    /// With the links `one` and `two`.
    private func run(_ fault: Fault = Fault(), _ body: (StubServer) async throws -> Void) async throws {
        let stub = try await StubServer.start(fault)
        do {
            for code in ["one", "two"] {
                let link = #"{"originalUrl":"https://example.com/","customAlias":"\#(code)"}"#
                let answer = try await stub.send("POST /api/v1/urls", link)
                #expect(answer.contains(#""shortCode":"\#(code)","shortUrl":"\#(stub.url)/\#(code)""#))
            }
            try await body(stub)
        } catch {
            await stub.stop()
            throw error
        }
        await stub.stop()
    }
}

extension ClosedRange<Int64> {
    fileprivate func shifted(by count: Int64) -> Self { lowerBound + count...upperBound + count }
}

extension StubServer {
    /// The body of the answer.
    fileprivate func get(_ path: String) async throws -> String { try await send("GET \(path)", "") }

    fileprivate func send(_ line: String, _ body: String) async throws -> String {
        var answer = ""
        try await TestSocket.open(port) { socket in
            try await socket.send(
                "\(line) HTTP/1.1\r\nAuthorization: Bearer x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            answer = try await socket.response().body
        }
        return answer
    }

    /// The statuses of so many pipelined requests.
    fileprivate func click(_ code: String, _ count: Int) async throws -> [Int] {
        var statuses: [Int] = []
        try await TestSocket.open(port) { socket in
            try await socket.send(String(repeating: "GET /\(code) HTTP/1.1\r\nHost: x\r\n\r\n", count: count))
            for _ in 1...count { statuses.append(try await socket.response().status) }
        }
        return statuses
    }

    /// Clicks until the connection's outbox is full, or more has come of it.
    fileprivate func fill(_ connection: String, by count: KeyPath<Truth.Account, Int> = \.dropped) async throws {
        while try await truth.connections[connection, default: .init()][keyPath: count] == 0 {
            _ = try await click("one", 100)
        }
    }

    /// Whether both listeners of `one` were given the same.
    fileprivate var isLevel: Bool {
        get async throws {
            let truth = try await truth
            return truth.connections["s1-2"]?.accepted == truth.clicks
        }
    }
}

extension TestSocket {
    fileprivate func numbers(upTo last: Int) async throws -> [Int] { try await feed(upTo: last).numbers }

    /// Events and gaps until `last` came as the one or was named in the other.
    fileprivate func feed(upTo last: Int) async throws -> (numbers: [Int], gaps: [Gap]) {
        var (numbers, gaps): ([Int], [Gap]) = ([], [])
        var codec = QuikkoClientCodec()
        while numbers.last ?? 0 < last, gaps.last.map({ $0.numbers.upperBound < last }) ?? true {
            guard case .text(let text)? = try await message() else { return (numbers, gaps) }
            switch codec.receive(text) {
            case .click(_, let place?): numbers.append(Int(place.position.number))
            case .gap(let gap): gaps.append(gap)
            default: break
            }
        }
        return (numbers, gaps)
    }
}
