/// HTML under way that is well-formed XML too, so that any reader of either takes it.
///
/// What comes from outside goes in as text or as an attribute's value and is escaped here, in one place.
struct Markup {
    typealias Attributes = KeyValuePairs<String, String>

    private(set) var text = ""

    /// An element with markup inside.
    mutating func element(_ name: String, _ attributes: Attributes = [:], _ content: (inout Markup) -> Void) {
        open(name, attributes)
        text += ">"
        content(&self)
        text += "</\(name)>"
    }

    /// An element with words inside, escaped.
    mutating func element(_ name: String, _ attributes: Attributes, _ words: String) {
        element(name, attributes) { $0.words(words) }
    }

    mutating func element(_ name: String, _ words: String) { element(name, [:], words) }

    /// An element that is empty by its nature: `meta`, and the shapes of SVG.
    mutating func mark(_ name: String, _ attributes: Attributes = [:]) {
        open(name, attributes)
        text += "/>"
    }

    mutating func words(_ words: String) { text += Self.escaped(words) }

    /// Only for markup of our own.
    mutating func raw(_ markup: String) { text += markup }

    private mutating func open(_ name: String, _ attributes: Attributes) {
        text += "<\(name)"
        for (key, value) in attributes where !value.isEmpty { text += " \(key)=\"\(Self.escaped(value))\"" }
    }

    /// What XML 1.0 does not allow (§2.2), and what would turn the direction of the text around it, becomes U+FFFD.
    static func escaped(_ words: String) -> String {
        var text = ""
        for scalar in words.unicodeScalars {
            switch scalar.value {
            case 0x26: text += "&amp;"
            case 0x3C: text += "&lt;"
            case 0x3E: text += "&gt;"
            case 0x22: text += "&quot;"
            case 0x27: text += "&#39;"
            case 0x9, 0xA: text.unicodeScalars.append(scalar)
            case ..<0x20, 0x7F...0x9F, 0x202A...0x202E, 0x2066...0x2069, 0xFFFE, 0xFFFF: text += "\u{FFFD}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
