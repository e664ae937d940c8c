/// Text of others within Markdown: it may neither mark anything up nor leave its table cell.
enum MarkdownText {
    /// As it is to be read. HTML entities where a backslash would not do in every reader (GFM §4.10, CommonMark §2.5).
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in FigureText.oneLine(text).unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "|": result += "&#124;"
            case "`": result += "&#96;"
            case "\\": result += "&#92;"
            case "*", "_", "[", "]", "~", "#": result += "\\\(scalar)"
            default: result.unicodeScalars.append(scalar)
            }
        }
        // At the start of an item these would begin a list or a rule of their own.
        return result.first.map { "-+=".contains($0) } == true ? "\\" + result : result
    }

    /// As code where that needs no escapes, else as text.
    static func code(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy { (" "..."~").contains($0) && !"`|\\".unicodeScalars.contains($0) }
        guard isPlain, !text.isEmpty, text.first != " ", text.last != " " else { return escaped(text) }
        return "`\(text)`"
    }
}
