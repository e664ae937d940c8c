/// JSON values as YAML 1.2, in blocks; texts are quoted as in JSON, which YAML reads the same way.
enum YAMLText {
    static func write(_ value: JSON) -> String {
        var text = ""
        write(value, indent: 0, to: &text)
        return text
    }

    private static func write(_ value: JSON, indent: Int, to text: inout String) {
        let space = String(repeating: "  ", count: indent)
        switch value {
        case .object(let object) where !object.members.isEmpty:
            for (key, value) in object.members {
                text += space + JSON.string(key).text + ":"
                writeValue(value, indent: indent + 1, to: &text)
            }
        case .array(let values) where !values.isEmpty:
            for value in values {
                text += space + "-"
                writeValue(value, indent: indent + 1, to: &text)
            }
        default: text += space + value.text + "\n"
        }
    }

    private static func writeValue(_ value: JSON, indent: Int, to text: inout String) {
        if case .object(let object) = value, !object.members.isEmpty {
            text += "\n"
            write(value, indent: indent, to: &text)
        } else if case .array(let values) = value, !values.isEmpty {
            text += "\n"
            write(value, indent: indent, to: &text)
        } else {
            text += " " + value.text + "\n"
        }
    }
}
