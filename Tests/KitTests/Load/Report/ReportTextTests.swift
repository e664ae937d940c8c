import Testing

@testable import Kit

struct ReportTextTests {
    @Test(arguments: [
        (0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-1_000, "\u{2212}1,000"),
        (.min, "\u{2212}9,223,372,036,854,775,808"),
    ])
    func `counts stand in threes`(count: Int, text: String) {
        #expect(ReportText.count(count) == text)
    }

    @Test(arguments: [
        (0.0, "0.0 µs"), (840, "840 µs"), (3_140, "3.14 ms"), (9_999, "10.0 ms"), (31_440, "31.4 ms"),
        (314_400, "314 ms"), (2_050_000, "2.05 s"),
        (150_000_000, "2.50 min"), (.nan, "n/a"),
    ])
    func `times have three digits that count`(us: Double, text: String) {
        #expect(ReportText.time(us: us).replacing(ReportText.space, with: " ") == text)
    }

    @Test(arguments: [
        (120.0, "+0.12 ms"), (-1_500, "\u{2212}1.50 ms"), (2, "0.00 ms"), (-4, "0.00 ms"), (45_260, "+45.3 ms"),
    ])
    func `a difference has its sign, and nothing has none`(us: Double, text: String) {
        #expect(ReportText.difference(us: us).replacing(ReportText.space, with: " ") == text)
    }

    @Test(arguments: [(512.0, "512 B"), (1_536, "1.50 KiB"), (27_367_834, "26.1 MiB")])
    func `sizes are in powers of 1,024`(bytes: Double, text: String) {
        #expect(ReportText.bytes(bytes).replacing(ReportText.space, with: " ") == text)
    }

    @Test(arguments: [("2026-03-01T09:30:00Z", "2026-03-01 09:30:00 UTC"), ("yesterday", "yesterday"), ("", "")])
    func `a moment is shown as people write it, anything else as it is`(text: String, shown: String) {
        #expect(ReportText.moment(text) == shown)
    }
}
