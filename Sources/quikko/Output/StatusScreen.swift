import Foundation
import Kit

/// The server's status on one screen: is it well, then what flows, then who loses.
///
/// A line that needs a look begins with `!`; colour only repeats that.
struct StatusScreen {
    var origin: String
    var server: APIClient.ServerAnswer
    var losing: [APIClient.ConnectionAnswer] = []
    var rates: StatusRates?
    /// Why the server does not answer any more; the rest is then what it said last.
    var silence: String?

    /// Connections named on the screen at most.
    static let shownConnections = 5

    func lines(inColor color: Bool) -> [String] {
        let paint = Paint(isOn: color)
        return verdict(paint) + [""] + rows.map { $0.text(paint) } + connections(paint)
    }

    private func verdict(_ paint: Paint) -> [String] {
        let facts = [
            "quikko \(Terminal.printable(server.version)) at \(origin)",
            "up \(StatusText.time(seconds: server.uptimeSeconds))",
            StatusText.megabytes(server.memoryBytes), "links \(StatusText.count(server.links))",
            "epoch \(server.epoch)",
        ].joined(separator: ", ")
        if let silence {
            return [
                paint("no answer", .bad) + "  " + facts,
                paint("! trying again: \(Terminal.printable(silence))", .bad),
            ]
        }
        let problems = server.problems
        guard !problems.isEmpty else { return [paint("ok", .good) + "  " + facts] }
        return [paint("degraded", .bad) + "  " + facts] + problems.map { paint("! \(Terminal.printable($0))", .bad) }
    }

    private var rows: [Row] {
        let (clicks, messages) = (server.clicks, server.messages)
        let (slow, notices) = (server.slowConsumers, server.notices)
        return [
            heading,
            Row(
                "connections", server.connections, nil,
                details: [
                    ("slow", server.slow), ("replaying", server.replaying), ("rooms", server.rooms),
                ], needsLook: server.slow > 0),
            Row(
                "clicks", clicks.numbered, rates?.clicks,
                details: [
                    ("lost", clicks.lost), ("undelivered", clicks.undelivered),
                ], needsLook: clicks.lost + clicks.undelivered > 0),
            Row(
                "log commits", server.log.commits, rates?.commits,
                details: [("unlogged", clicks.unlogged), ("holes", server.log.holes)],
                oldest: server.log.oldestMilliseconds, needsLook: server.log.failing || server.log.holes > 0),
            Row("messages", messages.accepted, rates?.accepted),
            Row("  delivered", messages.delivered, rates?.delivered),
            Row(
                "  dropped", messages.dropped.total, rates?.dropped,
                details: [
                    ("full", messages.dropped.full), ("closed", messages.dropped.closed),
                    ("overload", messages.dropped.overload), ("conflated", messages.dropped.conflated ?? 0),
                ], needsLook: messages.dropped.full + messages.dropped.overload > 0),
            Row("  pending", messages.pending, nil, oldest: server.oldestMilliseconds),
            Row("  deferred", messages.deferred, nil),
            Row(
                "went slow", slow.dropping + slow.replayed + slow.stalled, nil,
                details: [("dropping", slow.dropping), ("replayed", slow.replayed), ("stalled", slow.stalled)]),
            Row(
                "notices", notices.gaps + notices.positions, nil,
                details: [
                    ("gaps", notices.gaps), ("announced", notices.announced), ("positions", notices.positions),
                ]),
            Row("latency", number: StatusText.count(server.latency.count), detail: latency),
        ]
    }

    private var heading: Row {
        guard silence == nil else { return Row("", number: "total", detail: "as last seen") }
        guard let rates else { return Row("", number: "total") }
        let span = rates.span.map { "over the last \(DurationText.write($0))" } ?? "since the start"
        return Row("", number: "total", rate: "rate", detail: span)
    }

    private var latency: String {
        let latency = server.latency
        guard latency.count > 0 else { return "" }
        let parts = [("p50", latency.p50), ("p99", latency.p99), ("p99.9", latency.p999), ("max", latency.max)]
        return parts.map { "\($0.0) \(StatusText.milliseconds($0.1))" }.joined(separator: ", ") + " ms"
    }

    private func connections(_ paint: Paint) -> [String] {
        let shown = losing.filter { $0.dropped.total > 0 }.prefix(Self.shownConnections)
        guard !shown.isEmpty else { return [] }
        let heading = ["user", "protocol", "state", "dropped", "pending", "oldest"]
        let cells = shown.map { connection in
            [
                connection.user, connection.protocol, connection.state, StatusText.count(connection.dropped.total),
                StatusText.count(connection.pending), "\(StatusText.count(connection.oldestMilliseconds)) ms",
            ]
        }
        return ["", paint("connections that lost most", .strong)]
            + ([heading] + cells).map { row in
                "  "
                    + zip(row, [24, 10, 9, -10, -8, -10]).map { text, width in
                        StatusText.padded(Terminal.printable(text), to: width)
                    }.joined(separator: " ")
            }
    }
}

/// `! label        total      rate  detail`, at most 80 columns while the numbers have no more than five digits.
private struct Row {
    var label: String
    var number: String
    var rate = ""
    var detail = ""
    var needsLook = false

    init(_ label: String, number: String, rate: String = "", detail: String = "") {
        self.label = label
        self.number = number
        self.rate = rate
        self.detail = detail
    }

    init(
        _ label: String, _ number: Int, _ rate: Double?, details: [(String, Int)] = [], oldest: Int? = nil,
        needsLook: Bool = false
    ) {
        var parts = details.map { "\($0.0) \(StatusText.count($0.1))" }
        if let oldest { parts.append("oldest \(StatusText.count(oldest)) ms") }
        self.init(
            label, number: StatusText.count(number), rate: rate.map(StatusText.rate) ?? "",
            detail: parts.joined(separator: ", "))
        self.needsLook = needsLook
    }

    func text(_ paint: Paint) -> String {
        let cells = [
            (needsLook ? "! " : "  ") + StatusText.padded(label, to: 12), StatusText.padded(number, to: -11),
            StatusText.padded(rate, to: -9), "  \(detail)",
        ]
        var line = cells.joined()
        while line.last == " " { line.removeLast() }
        return needsLook ? paint(line, .warning) : line
    }
}

private struct Paint {
    enum Color: String {
        case good = "32"
        case warning = "33"
        case bad = "31;1"
        case strong = "1"
    }

    let isOn: Bool

    func callAsFunction(_ text: String, _ color: Color) -> String {
        isOn ? "\u{1b}[\(color.rawValue)m\(text)\u{1b}[0m" : text
    }
}

/// Numbers as people read them.
enum StatusText {
    /// `1,234,567`.
    static func count(_ number: Int) -> String {
        var text = ""
        for (index, digit) in String(number.magnitude).reversed().enumerated() {
            if index > 0 && index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (number < 0 ? "-" : "") + String(text.reversed())
    }

    /// `0.8/s`, `1,234/s`.
    static func rate(_ rate: Double) -> String { decimals(rate, rate < 100 ? 1 : 0) + "/s" }

    /// Three digits that matter: `0.42`, `12.3`, `1,234`.
    static func milliseconds(_ milliseconds: Double) -> String {
        decimals(milliseconds, milliseconds < 10 ? 2 : milliseconds < 100 ? 1 : 0)
    }

    /// `39.0 MB`.
    static func megabytes(_ bytes: Int) -> String { decimals(Double(bytes) / 1e6, 1) + " MB" }

    /// `12 s`, `3 min 04 s`, `2 h 05 min`, `4 d 03 h`.
    static func time(seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3_600: String(format: "%ld min %02ld s", seconds / 60, seconds % 60)
        case ..<86_400: String(format: "%ld h %02ld min", seconds / 3_600, seconds / 60 % 60)
        default: String(format: "%ld d %02ld h", seconds / 86_400, seconds / 3_600 % 24)
        }
    }

    /// Spaces behind the text, or before it when `width` is negative.
    static func padded(_ text: String, to width: Int) -> String {
        let spaces = String(repeating: " ", count: max(0, abs(width) - text.count))
        return width < 0 ? spaces + text : text + spaces
    }

    private static func decimals(_ number: Double, _ places: Int) -> String {
        guard number.isFinite, number.magnitude < 1e15 else { return "?" }
        let text = String(format: "%.\(places)f", number)
        let whole = text.prefix { $0 != "." }
        return (Int(whole).map(count) ?? String(whole)) + text.dropFirst(whole.count)
    }
}
