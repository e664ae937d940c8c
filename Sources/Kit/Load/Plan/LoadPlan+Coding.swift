extension LoadPlan: Codable {
    /// A file larger than this is none that a person wrote.
    static let maximumFileSize = 1_048_576

    /// The plan in the text of a scenario file, checked.
    ///
    /// - Throws: `.invalid`, naming the place, or line and column, and what is allowed there; `.tooLarge` beyond 1 MiB.
    public static func read(_ text: String) throws(KitError) -> LoadPlan {
        guard text.utf8.count <= maximumFileSize else {
            throw KitError(.tooLarge, "a scenario file has at most 1 MiB; this one has \(text.utf8.count) bytes")
        }
        let value = try ScenarioParser.parse(text)
        let plan: LoadPlan
        do throws(Complaint) {
            plan = try LoadPlan(value)
        } catch {
            throw KitError(.invalid, error.sentence)
        }
        try plan.validate()
        return plan
    }

    /// - Throws: `KitError`, naming what is not understood. Bounds are not checked: `validate()` does that.
    public init(from decoder: any Decoder) throws {
        self = try ScenarioValue.read(decoder) { (value) throws(Complaint) in try LoadPlan(value) }
    }

    public func encode(to encoder: any Encoder) throws { try ScenarioValue.object(members).encode(to: encoder) }

    init(_ value: ScenarioValue) throws(Complaint) {
        var object = try ScenarioObject(value)
        // Editors find the schema by it.
        object.ignore("$schema")
        self.init()
        name = try object.take("name", Read.string) ?? name
        kind = try object.take("kind", Kind.init(_:)) ?? kind
        schedule = try object.take("schedule", LoadSchedule.init(_:)) ?? schedule
        duration = try object.take("duration", Read.duration) ?? schedule.length ?? duration
        warmup = try object.take("warmup", Read.durationOrNone) ?? warmup
        drain = try object.take("drain", Read.duration) ?? drain
        clients = try object.take("clients", Read.list(of: ClientGroup.init(_:))) ?? clients
        clickers = try object.take("clickers", Read.count) ?? clickers
        connectRate = try object.take("connect_rate", Read.rate) ?? connectRate
        maximumInFlight = try object.take("maximum_in_flight", Read.count) ?? maximumInFlight
        seed = try object.take("seed", Read.seed) ?? seed
        thresholds = try object.take("thresholds", Read.list(of: Read.string)) ?? thresholds
        try object.refuseOthers()
    }

    var members: [String: ScenarioValue] {
        [
            "name": .string(name),
            "kind": .string(kind.rawValue),
            "schedule": .object(schedule.members),
            "duration": .string(DurationText.exact(duration)),
            "warmup": .string(DurationText.exact(warmup)),
            "drain": .string(DurationText.exact(drain)),
            "clients": .list(clients.map { .object($0.members) }),
            "clickers": .whole(UInt64(max(clickers, 0))),
            "connect_rate": .string(RateText.write(connectRate)),
            "maximum_in_flight": .whole(UInt64(max(maximumInFlight, 0))),
            "seed": .whole(seed),
            "thresholds": .list(thresholds.map { .string($0) }),
        ]
    }
}

extension LoadPlan.Kind {
    init(_ value: ScenarioValue) throws(Complaint) {
        guard case .string(let text) = value, let kind = Self(rawValue: text) else {
            throw Complaint("is \(value.words); known: \(Self.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self = kind
    }
}
