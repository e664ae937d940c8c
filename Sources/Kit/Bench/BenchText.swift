/// Single members out of the few small JSON objects the driver reads while it sets up.
///
/// Not a parser: it finds the first member of that name anywhere in the text, which is enough for answers whose shape
/// is known, and keeps Foundation out of the driver.
enum BenchText {
    /// The string under `key`, with `\/` and `\"` undone; nil when there is none.
    static func string(_ key: String, in text: String) -> String? {
        guard var rest = value(of: key, in: text), rest.popFirst() == "\"" else { return nil }
        var found = ""
        while let character = rest.popFirst(), character != "\"" {
            if character == "\\", let escaped = rest.popFirst() {
                found.append(escaped)
            } else {
                found.append(character)
            }
        }
        return found
    }

    /// The whole number under `key`.
    static func number(_ key: String, in text: String) -> Int? {
        value(of: key, in: text).flatMap { Int($0.prefix { $0.isNumber }) }
    }

    private static func value(of key: String, in text: String) -> Substring? {
        for spelling in [key, key.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "\\/")] {
            guard let name = text.firstRange(of: "\"\(spelling)\"") else { continue }
            let rest = text[name.upperBound...].drop(while: \.isWhitespace)
            if rest.first == ":" { return rest.dropFirst().drop(while: \.isWhitespace) }
        }
        return nil
    }
}
