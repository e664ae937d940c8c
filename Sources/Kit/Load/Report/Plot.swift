/// One drawing in SVG; its colours are classes of the style sheet.
struct Plot {
    typealias Point = (x: Double, y: Double)

    let width: Double
    let height: Double
    private(set) var markup = Markup()

    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    /// As on a phone: names go above what they name, not beside it.
    var isNarrow: Bool { width < 500 }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
        markup.mark("path", ["class": style, "d": "M\(at(x1, y1))L\(at(x2, y2))"])
    }

    /// Points in a row; a step too small to see is left out.
    mutating func curve(_ points: [Point], _ style: String) {
        guard let first = points.first, let last = points.last, points.count > 1 else { return }
        var path = "M\(at(first.x, first.y))"
        var drawn = first
        for point in points.dropFirst().dropLast()
        where (point.x - drawn.x).magnitude >= 0.5 || (point.y - drawn.y).magnitude >= 0.5 {
            path += "L\(at(point.x, point.y))"
            drawn = point
        }
        markup.mark("path", ["class": style + " curve", "d": path + "L\(at(last.x, last.y))"])
    }

    /// The field between two rows of points.
    mutating func field(_ upper: [Point], _ lower: [Point], _ style: String) {
        let outline = upper + lower.reversed()
        guard let first = outline.first, outline.count > 2 else { return }
        let rest = outline.dropFirst().map { "L\(at($0.x, $0.y))" }.joined()
        markup.mark("path", ["class": style, "d": "M\(at(first.x, first.y))\(rest)Z"])
    }

    mutating func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String, tip: String = ""
    ) {
        let place: Markup.Attributes = [
            "class": style, "x": Self.text(x), "y": Self.text(y), "width": Self.text(max(width, 0)),
            "height": Self.text(max(height, 0)),
        ]
        tip.isEmpty ? markup.mark("rect", place) : markup.element("rect", place) { $0.element("title", tip) }
    }

    /// A round mark, or a square one: owner A and owner B, also for whoever sees no colours.
    mutating func mark(_ x: Double, _ y: Double, _ radius: Double, _ style: String, isSquare: Bool, tip: String = "") {
        guard !isSquare else {
            return rectangle(x - radius, y - radius, 2 * radius, 2 * radius, style, tip: tip)
        }
        let place: Markup.Attributes = ["class": style, "cx": Self.text(x), "cy": Self.text(y), "r": Self.text(radius)]
        tip.isEmpty ? markup.mark("circle", place) : markup.element("circle", place) { $0.element("title", tip) }
    }

    /// - Parameter anchor: `start`, `middle` or `end`.
    mutating func label(_ x: Double, _ y: Double, _ words: String, _ style: String = "", anchor: String = "start") {
        markup.element(
            "text",
            ["class": style, "x": Self.text(x), "y": Self.text(y), "text-anchor": anchor == "start" ? "" : anchor],
            words)
    }

    /// About how wide words of the usual size are.
    static func width(of words: String) -> Double { Double(words.count) * 6.7 }

    /// Moves what would lie on one another apart, keeping the order; `values` in any order.
    static func apart(_ values: [Double], by distance: Double, within range: ClosedRange<Double>) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var moved = values
        for (previous, next) in zip(order, order.dropFirst()) {
            moved[next] = max(moved[next], moved[previous] + distance)
        }
        var limit = range.upperBound
        for index in order.reversed() {
            moved[index] = max(min(moved[index], limit), range.lowerBound)
            limit = moved[index] - distance
        }
        return moved
    }

    private func at(_ x: Double, _ y: Double) -> String { Self.text(x) + " " + Self.text(y) }

    /// To a tenth: finer is not seen, and the page stays small.
    static func text(_ value: Double) -> String {
        guard value.isFinite, value.magnitude < 1_000_000 else { return "0" }
        let tenths = Int((value * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        let (whole, rest) = (tenths.magnitude / 10, tenths.magnitude % 10)
        return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
    }
}

/// A drawing made for three widths, so that its letters are the same size on a phone and on a desk; the style sheet shows one.
struct Figure {
    static let widths = [("wide", 1040.0), ("middle", 720.0), ("narrow", 350.0)]

    /// Unlike any other on the page.
    let id: String
    let title: String
    /// What is to be seen, in words, for whoever does not see it.
    let detail: String

    func write(to page: inout Markup, drawing: (Double) -> Plot) {
        for (name, width) in Self.widths {
            let plot = drawing(width)
            let attributes: Markup.Attributes = [
                "class": "figure \(name)", "viewBox": "0 0 \(Plot.text(plot.width)) \(Plot.text(plot.height))",
                "role": "img",
                "aria-labelledby": "\(id)-\(name)-title \(id)-\(name)-detail",
            ]
            page.element("svg", attributes) { svg in
                svg.element("title", ["id": "\(id)-\(name)-title"], title)
                svg.element("desc", ["id": "\(id)-\(name)-detail"], detail)
                svg.raw(plot.markup.text)
            }
        }
    }
}
