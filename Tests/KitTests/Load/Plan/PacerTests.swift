import Foundation
import Testing

@testable import Kit

struct PacerTests {
    private static func times(_ schedule: LoadSchedule, over time: Duration, seed: UInt64 = 1) -> [Int64] {
        var pacer = Pacer(schedule, over: time, seed: seed)
        var times: [Int64] = []
        while let time = pacer.next() { times.append(time) }
        return times
    }

    private static let schedules: [(LoadSchedule, Duration)] = [
        (.constant(rate: 200), .seconds(5)), (.constant(rate: 0.3), .seconds(60)),
        (.constant(rate: 1_000_000), .milliseconds(100)), (.constant(rate: 333.333), .milliseconds(7_777)),
        (.ramp(from: 100, to: 2_000), .seconds(10)), (.ramp(from: 2_000, to: 1), .seconds(10)),
        (.ramp(from: 300, to: 300), .seconds(3)), (.ramp(from: 0.001, to: 5_000), .seconds(4)),
        (.steps([.init(rate: 100, duration: .seconds(2)), .init(rate: 0.7, duration: .seconds(5))]), .seconds(7)),
        (
            .steps([
                .init(rate: 33.3, duration: .milliseconds(1_700)), .init(rate: 900, duration: .milliseconds(300)),
                .init(rate: 0.1, duration: .seconds(4)), .init(rate: 50, duration: .seconds(1)),
            ]), .seconds(7)
        ),
    ]

    @Test(arguments: schedules)
    func `as many events are due as the rate adds up to`(schedule: LoadSchedule, time: Duration) {
        let count = Double(Self.times(schedule, over: time).count)
        #expect(abs(count - schedule.targetRate * (time / .seconds(1))) <= 1)
    }

    @Test(
        arguments: schedules + [
            (.poisson(rate: 5_000), .seconds(2)), (.burst(size: 7, every: .seconds(1)), .seconds(9)),
        ])
    func `times never fall and lie within the schedule's time`(schedule: LoadSchedule, time: Duration) throws {
        let times = Self.times(schedule, over: time)
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(try #require(times.first) >= 0)
        #expect(try #require(times.last) < Int64(time / .nanoseconds(1)))
    }

    @Test func `a constant rate is exact to the nanosecond after a day`() {
        var pacer = Pacer(.constant(rate: 7), over: .seconds(86_400), seed: 1)
        var index: Int64 = 0
        var wrong = 0
        while let time = pacer.next() {
            if time != (index * 2_000_000_000 + 7) / 14 { wrong += 1 }
            index += 1
        }
        #expect(wrong == 0)
        #expect(index == 7 * 86_400)
    }

    @Test func `an event on the end is not due any more`() {
        #expect(Self.times(.constant(rate: 2), over: .seconds(1)) == [0, 500_000_000])
        #expect(Self.times(.constant(rate: 0.1), over: .seconds(10)) == [0])
    }

    @Test(arguments: [(100.0, 2_000.0), (2_000, 100), (0.5, 800), (500, 500.000_001)])
    func `up to each event of a ramp the rate adds up to its index`(from: Double, to: Double) {
        let seconds = 4.0
        let times = Self.times(.ramp(from: from, to: to), over: .seconds(seconds))
        // Summed in steps, by the middle of each, without the formula under test.
        let step = 1e-5
        var (sum, elapsed, worst) = (0.0, 0.0, 0.0)
        for (index, time) in times.enumerated() {
            let due = Double(time) / 1e9
            while elapsed + step < due {
                sum += (from + (to - from) * (elapsed + step / 2) / seconds) * step
                elapsed += step
            }
            let rest = (from + (to - from) * elapsed / seconds) * (due - elapsed)
            worst = max(worst, abs(sum + rest - Double(index)))
        }
        #expect(worst < 0.001)
    }

    @Test func `steps begin at their own times with their own distances`() {
        let schedule = LoadSchedule.steps([
            .init(rate: 2, duration: .seconds(1)), .init(rate: 4, duration: .seconds(1)),
        ])
        #expect(
            Self.times(schedule, over: .seconds(2)).map { $0 / 1_000_000 } == [0, 500, 1_000, 1_250, 1_500, 1_750])
        #expect(Self.times(schedule, over: .seconds(60)).count == 6)
        #expect(Self.times(schedule, over: .seconds(1)).count == 2)
    }

    @Test func `a burst is due at one moment`() {
        #expect(
            Self.times(.burst(size: 3, every: .milliseconds(100)), over: .milliseconds(250)).map { $0 / 1_000_000 }
                == [0, 0, 0, 100, 100, 100, 200, 200, 200])
    }

    @Test func `Poisson times are those that the formula and the generator give elsewhere`() {
        // From SplitMix64 and the logarithm of another language's library.
        #expect(
            Self.times(.poisson(rate: 500), over: .seconds(1)).prefix(8)
                == [1_136_339, 1_722_984, 1_781_836, 3_404_080, 5_026_749, 5_568_020, 5_829_722, 7_125_813])
    }

    @Test func `the same seed gives the same schedule, another one another`() {
        let first = Self.times(.poisson(rate: 500), over: .seconds(4), seed: 7)
        #expect(first == Self.times(.poisson(rate: 500), over: .seconds(4), seed: 7))
        #expect(first != Self.times(.poisson(rate: 500), over: .seconds(4), seed: 8))
    }

    @Test(arguments: [UInt64(1), 42, .max])
    func `Poisson distances have the mean and the variance of an exponential`(seed: UInt64) {
        let (rate, seconds) = (1_000.0, 100.0)
        let times = Self.times(.poisson(rate: rate), over: .seconds(seconds), seed: seed)
        #expect(abs(Double(times.count) - rate * seconds) < 5 * (rate * seconds).squareRoot())
        let distances = zip(times, [0] + times).map { Double($0 - $1) / 1e9 * rate }
        let count = Double(distances.count)
        let mean = distances.reduce(0, +) / count
        let variance = distances.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
        // Of n exponentials with mean 1 the mean deviates by 1/√n, the variance by √(8/n).
        #expect(abs(mean - 1) < 5 / count.squareRoot())
        #expect(abs(variance - 1) < 5 * (8 / count).squareRoot())
    }

    @Test func `the logarithm agrees with the C library's`() {
        var random = SeededGenerator(state: 3)
        var worst = 0.0
        for _ in 0..<20_000 {
            let number = (Double(random.next() >> 11) + 1) * 0x1p-53
            worst = max(worst, abs(number.naturalLogarithm - log(number)) / max(abs(log(number)), 1e-300))
        }
        #expect(worst < 4 * Double.ulpOfOne)
        #expect((1.0).naturalLogarithm == 0)
        #expect(0x1p-53.naturalLogarithm == log(0x1p-53))
    }

    @Test(arguments: [
        LoadSchedule.constant(rate: 0), .constant(rate: .nan), .ramp(from: 0, to: 0), .steps([]), .poisson(rate: 0),
        .constant(rate: -1), .ramp(from: -5, to: -9), .poisson(rate: -3), .burst(size: 0, every: .seconds(-1)),
    ])
    func `a schedule that nobody checked ends at once`(schedule: LoadSchedule) {
        var pacer = Pacer(schedule, over: .seconds(1), seed: 1)
        #expect((0..<3).compactMap { _ in pacer.next() }.count <= 1)
    }

    @Test func `what is over stays over`() {
        for schedule in [LoadSchedule.constant(rate: 3), .poisson(rate: 3), .burst(size: 2, every: .seconds(1))] {
            var pacer = Pacer(schedule, over: .seconds(2), seed: 1)
            while pacer.next() != nil {}
            #expect((0..<5).allSatisfy { _ in pacer.next() == nil })
        }
    }

    @Test func `the average of each schedule is its target`() {
        #expect(LoadSchedule.constant(rate: 200).targetRate == 200)
        #expect(LoadSchedule.poisson(rate: 0.5).targetRate == 0.5)
        #expect(LoadSchedule.ramp(from: 100, to: 2_000).targetRate == 1_050)
        #expect(LoadSchedule.burst(size: 32, every: .milliseconds(100)).targetRate == 320)
        let steps = [
            LoadSchedule.Step(rate: 100, duration: .seconds(1)), LoadSchedule.Step(rate: 200, duration: .seconds(3)),
        ]
        #expect(LoadSchedule.steps(steps).targetRate == 175)
    }
}
