import Kit
import Testing

@testable import quikko

struct TextTests {
    @Test(arguments: [
        ("250ms", Duration.milliseconds(250)), ("10s", .seconds(10)), ("1.5s", .milliseconds(1_500)),
        ("5m", .seconds(300)),
        ("2h", .seconds(7_200)), ("7d", .seconds(604_800)),
    ])
    func `durations are read as people write them`(text: String, duration: Duration) throws {
        #expect(try DurationText.read(text) == duration)
    }

    @Test(arguments: ["", "10", "s", "-1s", "0s", "1y", "1e99d", "nans"])
    func `other text is no duration`(text: String) { #expect(throws: (any Error).self) { try DurationText.read(text) } }

    @Test(arguments: [("1", 1), ("10k", 10_000), ("2m", 2_000_000), ("1.5k", 1_500)])
    func `counts are read as people write them`(text: String, count: Int) throws {
        #expect(try CountText.read(text) == count)
    }

    @Test(arguments: ["", "0", "-1", "1.5", "k", "10K", "99999m"])
    func `other text is no count`(text: String) { #expect(throws: (any Error).self) { try CountText.read(text) } }

    @Test(arguments: [("4096", 4_096), ("64KiB", 65_536), ("1MiB", 1_048_576)])
    func `sizes are read as people write them`(text: String, size: Int) throws {
        #expect(try SizeText.read(text) == size)
    }
}
