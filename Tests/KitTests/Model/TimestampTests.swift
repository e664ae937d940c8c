import Testing

@testable import Kit

struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"), (951_782_400, "2000-02-29T00:00:00.000000Z"),
        (1_772_323_199, "2026-02-28T23:59:59.000000Z"), (4_102_444_800, "2100-01-01T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.000000Z"), (253_402_300_799, "9999-12-31T23:59:59.000000Z"),
    ])
    func `seconds since the epoch are written as RFC 3339`(seconds: Int64, text: String) {
        #expect(Timestamp(seconds: seconds).description == text)
        #expect(Timestamp(text) == Timestamp(seconds: seconds))
    }

    @Test func `every day of four centuries survives writing and reading`() {
        for day in stride(from: Int64(0), to: 146_097, by: 13) {
            let moment = Timestamp(microseconds: day * 86_400_000_000 + 45_296_123_456)
            #expect(Timestamp(moment.description) == moment)
        }
    }

    @Test(arguments: [
        ("2026-06-27T12:34:56Z", 0), ("2026-06-27T12:34:56.1Z", 100_000), ("2026-06-27T12:34:56.123456789Z", 123_456),
        ("2026-06-27t12:34:56.5+00:00", 500_000),
    ])
    func `zero to nine fraction digits are read`(text: String, microseconds: Int64) throws {
        #expect(try #require(Timestamp(text)).microseconds % 1_000_000 == microseconds)
    }

    @Test(arguments: [
        "", "2026-06-27", "2026-13-27T12:34:56Z", "2026-06-27T12:34:56", "2026-06-27T12:34:56+02:00", "now",
    ])
    func `other text is no moment`(text: String) { #expect(Timestamp(text) == nil) }

    @Test func `the HTTP form names the weekday`() {
        #expect(Timestamp(seconds: 784_111_777).httpDate == "Sun, 06 Nov 1994 08:49:37 GMT")
    }
}
