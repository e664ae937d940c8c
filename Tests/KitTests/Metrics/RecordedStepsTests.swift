import Testing

@testable import Kit

struct RecordedStepsTests {
    @Test func `nothing recorded has no steps`() {
        let latencies = LatencyHistogram()
        #expect(latencies.recorded.isEmpty && latencies.min == 0 && latencies.standardDeviation == 0)
    }

    @Test func `the steps rise, hold everything, and give the same percentiles`() {
        var latencies = LatencyHistogram()
        var random = SeededGenerator(state: 3)
        for number in 0..<5_000 {
            latencies.record(Int64.random(in: 0...9_000_000, using: &random) >> Int64(number % 20))
        }
        let steps = latencies.recorded
        #expect(steps.map(\.value) == steps.map(\.value).sorted() && steps.allSatisfy { $0.count > 0 })
        #expect(steps.map(\.count).reduce(0, +) == 5_000)
        #expect(steps.last?.value == latencies.max)
        for percent in [1.0, 50, 95, 99, 99.9] {
            let wanted = Int((percent * 50).rounded(.up))
            var reached = 0
            let step = steps.first { step in
                reached += step.count
                return reached >= wanted
            }
            #expect(step?.value == latencies.percentile(percent), "\(percent)")
        }
    }

    @Test func `least and deviation are within one percent`() {
        var latencies = LatencyHistogram()
        latencies.record(10_000, count: 50)
        latencies.record(20_000, count: 50)
        #expect((9_900...10_100).contains(latencies.min))
        #expect(abs(latencies.standardDeviation - 5_000) <= 200)
    }
}
