/// One object of a configuration file, and where it stands there. Whatever nobody asked for is refused, since a name that
/// is spelt wrong would otherwise leave a row readable that nobody wanted to be.
struct ConfigurationSection {
    /// From the top of the file, such as `realtime.tables.clicks`; empty at the top.
    let path: String
    private let members: JSON.KeyValuePairs
    private var asked: [String] = []

    init(_ value: JSON, at path: String) throws(KitError) {
        guard case .object(let members) = value else { throw Self.mistake(path, value, "write an object, { … }") }
        self.path = path
        self.members = members
    }

    /// The members of an object whose names are the operator's own.
    mutating func sections() throws(KitError) -> [(name: String, section: ConfigurationSection)] {
        var sections: [(String, ConfigurationSection)] = []
        for (name, value) in members.members {
            guard !name.isEmpty else {
                throw KitError(.invalid, "\(place(name)) has no name; name it or leave it out")
            }
            asked.append(name)
            sections.append((name, try ConfigurationSection(value, at: place(name))))
        }
        return sections
    }

    mutating func section(_ key: String) throws(KitError) -> ConfigurationSection? {
        guard let value = take(key) else { return nil }
        return try ConfigurationSection(value, at: place(key))
    }

    mutating func text(_ key: String) throws(KitError) -> String? {
        guard let value = take(key) else { return nil }
        guard case .string(let text) = value else { throw Self.mistake(place(key), value, "write a text in quotes") }
        return text
    }

    mutating func flag(_ key: String) throws(KitError) -> Bool? {
        guard let value = take(key) else { return nil }
        guard case .bool(let flag) = value else { throw Self.mistake(place(key), value, "write true or false") }
        return flag
    }

    /// - Parameter check: What is wrong with an element and what to do, as the rest of the sentence; nil when nothing is.
    mutating func list(_ key: String, check: (String) -> String? = { _ in nil }) throws(KitError) -> [String]? {
        guard let value = take(key) else { return nil }
        guard case .array(let values) = value else { throw Self.mistake(place(key), value, "write a list, [ … ]") }
        var texts: [String] = []
        for (index, value) in values.enumerated() {
            let place = "\(place(key))[\(index)]"
            guard case .string(let text) = value else { throw Self.mistake(place, value, "write a text in quotes") }
            guard !text.isEmpty else { throw KitError(.invalid, "\(place) is empty; write a name or leave it out") }
            if let words = check(text) { throw KitError(.invalid, "\(place) is \(Self.shown(value))\(words)") }
            texts.append(text)
        }
        return texts
    }

    /// Call it last.
    func refuseOthers() throws(KitError) {
        guard let other = members.members.first(where: { !asked.contains($0.key) })?.key else { return }
        let known = asked.joined(separator: ", ")
        throw KitError(.invalid, "\(place(other)) is not known; known here: \(known)")
    }

    func has(_ key: String) -> Bool { members.members.contains { $0.key == key } }

    /// Where a member stands; a name that is no plain word is quoted.
    func place(_ key: String) -> String {
        let isPlain =
            !key.isEmpty && key.utf8.count <= 40
            && key.unicodeScalars.allSatisfy {
                $0.isASCII && (Character($0).isLetter || Character($0).isNumber || "_-$".unicodeScalars.contains($0))
            }
        guard isPlain else { return "\(path)[\(Self.shown(.string(key)))]" }
        return path.isEmpty ? key : "\(path).\(key)"
    }

    /// At most 40 characters of a text.
    static func shown(_ value: JSON) -> String {
        switch value {
        case .string(let text):
            JSON.string(String(text.unicodeScalars.prefix(40))).text + (text.unicodeScalars.count > 40 ? "…" : "")
        case .array: "a list"
        case .object: "an object"
        case .null, .bool, .int, .double, .number: String(value.text.prefix(40))
        }
    }

    private mutating func take(_ key: String) -> JSON? {
        asked.append(key)
        return members.members.first { $0.key == key }?.value
    }

    private static func mistake(_ path: String, _ value: JSON, _ words: String) -> KitError {
        KitError(.invalid, "\(path.isEmpty ? "the configuration" : path) is \(shown(value)); \(words)")
    }
}
