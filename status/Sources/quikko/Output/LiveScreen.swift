import Glibc

/// A screen redrawn in place, with the cursor out of the way; without a terminal, screens one below the other.
struct LiveScreen {
    /// A terminal that can move its cursor.
    private let redraws: Bool
    private var isFirst = true

    init() {
        redraws = Terminal.outputIsTerminal && getenv("TERM").map { strcmp($0, "dumb") } != 0
    }

    /// Lines that do not fit the terminal are cut, so that each screen covers the last one.
    mutating func show(_ lines: [String]) {
        defer { isFirst = false }
        guard redraws else { return Terminal.print((isFirst ? lines : [""] + lines).joined(separator: "\n")) }
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 1
        // The last column stays free, or erasing the rest of a full line would take its last character; the last row is
        // for the newline at the end.
        let (columns, rows) = isKnown ? (Int(size.ws_col) - 1, Int(size.ws_row) - 1) : (79, 23)
        let text = lines.prefix(rows).map { Self.cut($0, to: columns) }.joined(separator: "\u{1b}[K\n")
        Terminal.print((isFirst ? "\u{1b}[?25l\u{1b}[2J" : "") + "\u{1b}[H\(text)\u{1b}[J")
    }

    /// Shows the cursor again. Safe on any thread.
    func end() {
        if redraws { _ = "\u{1b}[?25h".withCString { write(STDOUT_FILENO, $0, 6) } }
    }

    /// The first `columns` characters; colours (`ESC [ … m`) take no room and are kept.
    static func cut(_ line: String, to columns: Int) -> String {
        var result = ""
        var room = columns
        var isEscape = false
        for character in line {
            if character == "\u{1b}" { isEscape = true }
            guard isEscape || room > 0 else { continue }
            result.append(character)
            if !isEscape { room -= 1 }
            if isEscape && character == "m" { isEscape = false }
        }
        return result
    }
}
