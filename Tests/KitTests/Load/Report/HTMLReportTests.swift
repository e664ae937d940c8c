import Crypto
import Foundation
import FoundationXML
import Testing

@testable import Kit

struct HTMLReportTests {
    static let samples = LoadReportSamples.all.map(\.name)

    private func page(_ name: String) throws -> String {
        HTMLReport(try #require(LoadReportSamples.all.first { $0.name == name }).report).text
    }

    @Test(arguments: samples)
    func `a page is well-formed XML, names each id once and has every one it refers to`(name: String) throws {
        let reader = PageReader()
        try reader.read(page(name))
        #expect(Set(reader.ids).count == reader.ids.count)
        #expect(Set(reader.references).isSubset(of: reader.ids))
    }

    @Test(arguments: samples)
    func `a page fetches nothing, runs nothing and has no style but its own`(name: String) throws {
        let text = try page(name)
        for reference in [
            "http://", "https://", "src=", "href=", "@import", "url(", "<script", "<link", "style=\"", " on",
        ] {
            #expect(!tags(of: text).contains { $0.contains(reference) }, "\(reference)")
        }
        for reference in ["@import", "url(", "http"] { #expect(!HTMLReport.style.contains(reference)) }
        #expect(text.contains("default-src &#39;none&#39;"))
    }

    @Test func `the policy names the style that is there by its hash`() throws {
        let text = HTMLReport(LoadReport()).text
        let start = try #require(text.range(of: "<style>")).upperBound
        let end = try #require(text.range(of: "</style>")).lowerBound
        let hash = Data(SHA256.hash(data: Data(text[start..<end].utf8))).base64EncodedString()
        #expect(text.contains("style-src &#39;sha256-\(hash)&#39;"))
    }

    @Test func `whatever a report holds is text and never markup`() throws {
        let evil = "<script>alert('1')</script><img src=x onerror=\"go()\"> &amp; ]]> \u{0}\u{1B}\u{202E}\u{FFFF}"
        let reader = PageReader()
        let text = HTMLReport(Self.report(everywhere: evil)).text
        try reader.read(text)
        #expect(!reader.names.contains("script") && !reader.names.contains("img"))
        #expect(tags(of: text).allSatisfy { !$0.hasPrefix("<script") && !$0.hasPrefix("<img") })
        #expect(!text.contains("\u{0}") && !text.contains("\u{202E}"))
        #expect(text.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"))
    }

    @Test(arguments: LoadReport.Verdict.allCases)
    func `every verdict has a word and a sign`(verdict: LoadReport.Verdict) throws {
        var report = LoadReport()
        report.verdict = verdict
        let reader = PageReader()
        try reader.read(HTMLReport(report).text)
        #expect(reader.words(in: "h1") == verdict.word.uppercased())
        #expect(reader.names.filter { $0 == "h1" }.count == 1)
    }

    @Test(arguments: samples)
    func `the accounting shows the numbers of the report`(name: String) throws {
        let books = try #require(LoadReportSamples.all.first { $0.name == name }).report.accounting
        let reader = PageReader()
        try reader.read(page(name))
        let counts = [books.owed, books.received, books.named, books.inHoles, books.inDoubt, books.unexplained]
        #expect(reader.texts["count"] == counts.map(ReportText.count))
        #expect(reader.texts["operator"] == ["", "=", "+", "+", "+", "+"])
    }

    @Test func `books that do not add up are shown as such, and what is unexplained stands out`() throws {
        var report = LoadReport()
        (report.accounting.owed, report.accounting.received, report.accounting.unexplained) = (10, 7, 2)
        let reader = PageReader()
        try reader.read(HTMLReport(report).text)
        #expect(reader.texts["operator"]?[1] == "\u{2260}")
        #expect(reader.texts["term fail"] == ["+2 unexplained must be 0"])
    }

    @Test func `an empty report is a page without empty sections`() throws {
        let reader = PageReader()
        try reader.read(HTMLReport(LoadReport()).text)
        #expect(reader.ids == ["reading", "reading-title"])
        #expect(!reader.names.contains("table"))
    }

    @Test func `a generator that was not watched is not said to have kept up`() {
        var report = LoadReportSamples.all[0].report
        report.generator = LoadReport.Generator()
        let text = HTMLReport(report).text
        #expect(text.contains("was not measured.") && !text.contains("kept up with its schedule: the figures"))
    }

    @Test func `ten thousand clients over half an hour stay under a megabyte`() throws {
        #expect(try page("many").utf8.count < 1_000_000)
    }

    @Test func `the sections of an isolation run come in order`() throws {
        let reader = PageReader()
        try reader.read(page("isolation"))
        let sections = [
            "isolation", "checks", "thresholds", "accounting", "time" + "line", "clients", "metrics", "health",
            "errors", "machine", "reading",
        ]
        #expect(reader.ids.filter { sections.contains($0) } == sections)
    }

    @Test func `numbers no run can have do not stop the report`() throws {
        var report = LoadReportSamples.all[0].report
        for index in report.metrics.indices {
            report.metrics[index].max = .infinity
            report.metrics[index].avg = .nan
            report.metrics[index].histogram = [[-1, 3], [Int.max, Int.max], [5], [0, 0], [7, Int.max]]
        }
        report.accounting.received = .max
        report.accounting.named = .max
        report.load.phases.append(.init(name: "verify", startMs: .min, endMs: .max, sent: .max))
        report.timeline[3].fast = .max
        report.timeline[4].p99Us = .min
        report.isolation?.comparisons[0].highUs = .infinity
        report.isolation?.comparisons[1].lowUs = .nan
        report.isolation?.blocks[0].startMs = .max
        report.restart = LoadReport.Restart()
        report.restart?.stops = [.init(how: "kill", atMs: .max, downMs: .max, recoveredMs: .min)]
        report.wallSeconds = .nan
        report.plan.schedule = .constant(rate: .infinity)
        try PageReader().read(HTMLReport(report).text)
    }

    private func tags(of text: String) -> [Substring] {
        text.matches(of: /<[^>]*>/).map(\.output)
    }

    private static func report(everywhere evil: String) -> LoadReport {
        var report = LoadReportSamples.all[0].report
        report.runId = evil
        report.quikkoVersion = evil
        report.startedAt = evil
        report.schema = evil
        report.arguments = [evil]
        report.reasons = [evil]
        report.notes = [evil]
        report.plan.name = evil
        report.host.os = evil
        report.host.kernel = evil
        report.server.kind = evil
        report.server.url = evil
        report.server.version = evil
        report.generator.reasons = [evil]
        report.errors.byKind = [evil: 1]
        report.errors.samples = [evil]
        report.closes = [evil: 1]
        report.checks = [.init(name: evil, verdict: .fail, words: evil, isCorrectness: true)]
        report.thresholds = [.init(expression: evil, bound: evil, verdict: .fail)]
        report.thresholds[0].observed = evil
        report.thresholds[0].note = evil
        report.metrics.append(.init(name: evil, scope: evil, unit: evil))
        report.load.phases.append(.init(name: evil, startMs: 0, endMs: 30_000, sent: 0))
        report.restart = LoadReport.Restart()
        report.restart?.stops = [.init(how: evil, atMs: 5_000, downMs: 5, recoveredMs: nil)]
        report.clients[0].role = evil
        report.clients[0].model = evil
        report.clients[0].feed = evil
        report.clients[0].connection = evil
        return report
    }
}

/// A page as an XML parser sees it: elements, ids, and the words in each class and in `h1`.
private final class PageReader: NSObject, XMLParserDelegate {
    private(set) var names: [String] = []
    private(set) var ids: [String] = []
    private(set) var references: [String] = []
    private(set) var texts: [String: [String]] = [:]
    private var open: [(key: String, words: String)] = []

    func read(_ page: String) throws {
        let parser = XMLParser(data: Data(page.replacing("<!DOCTYPE html>", with: "").utf8))
        parser.delegate = self
        #expect(
            parser.parse(),
            "line \(parser.lineNumber), column \(parser.columnNumber): \(String(describing: parser.parserError))")
    }

    func words(in element: String) -> String? { texts["<\(element)>"]?.first }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        names.append(name)
        if let id = attributes["id"] { ids.append(id) }
        references += (attributes["aria-labelledby"] ?? "").split(separator: " ").map(String.init)
        open.append((attributes["class"] ?? "<\(name)>", ""))
    }

    func parser(_ parser: XMLParser, foundCharacters words: String) {
        for index in open.indices { open[index].words += words }
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        let element = open.removeLast()
        texts[element.key, default: []].append(element.words)
    }
}
