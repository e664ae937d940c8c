import Foundation
import Testing

@testable import Kit

#if canImport(FoundationXML)
    import FoundationXML
#endif

struct JUnitReportTests {
    @Test(arguments: SampleReports.all.indices) func `every report is well-formed and counts its cases`(index: Int)
        throws
    {
        let suites = try XMLReading.read(JUnitReport.text(SampleReports.all[index].report)).filter {
            $0.name == "testsuite"
        }
        #expect(suites.isEmpty == false)
        for suite in suites {
            let cases = suite.inside.filter { $0.name == "testcase" }
            #expect(suite.attributes["tests"] == "\(cases.count)")
            for (count, element) in [("failures", "failure"), ("errors", "error"), ("skipped", "skipped")] {
                #expect(suite.attributes[count] == "\(suite.inside.count { $0.name == element })")
            }
        }
    }

    @Test func `a threshold that failed says what was observed and what was allowed`() throws {
        let elements = try XMLReading.read(JUnitReport.text(SampleReports.full))
        let failure = try #require(elements.first { $0.path.hasSuffix("e2e.p99<1ms/failure") })
        #expect(failure.attributes["message"]?.hasPrefix("observed 990 µs, bound 1 ms, 20000 samples") == true)
    }

    @Test func `hostile texts come back as they were but for what XML cannot hold`() throws {
        let elements = try XMLReading.read(JUnitReport.text(SampleReports.full))
        let unprintable = SampleReports.hostile.replacing("\u{1b}", with: "\u{fffd}").replacing(
            "\u{0}", with: "\u{fffd}")
        let skipped = elements.filter { $0.name == "skipped" }
        #expect(skipped.first?.attributes["message"] == unprintable)
        #expect(elements.contains { $0.name == "testcase" && $0.attributes["name"] == unprintable })
    }

    @Test(arguments: [
        (LoadReport.Verdict.pass, false, ""), (.fail, false, "failure"), (.inconclusive, false, "skipped"),
        (.inconclusive, true, "failure"), (.interrupted, false, "error"), (.error, true, "error"),
    ])
    func `a run that did not pass is never green`(verdict: LoadReport.Verdict, strict: Bool, element: String) throws {
        var report = LoadReport()
        report.verdict = verdict
        let marks = try XMLReading.read(JUnitReport.text(report, strict: strict)).map(\.name)
            .filter { ["failure", "skipped", "error"].contains($0) }
        #expect(marks == (element.isEmpty ? [] : [element]))
    }
}

/// Elements as Foundation's parser sees them, in document order.
private final class XMLReading: NSObject, XMLParserDelegate {
    struct Element {
        var name: String
        /// Names of what it lies in, for a case that of the case.
        var path: String
        var attributes: [String: String]
        var inside: [Element] = []
    }

    private var open: [Element] = []
    private var found: [Element] = []

    static func read(_ text: String) throws -> [Element] {
        let reading = XMLReading()
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = reading
        try #require(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
        return reading.found
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        let label = name == "testcase" ? attributes["name"] ?? "" : name
        open.append(Element(name: name, path: "\(open.last?.path ?? "")/\(label)", attributes: attributes))
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        let element = open.removeLast()
        found.append(element)
        for index in open.indices { open[index].inside.append(element) }
    }
}
