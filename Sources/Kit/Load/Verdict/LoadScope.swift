/// Of whom a number is.
enum LoadScope: Sendable, Hashable {
    /// Everyone, and what is of the run itself.
    case all
    /// Every client by itself; only a threshold can ask for it.
    case each
    case fast
    case slow
    case churn
    case model(SlowModel)

    /// How a slow client is slow, without its numbers.
    enum SlowModel: String, Sendable, CaseIterable {
        case never, trickle, stall, noPong = "no-pong", reset, frozen
    }

    /// As it is written in a threshold and in the report: `all`, `fast`, `slow/no-pong`.
    var name: String {
        switch self {
        case .all: "all"
        case .each: "each"
        case .fast: "fast"
        case .slow: "slow"
        case .churn: "churn"
        case .model(let model): "slow/\(model.rawValue)"
        }
    }

    /// In the order of reports.
    static let everyScope: [LoadScope] =
        [.all, .each, .fast, .slow] + SlowModel.allCases.map { .model($0) } + [.churn]

    /// The finest scope a client is in.
    init(of model: ClientModel) {
        self =
            switch model {
            case .fast: .fast
            case .never: .model(.never)
            case .trickle: .model(.trickle)
            case .stall: .model(.stall)
            case .noPong: .model(.noPong)
            case .reset: .model(.reset)
            case .frozen: .model(.frozen)
            case .churn, .slowHandshake: .churn
            }
    }

    /// - Throws: `.invalid` with what is allowed when there is no such role or model.
    init(_ text: String) throws(KitError) {
        if let scope = Self.everyScope.first(where: { $0.name == text }) {
            self = scope
            return
        }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let models = SlowModel.allCases.map(\.rawValue).joined(separator: ", ")
        switch (parts[0], parts.count) {
        case ("slow", 2) where parts[1] == "churn":
            throw KitError(.invalid, "clients that come and go are a role of their own; write churn:")
        case ("slow", 2):
            throw KitError(.invalid, "there is no model '\(parts[1])'; slow clients are \(models)")
        case ("fast", 2), ("churn", 2), ("all", 2), ("each", 2):
            throw KitError(.invalid, "'\(parts[0])' has no models; only slow clients have: slow/\(models)")
        default:
            throw KitError(
                .invalid, "there is no role '\(text)'; a threshold is of all, each, fast, slow, slow/MODEL or churn")
        }
    }

    /// Whether everything of `other` is also of this one.
    func holds(_ other: LoadScope) -> Bool {
        switch (self, other) {
        case (.all, _), (.each, _): true
        case (.slow, .model): true
        default: self == other
        }
    }
}
