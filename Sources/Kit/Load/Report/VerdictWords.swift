/// A verdict as it is shown: a word and a sign, never a colour alone.
extension LoadReport.Verdict {
    var word: String {
        switch self {
        case .pass: "pass"
        case .fail: "fail"
        case .inconclusive: "inconclusive"
        case .interrupted: "interrupted"
        case .error: "error"
        }
    }

    /// What that means, for whoever reads only this.
    var meaning: String {
        switch self {
        case .pass: "Everything this run had to show was shown."
        case .fail: "Something this run had to show did not hold."
        case .inconclusive: "The run cannot decide: neither passed nor failed."
        case .interrupted: "The run was stopped before its end; the figures are of the part that took place."
        case .error: "The run could not be carried out."
        }
    }

    /// The class of its colour.
    var style: String {
        switch self {
        case .pass: "pass"
        case .fail, .error: "fail"
        case .inconclusive, .interrupted: "open"
        }
    }

    /// In a field of 20 by 20.
    private var sign: String {
        switch self {
        case .pass: "M5.2 10.4L8.6 13.8L14.8 6.8"
        case .fail: "M6.2 6.2L13.8 13.8M13.8 6.2L6.2 13.8"
        case .inconclusive: "M5.4 10H14.6"
        case .interrupted: "M7.6 6V14M12.4 6V14"
        case .error: "M10 5V11M10 14.4V14.6"
        }
    }

    func writeSign(to page: inout Markup) {
        page.element("svg", ["class": "sign", "viewBox": "0 0 20 20", "aria-hidden": "true"]) { svg in
            svg.mark("circle", ["cx": "10", "cy": "10", "r": "9.5"])
            svg.mark("path", ["d": sign])
        }
    }

    /// Sign and word together, as in the cell of a table.
    func write(to page: inout Markup) {
        page.element("span", ["class": "verdict \(style)"]) { badge in
            writeSign(to: &badge)
            badge.words(word)
        }
    }
}
