import Kit

/// One thing heard from a feed → one line.
///
/// Clicks go to standard output. What was missed goes there too where it can be told apart: for people, and as JSON with a
/// `type` of its own. Columns and identifiers have no room for it: then it goes to standard error.
struct EventPrinter {
    private var printer: RecordPrinter
    private let options: OutputOptions

    /// What an event of a protocol may have.
    static func fields(of wire: WireProtocol) -> [String] {
        switch wire {
        case .quikko: ["type", "shortCode", "country", "deviceType", "browser", "timestamp", "room", "position"]
        case .quickback: ["type", "table", "schema", "eventType", "new", "old", "event", "payload"]
        case .quickdapp: ["type", "data"]
        case .socketio: ["event", "data"]
        }
    }

    init(_ options: OutputOptions) {
        self.options = options
        printer = RecordPrinter(options)
    }

    mutating func print(_ click: ClickEvent, _ place: Place?) {
        printer.print(
            Record(
                fields: [
                    ("type", "click"), ("shortCode", .string(click.shortCode)), ("country", .string(click.country)),
                    ("deviceType", .string(click.deviceType)), ("browser", .string(click.browser)),
                    ("timestamp", .string(click.timestamp)),
                    ("room", place.map { .string($0.room.description) } ?? .null),
                    ("position", place.map { .string($0.position.description) } ?? .null),
                ],
                line: Self.line(click), identifier: click.shortCode))
    }

    /// An event of a protocol without numbers: the message as it came, and for people its gist on one line.
    mutating func print(_ message: JSON) {
        guard case .object(let pairs) = message else { return }
        func text(_ key: String) -> String { if case .string(let text)? = message[key] { text } else { "" } }
        let (name, content) =
            switch text("type") {
            case "broadcast": (text("event"), message["payload"])
            case "postgres_changes":
                ("\(text("eventType")) \(text("table"))", message["new"] == .null ? message["old"] : message["new"])
            case "": (text("event"), message["data"])
            case let type: (type, message["data"]?["data"] ?? message["data"])
            }
        printer.print(
            Record(
                fields: pairs.members.map { ($0.key, $0.value) },
                line: "\(Self.padded(name, 20))  \(Terminal.printable((content ?? .null).text))", plain: message.text,
                identifier: name))
    }

    mutating func print(_ gap: Gap, isFetched: Bool) {
        let what = gap.numbers.lowerBound == gap.numbers.upperBound ? "" : " to \(gap.numbers.upperBound)"
        aside(
            "gap", gap.json,
            "missed \(gap.count) \(gap.count == 1 ? "click" : "clicks"), \(gap.epoch):\(gap.numbers.lowerBound)\(what): "
                + Self.words(gap.reason) + (isFetched ? "; fetching them" : ""))
    }

    /// Silent for people when all is well and nothing was replayed.
    mutating func print(_ recovery: Recovery) {
        let clicks = "\(recovery.count) \(recovery.count == 1 ? "click" : "clicks")"
        let room = if case .link(let code) = recovery.room { "\(code): " } else { "" }
        aside("recovered", recovery.json, recovery.count == 0 ? nil : "\(room)caught up to \(recovery.to), \(clicks)")
    }

    mutating func print(_ hole: Hole, in room: Room) {
        aside("hole", hole.json(in: room), Self.words(hole))
    }

    private mutating func aside(_ type: String, _ json: JSON, _ words: String?) {
        let isPlain = options.fields.isEmpty
        switch options.output {
        case .ndjson where isPlain, .json where isPlain, .auto where isPlain && !Terminal.outputIsTerminal:
            var members: [(String, JSON)] = [("type", .string(type))]
            if case .object(let pairs) = json { members += pairs.members.map { ($0.key, $0.value) } }
            Terminal.print(JSON.object(.init(members)).text)
        case .auto where isPlain, .table where isPlain:
            if let words { Terminal.print(Terminal.usesColor ? "\u{1b}[2m-- \(words)\u{1b}[0m" : "-- \(words)") }
        default:
            if let words { Terminal.complain("-- \(words)") }
        }
    }

    private static func words(_ reason: Gap.Reason) -> String {
        switch reason {
        case .slow: "this client was too slow"
        case .overload: "the server was overloaded"
        }
    }

    private static func words(_ hole: Hole) -> String {
        switch hole.reason {
        case .crash:
            "the server crashed: epoch \(hole.epoch) ended durably at \(hole.epoch):\(hole.from - 1), what came behind it is lost; "
                + "a new epoch goes on with \(hole.from)"
        case .overflow: "the log lost \(hole.epoch):\(hole.from) to \(hole.to ?? hole.from): its disk could not keep up"
        case .missing: "the log does not have \(hole.epoch):\(hole.from)" + (hole.to.map { " to \($0)" } ?? "")
        case .unknown: "this server does not know position \(hole.epoch):\(hole.from - 1); following from now on"
        }
    }

    private static func line(_ click: ClickEvent) -> String {
        let time = click.timestamp.split(separator: "T").last.map { $0.prefix(12) } ?? ""
        let code = padded(click.shortCode, 10)
        let highlighted = Terminal.usesColor ? "\u{1b}[1m\(code)\u{1b}[0m" : code
        return
            "\(time)  \(highlighted)  \(padded(click.country, 7))  \(padded(click.deviceType, 7))  \(Terminal.printable(click.browser))"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        let text = Terminal.printable(text)
        return text + String(repeating: " ", count: max(0, width - text.count))
    }
}
