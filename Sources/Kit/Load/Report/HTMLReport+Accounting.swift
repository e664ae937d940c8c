extension HTMLReport {
    private struct Term {
        let name: String
        let explanation: String
        let count: Int
        let style: String
        let stripes: Stripes
        enum Stripes { case none, upright, level }
    }

    private var terms: [Term] {
        let books = report.accounting
        return [
            Term(name: "received", explanation: "as events", count: books.received, style: "received", stripes: .none),
            Term(name: "named", explanation: "in a gap notice", count: books.named, style: "named", stripes: .upright),
            Term(
                name: "in holes", explanation: "the server told of", count: books.inHoles, style: "holes",
                stripes: .level),
            Term(
                name: "in doubt", explanation: "its client was gone", count: books.inDoubt, style: "doubt",
                stripes: .upright),
            Term(
                name: "unexplained", explanation: books.unexplained == 0 ? "as it must be" : "must be 0",
                count: books.unexplained,
                style: books.unexplained == 0 ? "none" : "fail", stripes: .none),
        ]
    }

    func writeAccounting(_ page: inout Markup) {
        let books = report.accounting
        guard books != LoadReport.Accounting() else { return }
        section(&page, "accounting", "Every number accounted for") { page in
            let words = """
                \(ReportText.count(books.published)) events were acknowledged. Each has its number, and each client is owed the \
                numbers of its feed from when it joined.
                """
            page.element("p", ["class": "lead"], words)
            bar(&page)
            page.element("div", ["class": "equation"]) { equation in
                term(&equation, sign: "", "owed", "to all clients together", books.owed, "owed")
                let sum = terms.reduce(0.0) { $0 + Double($1.count) }
                for (index, one) in terms.enumerated() {
                    let first = sum == Double(books.owed) ? "=" : "\u{2260}"
                    term(&equation, sign: index == 0 ? first : "+", one.name, one.explanation, one.count, one.style)
                }
            }
            facts(&page, serverBooks)
        }
    }

    private func term(
        _ page: inout Markup, sign: String, _ name: String, _ explanation: String, _ count: Int, _ style: String
    ) {
        page.element("p", ["class": count == 0 ? "term \(style) zero" : "term \(style)"]) { term in
            term.element("span", ["class": "operator"], sign)
            term.element("span", ["class": "count"], ReportText.count(count))
            term.words(" ")
            term.element("span", ["class": "name"]) { words in
                words.element("i", "")
                words.words(name)
            }
            term.words(" ")
            term.element("span", ["class": "soft"], explanation)
        }
    }

    /// The parts of what was owed, side by side; whatever is there at all has a width that is seen.
    private func bar(_ page: inout Markup) {
        let there = terms.filter { $0.count > 0 }
        let total = there.reduce(0.0) { $0 + Double($1.count) }
        guard total > 0 else { return }
        let least = 6.0
        let rest = 1_000 - least * Double(there.count)
        let detail = there.map { "\(ReportText.count($0.count)) \($0.name)" }.joined(separator: ", ")
        let attributes: Markup.Attributes = [
            "class": "bar", "viewBox": "0 0 1000 28", "preserveAspectRatio": "none", "role": "img",
            "aria-label": "Parts of what was owed: \(detail)",
        ]
        page.element("svg", attributes) { svg in
            var plot = Plot(width: 1_000, height: 28)
            var x = 0.0
            for term in there {
                let width = least + rest * Double(term.count) / total
                plot.rectangle(
                    x, 0, width - 1.5, 28, "part \(term.style)", tip: "\(ReportText.count(term.count)) \(term.name)")
                switch term.stripes {
                case .none: break
                case .upright:
                    for at in stride(from: x + 5, to: x + width - 3, by: 7) { plot.line(at, 0, at, 28, "stripe") }
                case .level:
                    for at in stride(from: 4.5, to: 28, by: 6) { plot.line(x, at, x + width - 1.5, at, "stripe") }
                }
                x += width
            }
            svg.raw(plot.markup.text)
        }
    }

    private var serverBooks: [(String, String)] {
        let books = report.accounting
        var facts = [
            ("received twice", ReportText.count(books.duplicates)),
            ("out of order", ReportText.count(books.orderViolations)),
        ]
        if let delivered = books.serverDelivered {
            facts.append(("delivered, says the server", ReportText.count(delivered)))
        }
        if let dropped = books.serverDropped { facts.append(("dropped, says the server", ReportText.count(dropped))) }
        if let mismatches = books.bookMismatches {
            facts.append(("clients whose count disagrees", ReportText.count(mismatches)))
        } else if books.serverDelivered == nil, books.serverDropped == nil {
            facts.append(("the server\u{2019}s own books", "could not be read"))
        }
        return facts
    }
}
