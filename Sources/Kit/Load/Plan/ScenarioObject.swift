/// What is wrong in a scenario file, and where.
struct Complaint: Error {
    /// Such as `clients[2].count`; empty for the whole.
    private(set) var place = ""
    /// The rest of the sentence: what is there, a semicolon, what to do.
    let words: String

    init(_ words: String) { self.words = words }

    /// The same, seen from what holds it under `key`; an index is written `[2]`.
    func under(_ key: String) -> Complaint {
        var outer = self
        outer.place = place.isEmpty || place.hasPrefix("[") ? key + place : "\(key).\(place)"
        return outer
    }

    var sentence: String { "\(place.isEmpty ? "the scenario" : place) \(words)" }
}

/// The members of one object of a scenario file. Whatever nobody asked for is refused, since a name that is spelt wrong
/// would otherwise be a default that nobody wanted.
struct ScenarioObject {
    private let members: [String: ScenarioValue]
    private var asked: [String] = []

    init(_ value: ScenarioValue) throws(Complaint) {
        guard case .object(let members) = value else { throw Complaint("is \(value.words); write an object, { … }") }
        self.members = members
    }

    /// nil when there is no such member.
    mutating func take<Part>(
        _ key: String, _ read: (ScenarioValue) throws(Complaint) -> Part
    ) throws(Complaint) -> Part? {
        asked.append(key)
        guard let value = members[key] else { return nil }
        do throws(Complaint) { return try read(value) } catch { throw error.under(key) }
    }

    /// - Parameter example: What might stand there, as JSON.
    mutating func need<Part>(
        _ key: String, like example: String, _ read: (ScenarioValue) throws(Complaint) -> Part
    ) throws(Complaint) -> Part {
        if let part = try take(key, read) { return part }
        throw Complaint("is missing; write \"\(key)\": \(example)").under(key)
    }

    /// Lets a member pass unread.
    mutating func ignore(_ key: String) { asked.append(key) }

    /// Call it last.
    func refuseOthers() throws(Complaint) {
        // Sorted, so that the same file always gets the same answer.
        guard let other = members.keys.sorted().first(where: { !asked.contains($0) }) else { return }
        let known = asked.filter { !$0.hasPrefix("$") }.joined(separator: ", ")
        let name =
            other.allSatisfy { $0.isLetter || $0.isNumber || "_-$".contains($0) } && !other.isEmpty && other.count <= 40
        throw Complaint("is not known; known here: \(known)").under(name ? other : ScenarioValue.quoted(other))
    }
}

/// Readers of single values; what is out of bounds is for `LoadPlan.validate` to say.
enum Read {
    static func string(_ value: ScenarioValue) throws(Complaint) -> String {
        guard case .string(let text) = value else { throw Complaint("is \(value.words); write a text in quotes") }
        return text
    }

    static func count(_ value: ScenarioValue) throws(Complaint) -> Int {
        let count: Int? =
            switch value {
            case .whole(let number): Int(exactly: number)
            case .number(let number): Int(exactly: number)
            default: nil
            }
        guard let count else { throw Complaint("is \(value.words); write a whole number like 200") }
        return count
    }

    static func seed(_ value: ScenarioValue) throws(Complaint) -> UInt64 {
        guard case .whole(let seed) = value else {
            throw Complaint("is \(value.words); write a whole number from 0 to 18446744073709551615")
        }
        return seed
    }

    /// Events, connections or upgrades a second.
    static func rate(_ value: ScenarioValue) throws(Complaint) -> Double {
        switch value {
        case .whole(let rate): return Double(rate)
        case .number(let rate): return rate
        case .string(let text): return try reading(value) { () throws(KitError) in try RateText.read(text) }
        default: throw Complaint("is \(value.words); write a rate like \"200/s\"")
        }
    }

    /// Bytes a second.
    static func byteRate(_ value: ScenarioValue) throws(Complaint) -> Int {
        guard case .string(let text) = value else { return try count(value) }
        return try reading(value) { () throws(KitError) in try ClientModel.byteRate(text) }
    }

    static func duration(_ value: ScenarioValue) throws(Complaint) -> Duration {
        guard case .string(let text) = value else {
            throw Complaint("is \(value.words); write a duration like \"250ms\", \"20s\" or \"5m\"")
        }
        return try reading(value) { () throws(KitError) in try DurationText.read(text) }
    }

    static func durationOrNone(_ value: ScenarioValue) throws(Complaint) -> Duration {
        guard case .string(let text) = value else { return try duration(value) }
        return try reading(value) { () throws(KitError) in try DurationText.readOrNone(text) }
    }

    /// Elements made by `part`; a complaint names which.
    static func list<Part>(
        of part: @escaping (ScenarioValue) throws(Complaint) -> Part
    ) -> (ScenarioValue) throws(Complaint) -> [Part] {
        { (value) throws(Complaint) in
            guard case .list(let values) = value else { throw Complaint("is \(value.words); write a list, [ … ]") }
            var parts: [Part] = []
            for (index, value) in values.enumerated() {
                do throws(Complaint) { parts.append(try part(value)) } catch { throw error.under("[\(index)]") }
            }
            return parts
        }
    }

    private static func reading<Part>(
        _ value: ScenarioValue, _ read: () throws(KitError) -> Part
    ) throws(Complaint) -> Part {
        do throws(KitError) { return try read() } catch { throw Complaint("is \(value.words); \(error.message)") }
    }
}
