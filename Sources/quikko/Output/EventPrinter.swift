import Kit

/// One click → one line.
struct EventPrinter {
    private var printer: RecordPrinter

    static let fields = ["type", "shortCode", "country", "deviceType", "browser", "timestamp"]

    init(_ options: OutputOptions) { printer = RecordPrinter(options) }

    mutating func print(_ click: ClickEvent) {
        printer.print(
            Record(
                fields: [
                    ("type", "click"), ("shortCode", .string(click.shortCode)), ("country", .string(click.country)),
                    ("deviceType", .string(click.deviceType)), ("browser", .string(click.browser)),
                    ("timestamp", .string(click.timestamp)),
                ],
                line: Self.line(click), identifier: click.shortCode))
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
