import Foundation
import Testing

@testable import Kit

struct ReportComparisonTests {
    /// The smoke sample with all of its latencies this much longer.
    private static func slower(by microseconds: Int) -> LoadReport {
        var report = SampleReports.smoke
        report.runId = "slower"
        for index in report.timeline.indices {
            report.timeline[index].p50Us = report.timeline[index].p50Us.map { $0 + microseconds }
            report.timeline[index].p99Us = report.timeline[index].p99Us.map { $0 + microseconds }
        }
        let pairs = (1...100).map { [$0 * 10 + microseconds, 200] }
        report.metrics[0] = SampleReports.latency("e2e", "fast", pairs)
        return report
    }

    private static func row(_ name: String, _ comparison: ReportComparison) throws -> ReportComparison.Row {
        try #require(comparison.rows.first { $0.name == name })
    }

    @Test func `a slower run is called worse, and the other way round better`() throws {
        let worse = try Self.row("e2e.p99", ReportComparison(base: SampleReports.smoke, new: Self.slower(by: 300)))
        #expect(worse.base == 990 && worse.new == 1_290 && worse.difference == 300)
        #expect(worse.direction == .worse)
        let low = try #require(worse.low)
        let high = try #require(worse.high)
        #expect(low > 250 && low < 300 && high > 300 && high < 350)
        let better = try Self.row("e2e.p99", ReportComparison(base: Self.slower(by: 300), new: SampleReports.smoke))
        #expect(better.direction == .better)
    }

    @Test func `the same run twice differs in nothing`() throws {
        let comparison = try ReportComparison(base: SampleReports.smoke, new: SampleReports.smoke)
        for row in comparison.rows {
            #expect(row.difference == 0 && row.direction == nil)
            if let low = row.low, let high = row.high { #expect(low < 0 && high > 0) }
        }
        #expect(try Self.row("unexplained", comparison).low == nil)
        #expect(comparison.rows.contains { $0.name == "rate" && $0.low != nil })
    }

    @Test func `a difference below one percent is none, however steady the seconds are`() throws {
        let row = try Self.row("e2e.p99", ReportComparison(base: SampleReports.smoke, new: Self.slower(by: 5)))
        #expect(row.difference == 5 && row.direction == nil)
    }

    @Test func `another rate is compared, said, and judged by nobody`() throws {
        var new = Self.slower(by: 300)
        new.plan.schedule = .constant(rate: 400)
        let comparison = try ReportComparison(base: SampleReports.smoke, new: new)
        #expect(comparison.rows.allSatisfy { $0.direction == nil })
        #expect(comparison.notes.contains("rates differ, so nothing is called better or worse: 200/s and 400/s"))
    }

    @Test func `other plans are refused with all that differs`() {
        var new = SampleReports.isolation
        new.plan.schedule = .burst(size: 10, every: .seconds(1))
        let error = #expect(throws: KitError.self) {
            try ReportComparison(base: SampleReports.smoke, new: new, baseName: "a.json", newName: "b.json")
        }
        #expect(
            error?.message == """
                a.json and b.json ran different plans; run one plan twice (kind: smoke and isolation, \
                clients: 200 fast and 20 never + 200 fast, schedule: constant and burst)
                """)
    }

    @Test func `clients in another order are the same clients`() throws {
        var new = SampleReports.isolation
        new.plan.clients = [
            ClientGroup(.never, count: 20), ClientGroup(.fast, count: 150), ClientGroup(.fast, count: 50),
        ]
        #expect(
            try ReportComparison(base: SampleReports.isolation, new: new).rows.contains { $0.name == "isolation.p50" })
    }

    @Test func `too short a run has no intervals and no word`() throws {
        var short = Self.slower(by: 300)
        short.timeline = Array(short.timeline.prefix(10))
        let comparison = try ReportComparison(base: SampleReports.smoke, new: short)
        #expect(comparison.rows.allSatisfy { $0.low == nil && $0.direction == nil })
        #expect(comparison.notes.last == "no intervals: each run needs 12 whole measured seconds")
    }

    @Test func `the table and the object say the same`() throws {
        let comparison = try ReportComparison(base: SampleReports.smoke, new: Self.slower(by: 300), newName: "n\new")
        let lines = comparison.text.split(separator: "\n")
        #expect(lines[0].split(separator: " ") == ["base", "n", "ew", "difference", "ratio", "95", "%", "interval"])
        #expect(lines.contains { $0.hasPrefix("e2e.p99") && $0.hasSuffix("worse") && $0.contains("+300 µs") })
        let root = try #require(
            try JSONSerialization.jsonObject(with: Data(comparison.json.text.utf8)) as? [String: Any])
        let rows = try #require(root["rows"] as? [[String: Any]])
        #expect(rows.map { $0["name"] as? String } == comparison.rows.map(\.name))
        #expect(rows.first { $0["name"] as? String == "e2e.p99" }?["direction"] as? String == "worse")
        #expect(rows.first { $0["name"] as? String == "unexplained" }?["ratio"] is NSNull)
    }

    @Test func `the interval is the same every time and narrower with more seconds`() throws {
        let base = (0..<200).map { Double($0 * 37 % 101) }
        let new = base.map { $0 + 5 }
        let long = try #require(BootstrapInterval(base: base, new: new, seed: 3))
        #expect(long == BootstrapInterval(base: base, new: new, seed: 3))
        let short = try #require(BootstrapInterval(base: Array(base.prefix(20)), new: Array(new.prefix(20)), seed: 3))
        #expect(long.high - long.low < short.high - short.low)
        #expect(long.low < 5 && long.high > 5)
        #expect(BootstrapInterval(base: Array(base.prefix(11)), new: new, seed: 3) == nil)
        let flat = [Double](repeating: 1, count: 20)
        #expect(BootstrapInterval(base: flat, new: flat, seed: 3) == nil)
    }
}
