import Testing

@testable import Kit

struct HDRTextTests {
    @Test func `a small histogram, whole`() throws {
        var report = LoadReport()
        report.metrics = [SampleReports.latency("e2e", "all", [[1_000, 1], [2_000, 2], [10_000, 1]])]
        #expect(
            try HDRText.text(report) == """
                       Value     Percentile TotalCount 1/(1-Percentile)

                       1.000 0.000000000000          1           1.00
                       1.000 0.100000000000          1           1.11
                       1.000 0.200000000000          1           1.25
                       2.000 0.300000000000          3           1.43
                       2.000 0.400000000000          3           1.67
                       2.000 0.500000000000          3           2.00
                       2.000 0.550000000000          3           2.22
                       2.000 0.600000000000          3           2.50
                       2.000 0.650000000000          3           2.86
                       2.000 0.700000000000          3           3.33
                       2.000 0.750000000000          3           4.00
                      10.000 0.775000000000          4           4.44
                      10.000 1.000000000000          4
                #[Mean    =        3.750, StdDeviation   =        3.631]
                #[Max     =       10.000, Total count    =            4]
                #[Buckets =           25, SubBuckets     =          256]

                """)
    }

    @Test(arguments: ["e2e", "click", "service"]) func `every line is true of the samples`(metric: String) throws {
        let text = try HDRText.text(SampleReports.smoke, metric: metric)
        let pairs = try #require(SampleReports.smoke.metric(metric)?.histogram)
        let samples = pairs.flatMap { Array(repeating: $0[0], count: $0[1]) }
        let lines = try HDRLine.read(text)
        #expect(lines.count > 5 && lines.last?.percentile == 1 && lines.last?.count == samples.count)
        for (line, next) in zip(lines, lines.dropFirst()) {
            #expect(line.percentile < next.percentile && line.value <= next.value && line.count <= next.count)
        }
        for line in lines {
            let microseconds = Int((line.value * 1_000).rounded())
            #expect(line.count == samples.count { $0 <= microseconds })
            let wanted = max(1, Int((line.percentile * Double(samples.count) - 1e-6).rounded(.up)))
            #expect(samples[wanted - 1] == microseconds)
        }
    }

    @Test(arguments: [
        [], [[7, 1]], [[0, .max], [1, .max]], [[1, .max - 1], [2, 1]], [[1, 1 << 60], [.max, 1]],
    ])
    func `any counts come to an end`(pairs: [[Int]]) throws {
        let steps = try #require(HistogramSteps(pairs))
        let levels = HDRText.levels(of: steps)
        #expect(levels.count < 600)
        #expect(levels.last?.percentile ?? 100 == 100)
    }

    @Test func `a metric of bytes is not scaled`() throws {
        var report = LoadReport()
        var metric = SampleReports.latency("size", "all", [[2_048, 3]])
        metric.unit = "bytes"
        report.metrics = [metric]
        #expect(try HDRLine.read(HDRText.text(report, metric: "size")).allSatisfy { $0.value == 2_048 })
    }

    @Test func `what is not there is refused with what is`() {
        let wrong = #expect(throws: KitError.self) {
            try HDRText.text(SampleReports.smoke, metric: "e2e", scope: "slow")
        }
        #expect(wrong?.message == "no histogram of e2e of slow; there are e2e of fast, service of fast, click of all")
        let none = #expect(throws: KitError.self) { try HDRText.text(LoadReport()) }
        #expect(none?.message == "no histogram of e2e; this report has none")
    }
}

/// A line of a `.hgrm` file, read as the plotters do: blanks between, `#` begins a remark.
private struct HDRLine {
    var value: Double
    var percentile: Double
    var count: Int

    static func read(_ text: String) throws -> [HDRLine] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let heading = lines.removeFirst().split(separator: " ")
        try #require(
            heading == ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"] && lines.removeFirst().isEmpty)
        try #require(lines.removeLast().isEmpty)
        let remarks = lines.filter { $0.hasPrefix("#") }
        try #require(remarks.count == 3 && lines.suffix(3) == remarks[...])
        return try lines.dropLast(3).map { line in
            let cells = line.split(separator: " ").map { Double($0) }
            try #require(!cells.contains(nil) && (3...4).contains(cells.count))
            let figures = cells.compactMap(\.self)
            if figures.count == 4 {
                try #require(abs(figures[3] - 1 / (1 - figures[1])) <= max(0.01, figures[3] / 1_000))
            }
            return HDRLine(value: figures[0], percentile: figures[1], count: Int(figures[2]))
        }
    }
}
