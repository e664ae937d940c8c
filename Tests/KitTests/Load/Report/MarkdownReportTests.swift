import Testing

@testable import Kit

struct MarkdownReportTests {
    @Test func `a report of the isolation test, whole`() {
        #expect(
            MarkdownReport.text(SampleReports.isolation) == """
                # ✅ pass: isolation

                `isolation` · exit status 0 · 30.0 s · quikko \(Kit.version) · 2026-06-27T12:00:00.000000Z

                ## Accounting

                    20,000 owed
                      = 19,900 received
                      + 90 named as missed
                      + 6 in holes
                      + 4 in doubt
                      + 0 unexplained

                4,000 events published; 0 duplicates, 0 out of order.
                The server's books could not be read.

                ## Checks

                |  | check | seen |
                | --- | --- | --- |
                | ✅ pass | `loss.unexplained` | 0 of 20,000 numbers owed are unexplained |

                ## Latency

                | whose | latency | p50 | p90 | p99 | p99.9 | max | samples |
                | --- | --- | --: | --: | --: | --: | --: | --: |
                | fast | `e2e` corrected | 500 µs | 900 µs | 990 µs | 1.00 ms | 1.00 ms | 20,000 |
                | fast | `service` uncorrected | 200 µs | 360 µs | 396 µs | 400 µs | 400 µs | 20,000 |
                | all | `click` | 250 µs | n/a | n/a | n/a | 900 µs | 40 |

                - fast: corrected p99 is 2.5 times the uncorrected one: events waited before they were sent

                ## Isolation

                |  | A | B, with stalled | B − A | 95 % interval | bound | verdict |
                | --- | --: | --: | --: | --- | --: | --- |
                | p50 | 500 µs | 520 µs | +20 µs | -30 µs to 70 µs | 1.00 ms | ✅ pass |
                | p99 | 1.00 ms | 900 µs | -100 µs | -400 µs to 200 µs | shown only |  |

                20 stalled clients beside 100 fast ones on each feed; 4 blocks of 250 ms; 21,000 messages dropped for the stalled while measured.
                Kernel and outbox took 93.8 KiB before the first drop.

                ## Load generator: ok

                199.5 of 200.0 events/s, 4,000 sent, 0 missed; CPU n/a of a core, memory n/a; p99 of the schedule's lag n/a, of its timer's n/a.

                ## Errors and closes

                | what | times |
                | --- | --: |
                | close 1000 | 199 |
                | ended without a close | 1 |

                """)
    }

    @Test func `books that do not close are told, however wrong the figures`() {
        var report = LoadReport()
        report.accounting.owed = 10
        report.accounting.received = 7
        #expect(MarkdownReport.text(report).contains("**The books do not close: 3 are in none of these.**"))
        report.accounting.received = .min
        report.accounting.named = .min
        #expect(MarkdownReport.text(report).contains("do not close"))
    }

    @Test func `hostile texts neither mark up nor leave their cell`() {
        let text = MarkdownReport.text(SampleReports.full)
        #expect(!text.contains("<b>") && !text.contains("[x]") && !text.contains("|`"))
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
        var width = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("|") else {
                width = 0
                #expect(!line.hasPrefix("::") && !line.hasPrefix("- -") && !line.hasPrefix("- #"))
                continue
            }
            let cells = line.count { $0 == "|" }
            if width > 0 { #expect(cells == width, "\(line)") }
            width = cells
        }
        #expect(text.contains("- \\# not a heading") && text.contains("- \\- not a list"))
    }

    @Test func `long lists end with how many more there are`() {
        var report = LoadReport()
        report.checks = (1...130).map {
            LoadReport.Check(name: "c\($0)", verdict: .pass, words: "w", isCorrectness: true)
        }
        report.notes = (1...130).map { "n\($0)" }
        let text = MarkdownReport.text(report)
        #expect(text.contains("30 more are in the report.") && text.contains("- 30 more are in the report\n"))
        #expect(!text.contains("c101") && !text.contains("n101"))
    }
}
