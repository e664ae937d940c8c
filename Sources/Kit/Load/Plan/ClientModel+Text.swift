extension ClientModel: CustomStringConvertible {
    /// Reads back as the same model; the label in reports.
    public var description: String {
        switch self {
        case .trickle(let bytes): "\(name)=\(SizeText.write(bytes))/s"
        case .stall(let on, let off): "\(name)=\(DurationText.exact(on))/\(DurationText.exact(off))"
        case .reset(let every): "\(name)=\(DurationText.exact(every))"
        case .churn(let rate): "\(name)=\(RateText.write(rate))"
        case .fast, .never, .noPong, .frozen, .slowHandshake: name
        }
    }

    /// - Throws: `.invalid` when `text` is none, with an example of what it seems to be.
    public init(_ text: String) throws(KitError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let example = Self.examples.first(where: { $0.name == parts[0] }) else {
            let known = Self.examples.map(\.description).joined(separator: ", ")
            throw KitError(.invalid, "client model \(ScenarioValue.quoted(text)) is not known; known: \(known)")
        }
        guard parts.count == 2 else {
            guard example.description == example.name else {
                throw KitError(.invalid, "\(example.name) needs a value; write it like \(example)")
            }
            self = example
            return
        }
        do {
            self = try example.with(parts[1])
        } catch {
            throw KitError(.invalid, "\(ScenarioValue.quoted(text)): \(error.message)")
        }
    }

    /// The same model with the value written behind its `=`.
    private func with(_ value: String) throws(KitError) -> ClientModel {
        switch self {
        case .trickle: return .trickle(bytesPerSecond: try Self.byteRate(value))
        case .stall:
            let parts = value.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { throw KitError(.invalid, "write how long it reads and rests, like \(self)") }
            return .stall(on: try DurationText.read(parts[0]), off: try DurationText.read(parts[1]))
        case .reset: return .reset(every: try DurationText.read(value))
        case .churn: return .churn(perSecond: try RateText.read(value))
        case .fast, .never, .noPong, .frozen, .slowHandshake:
            throw KitError(.invalid, "\(name) takes no value; write \(name) alone")
        }
    }

    /// Bytes a second, such as `1KiB/s`.
    static func byteRate(_ text: String) throws(KitError) -> Int {
        do {
            return try SizeText.read(text.hasSuffix("/s") ? String(text.dropLast(2)) : text)
        } catch {
            throw KitError(.invalid, "write bytes a second like 1KiB/s")
        }
    }
}

extension ClientGroup: CustomStringConvertible {
    public var description: String { "\(model):\(count)" }

    /// Groups behind one another, such as `fast:200,never:5,trickle=1KiB/s:3`; `none` is no client at all.
    ///
    /// - Throws: `.invalid`, naming the group that is wrong.
    public static func read(_ list: String) throws(KitError) -> [ClientGroup] {
        guard list != "none" else { return [] }
        var groups: [ClientGroup] = []
        for text in list.split(separator: ",", omittingEmptySubsequences: false) {
            groups.append(try ClientGroup(String(text)))
        }
        return groups
    }

    private init(_ text: String) throws(KitError) {
        guard let colon = text.lastIndex(of: ":") else {
            throw KitError(.invalid, "\(ScenarioValue.quoted(text)) says not how many clients; write it like never:5")
        }
        let model = try ClientModel(String(text[..<colon]))
        do {
            self.init(model, count: try CountText.read(String(text[text.index(after: colon)...])))
        } catch {
            throw KitError(.invalid, "\(ScenarioValue.quoted(text)): \(error.message), such as \(model):5")
        }
    }
}
