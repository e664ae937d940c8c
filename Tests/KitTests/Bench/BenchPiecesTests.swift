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

    @Test func `the report divides medians, and says when the core was shared`() {
        var busy = BenchSample("x: core busy", "µs", 9)
        busy.foreignShare = 0.5
        let floor = [2.0, 4, 100].map { [BenchSample("x", "µs", $0), busy] }
        let quikko = [6.0, 5, 7].map { [BenchSample("x", "µs", $0), busy] }
        var report = BenchReport()
        report.add(floor: floor, quikko: quikko)
        #expect(
            report.table == """
                                  floor  quikko  ratio
                x, µs              4.00    6.00   1.50
                x: core busy, µs   9.00    9.00   1.00
                note: 50 % of the server core's busy time was someone else's: is the machine quiet?

                """
        )
    }
}
