extension ClientModel: Codable {
    public init(from decoder: any Decoder) throws {
        self = try ScenarioValue.read(decoder) { (value) throws(Complaint) in
            var object = try ScenarioObject(value)
            let model = try ClientModel(&object)
            try object.refuseOthers()
            return model
        }
    }

    public func encode(to encoder: any Encoder) throws { try ScenarioValue.object(members).encode(to: encoder) }

    /// The model's own members; its group's are beside them.
    init(_ object: inout ScenarioObject) throws(Complaint) {
        let name = try object.need("model", like: "\"fast\"", Read.string)
        switch name {
        case "fast": self = .fast
        case "never": self = .never
        case "trickle": self = .trickle(bytesPerSecond: try object.need("rate", like: "\"1KiB/s\"", Read.byteRate))
        case "stall":
            self = .stall(
                on: try object.need("on", like: "\"1s\"", Read.duration),
                off: try object.need("off", like: "\"4s\"", Read.duration))
        case "no-pong": self = .noPong
        case "reset": self = .reset(every: try object.need("every", like: "\"2s\"", Read.duration))
        case "frozen": self = .frozen
        case "churn": self = .churn(perSecond: try object.need("rate", like: "\"50/s\"", Read.rate))
        case "slow-handshake": self = .slowHandshake
        default:
            let known = Self.examples.map(\.name).joined(separator: ", ")
            throw Complaint("is \(ScenarioValue.quoted(name)); known: \(known)").under("model")
        }
    }

    var members: [String: ScenarioValue] {
        var members: [String: ScenarioValue] = ["model": .string(name)]
        switch self {
        case .trickle(let bytes): members["rate"] = .string(SizeText.write(bytes) + "/s")
        case .stall(let on, let off):
            members["on"] = .string(DurationText.exact(on))
            members["off"] = .string(DurationText.exact(off))
        case .reset(let every): members["every"] = .string(DurationText.exact(every))
        case .churn(let rate): members["rate"] = .string(RateText.write(rate))
        case .fast, .never, .noPong, .frozen, .slowHandshake: break
        }
        return members
    }
}

extension ClientGroup: Codable {
    public init(from decoder: any Decoder) throws {
        self = try ScenarioValue.read(decoder) { (value) throws(Complaint) in try ClientGroup(value) }
    }

    public func encode(to encoder: any Encoder) throws { try ScenarioValue.object(members).encode(to: encoder) }

    init(_ value: ScenarioValue) throws(Complaint) {
        var object = try ScenarioObject(value)
        model = try ClientModel(&object)
        count = try object.need("count", like: "200", Read.count)
        try object.refuseOthers()
    }

    var members: [String: ScenarioValue] {
        model.members.merging(["count": .whole(UInt64(max(count, 0)))]) { _, count in count }
    }
}
