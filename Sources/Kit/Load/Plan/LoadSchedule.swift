/// When events are due. `Pacer` has the formulas.
public enum LoadSchedule: Sendable, Equatable {
    /// Events a second, evenly.
    case constant(rate: Double)
    /// From one rate to another, over the measured time.
    case ramp(from: Double, to: Double)
    /// One rate after another, 1 to 100 of them.
    case steps([Step])
    /// So many a second on average, with exponential distances from the plan's seed.
    case poisson(rate: Double)
    /// So many at once, every so often; 1 ms to an hour apart.
    case burst(size: Int, every: Duration)

    public struct Step: Sendable, Equatable {
        public var rate: Double
        /// At least 100 ms.
        public var duration: Duration

        public init(rate: Double, duration: Duration) {
            self.rate = rate
            self.duration = duration
        }
    }

    /// Events a second on average.
    public var targetRate: Double {
        switch self {
        case .constant(let rate), .poisson(let rate): rate
        case .ramp(let from, let to): (from + to) / 2
        case .steps(let steps):
            steps.reduce(0) { $0 + $1.rate * ($1.duration / .seconds(1)) } / (length.map { $0 / .seconds(1) } ?? 1)
        case .burst(let size, let every): Double(size) / (every / .seconds(1))
        }
    }

    /// How long it lasts by itself: all steps together; nil for what lasts as long as it is let.
    public var length: Duration? {
        guard case .steps(let steps) = self else { return nil }
        return steps.reduce(.zero) { $0 + $1.duration }
    }

    /// The word under `model` in files.
    var name: String {
        switch self {
        case .constant: "constant"
        case .ramp: "ramp"
        case .steps: "steps"
        case .poisson: "poisson"
        case .burst: "burst"
        }
    }
}

extension LoadSchedule: CustomStringConvertible {
    /// As the flag has it: `500/s`, `100..2000/s`, `100/s@5s,200/s@5s`, `32/100ms`.
    public var description: String {
        switch self {
        case .constant(let rate), .poisson(let rate): RateText.write(rate)
        case .ramp(let from, let to): "\(RateText.number(from))..\(RateText.write(to))"
        case .steps(let steps):
            steps.map { "\(RateText.write($0.rate))@\(DurationText.exact($0.duration))" }.joined(separator: ",")
        case .burst(let size, let every): "\(size)/\(DurationText.exact(every))"
        }
    }

    /// `500/s` or `500`.
    public static func readConstant(_ text: String) throws(KitError) -> LoadSchedule {
        .constant(rate: try RateText.read(text))
    }

    /// `100..2000/s`.
    public static func readRamp(_ text: String) throws(KitError) -> LoadSchedule {
        guard let dots = text.firstRange(of: "..") else { throw KitError(.invalid, "write a ramp like 100..2000/s") }
        return .ramp(
            from: try RateText.read(String(text[..<dots.lowerBound])),
            to: try RateText.read(String(text[dots.upperBound...])))
    }

    /// `100/s@5s,200/s@5s`.
    public static func readSteps(_ text: String) throws(KitError) -> LoadSchedule {
        var steps: [Step] = []
        for step in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = step.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { throw KitError(.invalid, "write steps like 100/s@5s,200/s@5s") }
            steps.append(Step(rate: try RateText.read(parts[0]), duration: try DurationText.read(parts[1])))
        }
        return .steps(steps)
    }

    /// `500/s` or `500`.
    public static func readPoisson(_ text: String) throws(KitError) -> LoadSchedule {
        .poisson(rate: try RateText.read(text))
    }

    /// `32/100ms`.
    public static func readBurst(_ text: String) throws(KitError) -> LoadSchedule {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw KitError(.invalid, "write bursts like 32/100ms") }
        return .burst(size: try CountText.read(parts[0]), every: try DurationText.read(parts[1]))
    }
}

extension LoadSchedule: Codable {
    public init(from decoder: any Decoder) throws {
        self = try ScenarioValue.read(decoder) { (value) throws(Complaint) in try LoadSchedule(value) }
    }

    public func encode(to encoder: any Encoder) throws { try ScenarioValue.object(members).encode(to: encoder) }

    init(_ value: ScenarioValue) throws(Complaint) {
        var object = try ScenarioObject(value)
        let name = try object.need("model", like: "\"constant\"", Read.string)
        switch name {
        case "constant": self = .constant(rate: try object.need("rate", like: "\"200/s\"", Read.rate))
        case "ramp":
            self = .ramp(
                from: try object.need("from", like: "\"100/s\"", Read.rate),
                to: try object.need("to", like: "\"2000/s\"", Read.rate))
        case "steps":
            let example = "[{\"rate\": \"100/s\", \"duration\": \"5s\"}]"
            self = .steps(try object.need("steps", like: example, Read.list(of: Step.init(_:))))
        case "poisson": self = .poisson(rate: try object.need("rate", like: "\"200/s\"", Read.rate))
        case "burst":
            self = .burst(
                size: try object.need("size", like: "32", Read.count),
                every: try object.need("every", like: "\"100ms\"", Read.duration))
        default:
            throw Complaint("is \(ScenarioValue.quoted(name)); known: constant, ramp, steps, poisson, burst")
                .under("model")
        }
        try object.refuseOthers()
    }

    var members: [String: ScenarioValue] {
        var members: [String: ScenarioValue] = ["model": .string(name)]
        switch self {
        case .constant(let rate), .poisson(let rate): members["rate"] = .string(RateText.write(rate))
        case .ramp(let from, let to):
            members["from"] = .string(RateText.write(from))
            members["to"] = .string(RateText.write(to))
        case .steps(let steps):
            members["steps"] = .list(
                steps.map { step in
                    .object([
                        "rate": .string(RateText.write(step.rate)),
                        "duration": .string(DurationText.exact(step.duration)),
                    ])
                })
        case .burst(let size, let every):
            members["size"] = .whole(UInt64(max(size, 0)))
            members["every"] = .string(DurationText.exact(every))
        }
        return members
    }
}

extension LoadSchedule.Step {
    init(_ value: ScenarioValue) throws(Complaint) {
        var object = try ScenarioObject(value)
        rate = try object.need("rate", like: "\"100/s\"", Read.rate)
        duration = try object.need("duration", like: "\"5s\"", Read.duration)
        try object.refuseOthers()
    }
}
