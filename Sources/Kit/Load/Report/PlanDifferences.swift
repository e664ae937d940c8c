/// What two plans ask for differently.
struct PlanDifferences {
    /// Makes the figures of two runs incomparable.
    private(set) var essential: [String] = []
    /// Comparable all the same, and worth a note.
    private(set) var incidental: [String] = []
    /// Equally many events a second, so that less or more of something means better or worse.
    private(set) var isSameOffer = true

    init(_ base: LoadPlan, _ new: LoadPlan) {
        func differs<Value: Equatable>(_ what: String, _ fact: (LoadPlan) -> Value) -> [String] {
            let (old, now) = (fact(base), fact(new))
            return old == now ? [] : ["\(what): \(old) and \(now)"]
        }
        essential += differs("kind", \.kind.rawValue)
        essential += differs("clients") { Self.words($0.clients) }
        essential += differs("clickers", \.clickers)
        essential += differs("schedule") { Self.shape($0.schedule) }

        let rates = differs("rates differ, so nothing is called better or worse") { $0.schedule.description }
        isSameOffer = rates.isEmpty
        if essential.isEmpty { incidental += rates }
        incidental += differs("duration", \.duration)
        incidental += differs("warm-up", \.warmup)
        incidental += differs("connects a second", \.connectRate)
        incidental += differs("most in flight", \.maximumInFlight)
        incidental += differs("seed", \.seed)
    }

    /// Groups of the same model count as one, in any order.
    private static func words(_ clients: [ClientGroup]) -> String {
        var counts: [ClientModel: Int] = [:]
        for group in clients { counts[group.model] = HistogramSteps.sum(counts[group.model] ?? 0, group.count) }
        return counts.filter { $0.value != 0 }.map { "\($0.value) \($0.key)" }.sorted().joined(separator: " + ")
    }

    private static func shape(_ schedule: LoadSchedule) -> String {
        switch schedule {
        case .constant: "constant"
        case .ramp: "ramp"
        case .steps: "steps"
        case .poisson: "poisson"
        case .burst: "burst"
        }
    }
}
