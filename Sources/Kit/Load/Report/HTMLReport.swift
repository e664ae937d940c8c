import Crypto

/// A load test's report as one HTML file: no script, no network, nothing beside it.
///
/// What it shows is the report's and nothing else; a section without data is not there. Every text of the report is escaped.
/// Bounded: 100 clients, 300 metrics, 50 kinds of errors, 1,200 blocks and 400 points a line. Checks, thresholds and the
/// length of a text are as the report has them.
public struct HTMLReport {
    let report: LoadReport

    public init(_ report: LoadReport) { self.report = report }

    public var text: String {
        var sections = Markup()
        writeIsolation(&sections)
        writeLatency(&sections)
        writeJudgement(&sections)
        writeAccounting(&sections)
        writeTimeline(&sections)
        writeClients(&sections)
        writeMetrics(&sections)
        writeHealth(&sections)
        writeFailures(&sections)
        writeMachine(&sections)
        writeReading(&sections)

        var page = Markup()
        page.raw("<!DOCTYPE html>\n")
        page.element("html", ["lang": "en"]) { html in
            writeHead(&html)
            html.element("body") { body in
                writeStrip(&body)
                body.element("main") { $0.raw(sections.text) }
                body.element("footer", footer)
            }
        }
        return page.text + "\n"
    }

    /// The only style is named by its hash: nothing else is loaded, applied or run, whatever ends up in the page.
    private func writeHead(_ html: inout Markup) {
        let style = Self.style
        let hash = Base64.encode(SHA256.hash(data: Array(style.utf8)))
        let policy = "default-src 'none'; style-src 'sha256-\(hash)'; base-uri 'none'; form-action 'none'"
        html.element("head") { head in
            head.mark("meta", ["charset": "utf-8"])
            head.mark("meta", ["http-equiv": "Content-Security-Policy", "content": policy])
            head.mark("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
            head.mark("meta", ["name": "color-scheme", "content": "light dark"])
            head.mark("meta", ["name": "referrer", "content": "no-referrer"])
            head.element("title", "\(report.plan.name): \(report.verdict.word) \u{2013} quikko loadtest")
            head.element("style") { $0.raw(style) }
        }
    }

    private var footer: String {
        ["quikko \(report.quikkoVersion)", report.schema, report.runId].filter { !$0.isEmpty }.joined(
            separator: " \u{00B7} ")
    }

    func section(_ page: inout Markup, _ id: String, _ title: String, _ content: (inout Markup) -> Void) {
        page.element("section", ["id": id, "aria-labelledby": "\(id)-title"]) { section in
            section.element("h2", ["id": "\(id)-title"], title)
            content(&section)
        }
    }

    /// Names and what they are, in a row or two.
    func facts(_ page: inout Markup, _ facts: [(String, String)]) {
        guard !facts.isEmpty else { return }
        page.element("dl", ["class": "facts"]) { list in
            for (name, value) in facts {
                list.element("div") { fact in
                    fact.element("dt", name)
                    fact.element("dd", value)
                }
            }
        }
    }
}
