import Foundation
import Kit
import Testing

@testable import quikko

struct StatusTests {
    /// What a server answers.
    static let answer = """
        {"version":"0.1.0","epoch":1,"uptimeSeconds":12,"connections":3,"replaying":0,"slow":1,"rooms":2,"links":5,\
        "memoryBytes":39000000,"reasons":[],"clicks":{"numbered":10,"unlogged":0,"lost":0,"undelivered":0},\
        "log":{"failing":false,"oldestMilliseconds":0,"commits":4,"holes":0},\
        "messages":{"accepted":10,"delivered":9,"dropped":{"full":1,"closed":0,"overload":0,"conflated":0},"pending":0,"deferred":0},\
        "notices":{"gaps":1,"announced":1,"positions":0},\
        "slowConsumers":{"dropping":1,"replayed":0,"stalled":0},"oldestMilliseconds":0,\
        "latency":{"count":9,"p50":0.4,"p99":1.2,"p999":3.0,"max":3.1}}
        """
    static let connection = """
        {"id":"c1","user":"64a1f0c2b3d4e5f601234567","protocol":"quikko","variant":"positions","state":"slow",\
        "openedSeconds":12,"closedSeconds":null,"closeCode":null,"accepted":5,"delivered":4,\
        "dropped":{"full":1,"closed":0,"overload":0,"conflated":0},"pending":0,"deferred":0,"announced":1,"oldestMilliseconds":1234}
        """

    private let server: APIClient.ServerAnswer
    private let losing: [APIClient.ConnectionAnswer]

    init() throws {
        server = try JSONDecoder().decode(APIClient.ServerAnswer.self, from: Data(Self.answer.utf8))
        losing = try JSONDecoder().decode([APIClient.ConnectionAnswer].self, from: Data("[\(Self.connection)]".utf8))
    }

    private func screen(_ status: StatusScreen, inColor color: Bool = false) -> String {
        status.lines(inColor: color).joined(separator: "\n")
    }

    @Test func `one screen says whether it is well, what flows and who loses`() {
        let status = StatusScreen(
            origin: "http://127.0.0.1:8080", server: server, losing: losing, rates: StatusRates(server))
        #expect(
            screen(status) == """
                ok  quikko 0.1.0 at http://127.0.0.1:8080, up 12 s, 39.0 MB, links 5, epoch 1

                                    total     rate  since the start
                ! connections           3           slow 1, replaying 0, rooms 2
                  clicks               10    0.8/s  lost 0, undelivered 0
                  log commits           4    0.3/s  unlogged 0, holes 0, oldest 0 ms
                  messages             10    0.8/s
                    delivered           9    0.8/s
                !   dropped             1    0.1/s  full 1, closed 0, overload 0, conflated 0
                    pending             0           oldest 0 ms
                    deferred            0
                  went slow             1           dropping 1, replayed 0, stalled 0
                  notices               1           gaps 1, announced 1, positions 0
                  latency               9           p50 0.40, p99 1.20, p99.9 3.00, max 3.10 ms

                connections that lost most
                  user                     protocol   state        dropped  pending     oldest
                  64a1f0c2b3d4e5f601234567 quikko     slow               1        0   1,234 ms
                """)
    }

    @Test func `colour adds nothing but colour`() {
        let status = StatusScreen(origin: "http://127.0.0.1:8080", server: server, losing: losing)
        let colored = screen(status, inColor: true)
        #expect(colored != screen(status))
        #expect(colored.replacing(/\x1b\[[0-9;]*m/, with: "") == screen(status))
    }

    @Test func `a server that is not well is degraded and says why`() {
        var server = server
        #expect(server.problems.isEmpty)
        server.reasons = ["the click log cannot be written", "the click log is behind"]
        server.messages.accepted = 12
        let lines = StatusScreen(origin: "http://127.0.0.1:8080", server: server).lines(inColor: false)
        #expect(lines[0].hasPrefix("degraded  quikko"))
        #expect(
            lines[1...3] == [
                "! the click log cannot be written", "! the click log is behind",
                "! the books do not balance: accepted 12, accounted for 10",
            ])
    }

    @Test func `what a replay is to deliver is accounted for`() {
        var server = server
        server.messages.accepted += 5
        server.messages.deferred = 5
        #expect(server.problems.isEmpty)
    }

    @Test func `a server that does not answer any more leaves what it said last, without rates`() {
        let status = StatusScreen(origin: "http://127.0.0.1:8080", server: server, silence: "cannot reach it")
        let lines = status.lines(inColor: false)
        #expect(lines[0].hasPrefix("no answer  quikko"))
        #expect(lines[1] == "! trying again: cannot reach it")
        #expect(lines[3] == "                    total           as last seen")
        #expect(!lines.contains { $0.contains("/s") })
    }

    @Test func `a server's words do not move the cursor`() {
        var (server, loser) = (server, losing[0])
        server.version = "\u{1b}[2J"
        loser.user = "a\u{1b}\nb"
        let text = screen(StatusScreen(origin: "http://127.0.0.1:8080", server: server, losing: [loser]))
        #expect(!text.contains("\u{1b}"))
        #expect(text.contains("a??b"))
    }

    @Test func `connections that lost nothing are not named, and of the others only the first`() {
        var loser = losing[0]
        let many = Array(repeating: loser, count: 9)
        loser.dropped.full = 0
        let lines = StatusScreen(origin: "x", server: server, losing: many).lines(inColor: false)
        #expect(lines.count { $0.contains(loser.user) } == StatusScreen.shownConnections)
        #expect(!screen(StatusScreen(origin: "x", server: server, losing: [loser])).contains("lost most"))
    }

    @Test func `rates are what happened between two answers, by the time that passed`() throws {
        var later = server
        later.uptimeSeconds += 2
        later.clicks.numbered += 100
        later.messages.accepted += 60
        later.messages.delivered += 57
        later.messages.dropped.closed += 3
        later.log.commits += 5
        let rates = try #require(StatusRates(from: server, to: later, in: .milliseconds(2_500)))
        #expect(rates.clicks == 40 && rates.accepted == 24 && rates.delivered == 22.8)
        #expect(rates.dropped == 1.2 && rates.commits == 2 && rates.span == .milliseconds(2_500))
        #expect(StatusRates(from: server, to: later, in: .zero) == nil)
    }

    @Test func `there are no rates across a restart or in a server's first second`() {
        var fresh = APIClient.ServerAnswer()
        fresh.epoch = server.epoch
        #expect(StatusRates(from: server, to: fresh, in: .seconds(1)) == nil)
        #expect(StatusRates(fresh) == nil)
        // An orderly restart goes on in the same epoch; up for as long as before, it has still counted less.
        fresh.uptimeSeconds = server.uptimeSeconds
        #expect(StatusRates(from: server, to: fresh, in: .seconds(1)) == nil)
        fresh = server
        fresh.epoch += 1
        #expect(StatusRates(from: server, to: fresh, in: .seconds(1)) == nil)
    }

    private func options(_ format: OutputFormat, _ fields: [String] = []) -> OutputOptions {
        var options = OutputOptions()
        options.output = format
        options.fields = fields
        return options
    }

    @Test func `JSON is the server's own object and the connections that lose`() {
        let record = Record(server, losing: losing, for: options(.json))
        let text = JSON.object(.init(record.fields.map { ($0.name, $0.value) })).text
        #expect(text == Self.answer.dropLast() + #","connectionsLosing":[\#(Self.connection)]}"#)
    }

    @Test func `a table's columns are the values inside, each by its whole name`() {
        let record = Record(server, losing: losing, for: options(.csv))
        #expect(record.fields.first { $0.name == "messages.dropped.full" }?.value == 1)
        #expect(record.fields.first { $0.name == "latency.p999" }?.value == .double(3))
        #expect(!record.fields.contains { $0.name == "messages" || $0.name == "connectionsLosing" })
    }

    @Test func `every field that may be named is there once`() throws {
        let record = Record(server, losing: losing, for: options(.json, ["version"]))
        for field in Record.statusFields {
            #expect(record.fields.contains { $0.name == field }, "\(field)")
        }
        #expect(Set(Record.statusFields).count == Record.statusFields.count)
    }

    @Test func `the identifier is the verdict`() {
        var server = server
        #expect(Record(server, losing: [], for: options(.quiet)).identifier == "ok")
        server.reasons = ["the click log is behind"]
        #expect(Record(server, losing: [], for: options(.quiet)).identifier == "degraded")
    }

    @Test(arguments: [
        (0, "0 s"), (59, "59 s"), (184, "3 min 04 s"), (7_500, "2 h 05 min"), (356_400, "4 d 03 h"),
    ])
    func `times are written as people say them`(seconds: Int, text: String) {
        #expect(StatusText.time(seconds: seconds) == text)
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567"), (.min, "-9,223,372,036,854,775,808"),
    ])
    func `counts have their thousands apart`(count: Int, text: String) {
        #expect(StatusText.count(count) == text)
    }

    @Test func `numbers show the digits that matter`() {
        #expect(
            [0, 0.042, 9.99, 12.34, 1_234.5].map(StatusText.milliseconds) == ["0.00", "0.04", "9.99", "12.3", "1,234"])
        #expect([0, 0.84, 99.9, 123_456].map(StatusText.rate) == ["0.0/s", "0.8/s", "99.9/s", "123,456/s"])
        #expect(StatusText.milliseconds(.nan) == "?" && StatusText.rate(1e300) == "?/s")
    }

    @Test(arguments: [
        ("abcdef", "abc"), ("ab", "ab"), ("", ""), ("\u{1b}[1mabcdef\u{1b}[0m", "\u{1b}[1mabc\u{1b}[0m"),
        ("ab\u{1b}[31;1mcdef", "ab\u{1b}[31;1mc"), ("äöüß", "äöü"),
    ])
    func `a line is cut to the terminal's width, its colours are not`(line: String, cut: String) {
        #expect(LiveScreen.cut(line, to: 3) == cut)
    }
}
