extension HTMLReport {
    enum Cell {
        /// Names its row.
        case head(String)
        case words(String)
        /// With a remark below it.
        case noted(String, String)
        case code(String, note: String?)
        /// At the right, so that digits stand under one another.
        case number(String)
        /// A number that ought to be 0.
        case alarm(Int)
        case verdict(LoadReport.Verdict)
    }

    /// - Parameter isStacked: On a narrow screen each row becomes a card; otherwise the table is moved sideways.
    func table(_ page: inout Markup, _ caption: String, _ columns: [String], rows: [[Cell]], isStacked: Bool = false) {
        guard let first = rows.first else { return }
        let numbers = first.map { cell in
            switch cell {
            case .number, .alarm: true
            default: false
            }
        }
        let box: Markup.Attributes =
            isStacked
            ? ["class": "box stacked"] : ["class": "box", "tabindex": "0", "role": "region", "aria-label": caption]
        page.element("div", box) { box in
            box.element("table", ["role": "table"]) { table in
                table.element("caption", ["class": "unseen"], caption)
                table.element("thead", ["role": "rowgroup"]) { head in
                    head.element("tr", ["role": "row"]) { row in
                        for (column, isNumber) in zip(columns, numbers) {
                            row.element(
                                "th", ["scope": "col", "role": "columnheader", "class": isNumber ? "number" : ""],
                                column)
                        }
                    }
                }
                table.element("tbody", ["role": "rowgroup"]) { body in
                    for cells in rows {
                        body.element("tr", ["role": "row"]) { row in
                            for (column, cell) in zip(columns, cells) {
                                write(cell, to: &row, column: isStacked ? column : "")
                            }
                        }
                    }
                }
            }
        }
    }

    private func write(_ cell: Cell, to row: inout Markup, column: String) {
        switch cell {
        case .head(let words):
            row.element("th", ["scope": "row", "role": "rowheader", "data-column": column], words)
        case .words(let words): row.element("td", ["role": "cell", "data-column": column], words)
        case .noted(let words, let note):
            row.element("td", ["role": "cell", "data-column": column]) { cell in
                cell.element("span", ["class": "main"], words)
                cell.element("span", ["class": "note"], note)
            }
        case .code(let words, let note):
            row.element("th", ["scope": "row", "role": "rowheader", "data-column": column]) { cell in
                cell.element("code", words)
                if let note { cell.element("span", ["class": "note"], note) }
            }
        case .number(let words): row.element("td", ["class": "number", "role": "cell", "data-column": column], words)
        case .alarm(let count):
            let style = count == 0 ? "number zero" : "number fail strong"
            row.element("td", ["class": style, "role": "cell", "data-column": column], ReportText.count(count))
        case .verdict(let verdict):
            row.element("td", ["role": "cell", "data-column": column]) { verdict.write(to: &$0) }
        }
    }
}
