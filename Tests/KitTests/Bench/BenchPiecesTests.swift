import Foundation
import Glibc
import Testing

@testable import Kit

struct BenchPiecesTests {
    @Test func `a member is found with spaces and escaped slashes around it`() {
        let text = #"{ "keys" : { "http:\/\/127.0.0.1:80" : "qk_a\/b" }, "port": 4711 }"#
        #expect(BenchText.string("http://127.0.0.1:80", in: text) == "qk_a/b")
        #expect(BenchText.number("port", in: text) == 4711)
        #expect(BenchText.string("port", in: text) == nil)
        #expect(BenchText.string("token", in: text) == nil)
    }

    @Test func `quantiles are within two per cent of what was recorded`() {
        var histogram = BenchHistogram()
        for microseconds in 1...1_000 { histogram.record(nanoseconds: UInt64(microseconds) * 1_000) }
        #expect(abs(Double(histogram.quantile(0.5)) / 500_000 - 1) < 0.02)
        #expect(abs(Double(histogram.quantile(0.99)) / 990_000 - 1) < 0.02)
    }

    @Test func `a plan out of range names the option`() {
        #expect(throws: SystemError.failed("--rounds takes 1 to 100")) { try BenchPlan(rounds: 0) }
    }

    @Test func `the report compares round by round, and says when the core was shared`() {
        var busy = BenchSample("x: core busy", "µs", 9)
        busy.foreignShare = 0.5
        let floor = [2.0, 4, 100].map { [BenchSample("x", "µs", $0), busy] }
        let quikko = [6.0, 8, 100].map { [BenchSample("x", "µs", $0), busy, BenchSample("only", "bytes", 5)] }
        var report = BenchReport()
        report.add(quikko, against: floor, titles: ("floor", "quikko"))
        report.add([[BenchSample("y", "/s", 3)]], against: [[BenchSample("y", "/s", 0)]], titles: ("one", "two"))
        #expect(
            report.table == """
                                  floor  quikko  ratio
                x, µs              4.00    8.00   2.00
                x: core busy, µs   9.00    9.00   1.00
                only, bytes           –    5.00      –
                                    one     two  ratio
                y, /s              0.00    3.00      –
                note: 50 % of the server core's busy time was someone else's: is the machine quiet?

                """
        )
    }

    @Test func `requests for links in turn begin again with the first, wherever a write was cut`() throws {
        let listener = try StreamSocket.listen(port: 0)
        defer { close(listener.descriptor) }
        let endpoint = BenchEndpoint(port: listener.port, subscribePath: "/ws/%", links: 3)
        let poller = try Poller(check: {})
        let clicker = try ClickConnection(to: endpoint, poller: poller, tag: 7, isRound: true)
        for count in [1, 4, 2] { try clicker.send(count) }
        var accepted: Int32 = -1
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while text.components(separatedBy: "\r\n\r\n").count < 8 {
            if accepted < 0 { accepted = StreamSocket.accept(listener.descriptor) }
            try poller.poll(milliseconds: 10) { _, ready in _ = try clicker.handle(ready) }
            guard accepted >= 0 else { continue }
            if case .bytes(let count) = buffer.withUnsafeMutableBytes({ StreamSocket.receive(accepted, into: $0) }) {
                text += String(decoding: buffer.prefix(count), as: UTF8.self)
            }
        }
        close(accepted)
        let paths = text.components(separatedBy: "GET ").dropFirst().map { $0.prefix { $0 != " " } }
        #expect(paths == [1, 2, 3, 1, 2, 3, 1].map { "/pbench\($0)" })
        #expect(String(decoding: endpoint.upgrade(4), as: UTF8.self).hasPrefix("GET /ws/2 HTTP/1.1\r\n"))
    }
}
