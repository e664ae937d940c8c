import Testing

@testable import Kit

struct PlotTests {
    @Test(arguments: [
        (0.0, 10.0, 5, [0.0, 2, 4, 6, 8, 10]), (-1, 1, 4, [-1, -0.5, 0, 0.5, 1]), (0, 203, 2, [0, 200]),
        (3, 3, 2, [3, 3.5, 4]),
    ])
    func `ticks are round numbers within the axis`(low: Double, high: Double, count: Int, ticks: [Double]) {
        #expect(Scale(linear: low, high, start: 0, end: 100).ticks(about: count) == ticks)
    }

    @Test(arguments: [
        (100.0, 1_000.0, 6, [100.0, 200, 500, 1_000]),
        (1, 1_000_000, 5, [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]),
    ])
    func `logarithmic ticks are 1, 2 and 5, or only the decades`(low: Double, high: Double, count: Int, ticks: [Double])
    {
        let found = Scale(logarithmic: low, high, start: 0, end: 100).ticks(about: count)
        #expect(found.map { $0.rounded() } == ticks)
    }

    @Test func `a value beyond an axis is drawn at its end`() {
        let scale = Scale(logarithmic: 1, 100, start: 200, end: 0)
        #expect([0, 1, 10, 100, .infinity].map { scale($0) } == [200, 200, 100, 0, 0])
    }

    @Test func `names that would touch are moved apart and stay within the drawing`() {
        #expect(Plot.apart([50, 52, 10], by: 15, within: 0...100) == [50, 65, 10])
        #expect(Plot.apart([99, 98], by: 15, within: 0...100) == [100, 85])
    }

    @Test func `a percentile curve gives back the percentiles of its histogram`() throws {
        var metric = LoadReport.MetricSummary(name: "e2e", scope: "fast", unit: "us")
        metric.histogram = [[100, 500], [200, 400], [1_000, 90], [5_000, 10]]
        let curve = try #require(PercentileCurve(metric, tag: "", words: "", style: ""))
        let shares = [0.25, 0.5, 0.6, 0.9, 0.95, 0.99, 0.999]
        #expect(
            shares.map { curve.value(nines: PercentileCurve.nines($0)) } == [100, 100, 200, 200, 1_000, 1_000, 5_000])
        #expect(curve.firmNines == 2)
    }

    @Test func `a metric without samples has no curve`() {
        #expect(
            PercentileCurve(
                LoadReport.MetricSummary(name: "e2e", scope: "fast", unit: "us"), tag: "", words: "", style: "") == nil)
    }
}
