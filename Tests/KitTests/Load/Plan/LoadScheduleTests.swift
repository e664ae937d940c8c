import Testing

@testable import Kit

struct LoadScheduleTests {
    typealias Reader = @Sendable (String) throws(KitError) -> LoadSchedule

    @Test func `each flag is read, and written as it was`() throws {
        let steps = [
            LoadSchedule.Step(rate: 100, duration: .seconds(5)),
            LoadSchedule.Step(rate: 0.5, duration: .milliseconds(1_500)),
        ]
        let table: [(Reader, String, LoadSchedule)] = [
            (LoadSchedule.readConstant, "500/s", .constant(rate: 500)),
            (LoadSchedule.readConstant, "0.5/s", .constant(rate: 0.5)),
            (LoadSchedule.readRamp, "100..2000/s", .ramp(from: 100, to: 2_000)),
            (LoadSchedule.readRamp, "0.5..2.5/s", .ramp(from: 0.5, to: 2.5)),
            (LoadSchedule.readSteps, "100/s@5s,0.5/s@1500ms", .steps(steps)),
            (LoadSchedule.readPoisson, "500/s", .poisson(rate: 500)),
            (LoadSchedule.readBurst, "32/100ms", .burst(size: 32, every: .milliseconds(100))),
        ]
        for (read, text, schedule) in table {
            #expect(try read(text) == schedule)
            #expect(schedule.description == text)
        }
        #expect(try LoadSchedule.readConstant("500") == .constant(rate: 500))
        #expect(try LoadSchedule.readRamp("100/s..2000/s") == .ramp(from: 100, to: 2_000))
    }

    @Test func `other text is refused with an example`() {
        let table: [(Reader, [String], String)] = [
            (
                LoadSchedule.readConstant,
                ["", "/s", "-5/s", "+5/s", "nan", "inf/s", "0x10", "1e999", "5 /s", "5/m", ".5", "5.", "٥/s"],
                "write a rate like 200/s"
            ),
            (LoadSchedule.readRamp, ["", "100", "100-200/s", "100,200"], "write a ramp like 100..2000/s"),
            (LoadSchedule.readRamp, ["..5", "5..", "1...5"], "write a rate like 200/s"),
            (LoadSchedule.readSteps, ["", "100/s", "100/s@5s,", "1@2s@3s"], "write steps like 100/s@5s,200/s@5s"),
            (LoadSchedule.readSteps, ["100/s@5"], "write a duration"),
            (LoadSchedule.readBurst, ["", "32", "32/1s/2s"], "write bursts like 32/100ms"),
            (LoadSchedule.readBurst, ["x/1s"], "write a count"),
        ]
        for (read, texts, answer) in table {
            for text in texts {
                let error = #expect(throws: KitError.self, "\(text)") { try read(text) }
                #expect(error?.message.contains(answer) == true, "\(text): \(error?.message ?? "")")
            }
        }
    }

    @Test(arguments: [
        (Duration.zero, "0s"), (.milliseconds(250), "250ms"), (.milliseconds(1_500), "1500ms"), (.seconds(20), "20s"),
        (.seconds(90), "90s"), (.seconds(120), "2m"), (.seconds(3_600), "1h"), (.seconds(172_800), "2d"),
        (.milliseconds(86_399_999), "86399999ms"), (.milliseconds(1_001), "1001ms"),
    ])
    func `durations are written so that they read back`(duration: Duration, text: String) throws {
        #expect(DurationText.exact(duration) == text)
        #expect(try DurationText.readOrNone(text) == duration)
    }

    @Test(arguments: [0.000_01, 0.1, 1, 333.333, 123_456.789, 1_000_000, 1e-300])
    func `rates are written so that they read back`(rate: Double) throws {
        #expect(try RateText.read(RateText.write(rate)) == rate)
    }
}
