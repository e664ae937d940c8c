import Testing

@testable import Kit

struct LatencyHistogramTests {
    @Test func `nothing recorded is zero everywhere`() {
        let latencies = LatencyHistogram()
        #expect(latencies.count == 0 && latencies.sum == 0 && latencies.max == 0 && latencies.mean == 0)
        #expect(latencies.percentile(50) == 0 && latencies.percentile(100) == 0)
        #expect(latencies.cumulative(upTo: [1, 1_000]) == [0, 0])
    }

    @Test func `count, sum, mean and maximum are exact`() {
        var latencies = LatencyHistogram()
        latencies.record(1_234_567)
        latencies.record(1, count: 9)
        #expect(latencies.count == 10)
        #expect(latencies.sum == 1_234_576)
        #expect(latencies.mean == 123_457.6)
        #expect(latencies.max == 1_234_567)
    }

    @Test(arguments: [
        (Int64(-5), Int64(0)), (.min, 0), (0, 0), (1, 1), (3_600_000_000, 3_600_000_000),
        (3_600_000_001, 3_600_000_000), (.max, 3_600_000_000),
    ])
    func `what lies outside the range counts as its nearest end`(recorded: Int64, counted: Int64) {
        var latencies = LatencyHistogram()
        latencies.record(recorded)
        #expect(latencies.count == 1)
        #expect(latencies.max == counted && latencies.sum == counted && latencies.percentile(50) == counted)
    }

    @Test(arguments: [0, -1, Int.min]) func `recording nothing changes nothing`(count: Int) {
        var latencies = LatencyHistogram()
        latencies.record(7, count: count)
        #expect(latencies.count == 0 && latencies.sum == 0 && latencies.max == 0)
    }

    @Test func `percentiles are within one percent, and never above the maximum`() {
        var latencies = LatencyHistogram()
        for value in Int64(1)...100_000 { latencies.record(value) }
        for (percent, truth) in [(0.1, 100.0), (50, 50_000), (90, 90_000), (99, 99_000), (99.9, 99_900)] {
            let found = Double(latencies.percentile(percent))
            #expect(abs(found - truth) <= truth / 100, "\(percent): \(found)")
        }
        #expect(latencies.percentile(0) == 1 && latencies.percentile(-3) == 1)
        #expect(latencies.percentile(100) == 100_000 && latencies.percentile(250) == 100_000)
    }

    @Test func `a sum of two is what one would have recorded`() {
        var one = LatencyHistogram()
        var parts = [LatencyHistogram(), LatencyHistogram()]
        var random = SystemRandomNumberGenerator()
        for number in 0..<1_000 {
            let value = Int64.random(in: 0...LatencyHistogram.longest, using: &random) >> Int64(number % 30)
            one.record(value, count: number % 3)
            parts[number % 2].record(value, count: number % 3)
        }
        var total = LatencyHistogram()
        for part in parts { total += part }
        #expect(total.count == one.count && total.sum == one.sum && total.max == one.max)
        for percent in [0.0, 1, 50, 99, 99.9, 100] { #expect(total.percentile(percent) == one.percentile(percent)) }
        #expect(
            total.cumulative(upTo: PrometheusText.usualBounds) == one.cumulative(upTo: PrometheusText.usualBounds))
    }

    @Test func `a copy keeps what it had`() {
        var latencies = LatencyHistogram()
        latencies.record(10)
        let before = latencies
        latencies.record(20)
        #expect(before.count == 1 && before.max == 10)
        #expect(latencies.count == 2 && latencies.max == 20)
    }

    @Test func `cumulative counts take a bound's own value in and each value once`() {
        var latencies = LatencyHistogram()
        for value: Int64 in [0, 1, 99, 100, 101, 1_000, 5_000_000, LatencyHistogram.longest] { latencies.record(value) }
        #expect(latencies.cumulative(upTo: [0, 1, 98, 99, 100, 200, 1_000]) == [1, 2, 2, 3, 4, 5, 6])
        // Bounds in one step of the histogram, bounds twice, and bounds outside the range.
        #expect(latencies.cumulative(upTo: [-1, 100, 100, 100]) == [1, 4, 4, 4])
        #expect(latencies.cumulative(upTo: [4_990_000, 5_000_000, 5_000_001, .max]) == [7, 7, 7, 8])
        #expect(latencies.cumulative(upTo: []) == [])
    }

    @Test func `cumulative counts agree with counting one by one`() {
        var latencies = LatencyHistogram()
        var values: [Int64] = []
        for number in 0..<5_000 {
            let value = Int64.random(in: 0...20_000_000) >> Int64(number % 24)
            values.append(value)
            latencies.record(value)
        }
        let bounds = PrometheusText.usualBounds
        let counts = latencies.cumulative(upTo: bounds)
        #expect(counts == counts.sorted())
        for (bound, count) in zip(bounds, counts) {
            let sure = values.count { $0 <= bound }
            let most = values.count { Double($0) <= Double(bound) * 1.01 }
            #expect((sure...most).contains(count), "\(bound)")
        }
    }
}
