import ArgumentParser
import Kit

/// What to change of a scenario.
struct LoadOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Who listens: MODEL:COUNT with commas, or none.",
            discussion: """
                Models: fast, never, trickle=1KiB/s, stall=1s/4s, no-pong, reset=2s, frozen, churn=50/s, slow-handshake.
                """, valueName: "list"),
        transform: { try ClientGroup.read($0) })
    var clients: [ClientGroup]?

    @Option(
        help: ArgumentHelp("Events a second, evenly.", valueName: "rate"),
        transform: { try LoadSchedule.readConstant($0) })
    var rate: LoadSchedule?

    @Option(
        help: ArgumentHelp("From one rate to another, such as 100..2000/s.", valueName: "from..to"),
        transform: { try LoadSchedule.readRamp($0) })
    var ramp: LoadSchedule?

    @Option(
        help: ArgumentHelp("One rate after another, such as 100/s@5s,200/s@5s.", valueName: "list"),
        transform: { try LoadSchedule.readSteps($0) })
    var steps: LoadSchedule?

    @Option(
        help: ArgumentHelp("So many a second on average, at random moments.", valueName: "rate"),
        transform: { try LoadSchedule.readPoisson($0) })
    var poisson: LoadSchedule?

    @Option(
        help: ArgumentHelp("So many at once, every so often, such as 32/100ms.", valueName: "size/time"),
        transform: { try LoadSchedule.readBurst($0) })
    var burst: LoadSchedule?

    @Option(
        help: ArgumentHelp("How long is measured.", valueName: "duration"), transform: { try DurationText.read($0) })
    var duration: Duration?

    @Option(
        help: ArgumentHelp("How long before that, without counting.", valueName: "duration"),
        transform: { try DurationText.readOrNone($0) })
    var warmup: Duration?

    @Option(
        help: ArgumentHelp("How long the end may take, until everyone has everything.", valueName: "duration"),
        transform: { try DurationText.read($0) })
    var drain: Duration?

    @Option(help: ArgumentHelp("Connections that click.", valueName: "count"), transform: { try CountText.read($0) })
    var clickers: Int?

    @Option(
        help: ArgumentHelp("Clients that connect a second.", valueName: "rate"), transform: { try RateText.read($0) })
    var connectRate: Double?

    @Option(
        help: ArgumentHelp("Events sent and not answered, at most.", valueName: "count"),
        transform: { try CountText.read($0) })
    var maxInFlight: Int?

    @Option(help: ArgumentHelp("Of everything left to chance.", valueName: "number"))
    var seed: UInt64?

    private var schedules: [LoadSchedule] { [rate, ramp, steps, poisson, burst].compactMap { $0 } }

    func validate() throws {
        guard schedules.count <= 1 else {
            throw ValidationError("--rate, --ramp, --steps, --poisson and --burst exclude one another")
        }
    }

    func apply(to plan: inout LoadPlan) throws {
        plan.clients = clients ?? plan.clients
        if let schedule = schedules.first {
            plan.schedule = schedule
            if let length = schedule.length { plan.duration = length }
        }
        plan.duration = duration ?? plan.duration
        plan.warmup = warmup ?? plan.warmup
        plan.drain = drain ?? plan.drain
        plan.clickers = clickers ?? plan.clickers
        plan.connectRate = connectRate ?? plan.connectRate
        plan.maximumInFlight = maxInFlight ?? plan.maximumInFlight
        plan.seed = seed ?? plan.seed
    }
}
