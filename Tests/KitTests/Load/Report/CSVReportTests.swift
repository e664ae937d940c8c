import Foundation
import Testing

@testable import Kit

struct CSVReportTests {
    @Test func `a row a second, with what was not known left empty`() throws {
        let rows = try #require(Self.read(CSVReport.text(SampleReports.smoke)))
        #expect(rows.count == 24)
        #expect(rows.allSatisfy { $0.count == rows[0].count })
        let second = Dictionary(uniqueKeysWithValues: zip(rows[0], rows[4]))
        #expect(second["at_ms"] == "3000" && second["phase"] == "measure" && second["sent"] == "200")
        #expect(second["dropped"] == "" && second["server_cpu_share"] == "0.33")
    }

    @Test func `the columns are the members of a second, and hostile texts stay in their cell`() throws {
        let rows = try #require(Self.read(CSVReport.text(SampleReports.full)))
        let bytes = try ReportFile.encode(SampleReports.full)
        let root = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        let second = try #require((root["timeline"] as? [[String: Any]])?.first)
        #expect(Set(rows[0]) == Set(second.keys))
        #expect(rows.count == 2 && rows[1][1] == SampleReports.hostile)
    }

    @Test func `no second is a header alone`() {
        #expect(Self.read(CSVReport.text(LoadReport()))?.count == 1)
    }

    /// RFC 4180 §2, by its grammar; nil when the text is not of it.
    private static func read(_ text: String) -> [[String]]? {
        var rows: [[String]] = []
        var row: [String] = []
        var rest = Array(text.unicodeScalars)[...]
        while let first = rest.first {
            var cell = String.UnicodeScalarView()
            if first == "\"" {
                rest.removeFirst()
                while true {
                    guard let scalar = rest.popFirst() else { return nil }
                    if scalar == "\"" {
                        guard rest.first == "\"" else { break }
                        rest.removeFirst()
                    }
                    cell.append(scalar)
                }
            } else {
                while let scalar = rest.first, scalar != ",", scalar != "\r" {
                    guard scalar != "\"", scalar != "\n" else { return nil }
                    cell.append(rest.removeFirst())
                }
            }
            row.append(String(cell))
            switch rest.popFirst() {
            case ",": continue
            case "\r":
                guard rest.popFirst() == "\n" else { return nil }
                rows.append(row)
                row = []
            default: return nil
            }
        }
        return row.isEmpty ? rows : nil
    }
}
