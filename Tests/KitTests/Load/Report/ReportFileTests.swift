import Foundation
import Testing

@testable import Kit

struct ReportFileTests {
    @Test(arguments: SampleReports.all.indices) func `a report comes back as it went`(index: Int) throws {
        let (name, report) = SampleReports.all[index]
        let bytes = try ReportFile.encode(report)
        #expect(try ReportFile.decode(bytes, name: name) == report)
        #expect(bytes.last == UInt8(ascii: "\n"))
        #expect(try ReportFile.encode(report) == bytes)
    }

    @Test func `members have underscores and dictionaries keep their keys`() throws {
        let bytes = try ReportFile.encode(SampleReports.full)
        let root = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        #expect(root["run_id"] as? String == "run-full" && root["runId"] == nil)
        let errors = try #require(root["errors"] as? [String: Any])
        let kinds = try #require(errors["by_kind"] as? [String: Int])
        #expect(Set(kinds.keys) == ["http_status_404", "local_descriptorLimit", SampleReports.hostile])
        let client = try #require((root["clients"] as? [[String: Any]])?.first)
        #expect(client["e2e_p50_us"] as? Int == 500 && client["first_number"] as? Int == 1)
        let metrics = try #require(root["metrics"] as? [[String: Any]])
        #expect((metrics[0]["p"] as? [String: Double])?["99.9"] == 1_000)
    }

    @Test(arguments: [
        ("", "it is no JSON"), ("[]", "has the wrong type"), ("{\"schema\":\"quikko.loadtest/1\"", "it is no JSON"),
        ("{}", "schema is missing"), ("\u{0}\u{ff}", "it is no JSON"),
        (#"{"schema":"quikko.loadtest/2"}"#, "its schema is \"quikko.loadtest/2\", not quikko.loadtest/1"),
        (#"{"schema":"a\nb"}"#, #"its schema is "a\nb","#), (#"{"schema":null}"#, "schema is null"),
        (#"{"schema":"quikko.loadtest/1"}"#, "run_id is missing"),
    ])
    func `what is no report is refused with the reason`(text: String, reason: String) {
        let error = #expect(throws: KitError.self) { try ReportFile.decode(Array(text.utf8), name: "x.json") }
        #expect(error?.code == .invalid)
        #expect(error?.message.hasPrefix("x.json is no report of quikko loadtest; ") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        ("\"in_doubt\" : 4", "\"in_doubt\" : \"4\"", "accounting.in_doubt has the wrong type"),
        ("\"in_doubt\" : 4", "\"doubt\" : 4", "accounting.in_doubt is missing"),
        ("\"verdict\" : \"pass\"", "\"verdict\" : \"fine\"", "has no value we know"),
        ("\"unit\" : \"us\"", "\"unit\" : null", "metrics[0].unit is null"),
    ])
    func `a damaged member is named`(written: String, damaged: String, reason: String) throws {
        let text = String(decoding: try ReportFile.encode(SampleReports.smoke), as: UTF8.self)
        let broken = text.replacing(written, with: damaged, maxReplacements: 1)
        #expect(broken != text)
        let error = #expect(throws: KitError.self) { try ReportFile.decode(Array(broken.utf8), name: "x.json") }
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [[[1]], [[1, 2, 3]], [[1, 0]], [[1, -4]], [[-1, 4]], [[5, 1], [5, 1]], [[5, 1], [4, 1]]])
    func `a histogram that does not rise is refused`(pairs: [[Int]]) throws {
        var report = LoadReport()
        var metric = LoadReport.MetricSummary(name: "e2e", scope: "all", unit: "us")
        metric.histogram = pairs
        report.metrics = [metric]
        let bytes = try ReportFile.encode(report)
        let error = #expect(throws: KitError.self) { try ReportFile.decode(bytes, name: "x.json") }
        #expect(error?.message.contains("the histogram of e2e all has no rising steps") == true)
    }

    @Test func `a figure that is no number is an error of ours`() {
        var report = LoadReport()
        report.wallSeconds = .infinity
        let error = #expect(throws: KitError.self) { try ReportFile.encode(report) }
        #expect(error?.code == .internal)
    }
}
