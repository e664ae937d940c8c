extension LoadPlan {
    /// Scenarios that need no file; the first is what a bare `quikko loadtest` runs.
    public static let scenarioNames = ["isolation", "smoke", "restart"]

    /// - Throws: `.invalid` when there is none of that name, with those that there are.
    public static func scenario(named name: String) throws(KitError) -> LoadPlan {
        switch name {
        case "isolation": return isolation
        case "smoke": return smoke
        case "restart": return restart
        default:
            let known = scenarioNames.joined(separator: ", ")
            throw KitError(.invalid, "no scenario \(ScenarioValue.quoted(name)); take \(known), or a scenario file")
        }
    }

    /// Two feeds of 150 fast clients and 20 others, which beside B never read: some 24 s and the end.
    private static var isolation: LoadPlan {
        var plan = LoadPlan()
        plan.name = "isolation"
        plan.kind = .isolation
        plan.schedule = .constant(rate: 100)
        plan.duration = .seconds(20)
        plan.warmup = .seconds(3)
        plan.clients = [ClientGroup(.fast, count: 150), ClientGroup(.never, count: 20)]
        return plan
    }

    /// A little of everything in a few seconds: some 6 s and the end, which may take 5.
    private static var smoke: LoadPlan {
        var plan = LoadPlan()
        plan.name = "smoke"
        plan.kind = .smoke
        plan.schedule = .constant(rate: 400)
        plan.duration = .seconds(5)
        plan.warmup = .seconds(1)
        plan.drain = .seconds(5)
        plan.clients = [
            ClientGroup(.fast, count: 20), ClientGroup(.never, count: 3),
            ClientGroup(.stall(on: .milliseconds(500), off: .seconds(1)), count: 2),
            ClientGroup(.trickle(bytesPerSecond: 4_096), count: 1), ClientGroup(.reset(every: .seconds(2)), count: 1),
        ]
        return plan
    }

    /// Clients that read, stall and stand still while their server stops and dies.
    private static var restart: LoadPlan {
        var plan = LoadPlan()
        plan.name = "restart"
        plan.kind = .restart
        plan.schedule = .constant(rate: 200)
        plan.duration = .seconds(15)
        plan.warmup = .seconds(2)
        plan.clients = [
            ClientGroup(.fast, count: 50), ClientGroup(.stall(on: .seconds(1), off: .seconds(2)), count: 2),
            ClientGroup(.frozen, count: 1),
        ]
        return plan
    }
}
