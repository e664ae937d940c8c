import Testing

@testable import Kit

struct LoadPlanValidationTests {
    /// A change to a plan, and what the answer contains; nil when it is fine.
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let answer: String?
        let change: @Sendable (inout LoadPlan) -> Void

        init(_ name: String, _ answer: String?, _ change: @escaping @Sendable (inout LoadPlan) -> Void) {
            testDescription = name
            self.answer = answer
            self.change = change
        }
    }

    private static func check(_ row: Row, on plan: LoadPlan) {
        var plan = plan
        row.change(&plan)
        guard let answer = row.answer else {
            #expect(throws: Never.self) { try plan.validate() }
            return
        }
        let error = #expect(throws: KitError.self) { try plan.validate() }
        #expect(error?.code == .invalid)
        #expect(error?.message.contains(answer) == true, "\(error?.message ?? "")")
    }

    @Test func `the default is fine`() throws { try LoadPlan().validate() }

    @Test(arguments: [
        Row("no name", #"name is """#) { $0.name = "" },
        Row("65 letters", "take 1 to 64") { $0.name = String(repeating: "a", count: 65) },
        Row("64 letters", nil) { $0.name = String(repeating: "a", count: 64) },
        Row("a line break", "take 1 to 64 letters") { $0.name = "a\nb" },
        Row("99 ms", "duration is 99ms; take 100ms to 1d") { $0.duration = .milliseconds(99) },
        Row("100 ms", nil) { $0.duration = .milliseconds(100) },
        Row("24 h", nil) { $0.duration = .seconds(86_400) },
        Row("more than 24 h", "take 100ms to 1d") { $0.duration = .seconds(86_401) },
        Row("half a millisecond", "take whole milliseconds") { $0.duration = .microseconds(200_500) },
        Row("no warm-up", nil) { $0.warmup = .zero },
        Row("negative warm-up", "warmup is -1s; take 0s to 1h") { $0.warmup = .seconds(-1) },
        Row("long warm-up", "warmup is 3601s") { $0.warmup = .seconds(3_601) },
        Row("no drain", "drain is 0s; take 100ms to 10m") { $0.drain = .zero },
        Row("long drain", "drain is 601s") { $0.drain = .seconds(601) },
        Row("no clicker", "clickers is 0; take 1 to 256") { $0.clickers = 0 },
        Row("256 clickers", nil) { $0.clickers = 256 },
        Row("257 clickers", "clickers is 257") { $0.clickers = 257 },
        Row("connecting slowly", "connect_rate is 0.5/s; take 1/s to 10000/s") { $0.connectRate = 0.5 },
        Row("connecting fast", nil) { $0.connectRate = 10_000 },
        Row("connecting too fast", "connect_rate is 10001/s") { $0.connectRate = 10_001 },
        Row("connecting at no number", "connect_rate is nan/s") { $0.connectRate = .nan },
        Row("nothing in flight", "maximum_in_flight is 0; take 1 to 1000000") { $0.maximumInFlight = 0 },
        Row("too much in flight", "maximum_in_flight is 1000001") { $0.maximumInFlight = 1_000_001 },
        Row("101 thresholds", "thresholds are 101; take at most 100") {
            $0.thresholds = Array(repeating: "errors.count==0", count: 101)
        },
        Row("an empty threshold", "thresholds[1] has 0 bytes") { $0.thresholds = ["errors.count==0", ""] },
        Row("thresholds of smoke", "smoke is judged by the books alone") {
            $0.kind = .smoke
            $0.thresholds = ["errors.count==0"]
        },
    ])
    func `every number has its bounds`(row: Row) { Self.check(row, on: LoadPlan()) }

    @Test(arguments: [
        Row("rate 0", "schedule.rate is 0/s; take more than 0") { $0.schedule = .constant(rate: 0) },
        Row("rate below 0", "schedule.rate is -1/s") { $0.schedule = .poisson(rate: -1) },
        Row("no rate", "schedule.rate is nan/s") { $0.schedule = .constant(rate: .nan) },
        Row("a million", nil) { $0.schedule = .constant(rate: 1_000_000) },
        Row("more than a million", "at most 1000000/s") { $0.schedule = .constant(rate: 1_000_001) },
        Row("ramp from 0", "schedule.from is 0/s") { $0.schedule = .ramp(from: 0, to: 5) },
        Row("ramp to infinity", "schedule.to is inf/s") { $0.schedule = .ramp(from: 5, to: .infinity) },
        Row("no steps", "schedule.steps are 0; take 1 to 100") { $0.schedule = .steps([]) },
        Row("101 steps", "schedule.steps are 101") {
            $0.schedule = .steps(Array(repeating: .init(rate: 1, duration: .seconds(1)), count: 101))
        },
        Row("a step of rate 0", "schedule.steps[0].rate is 0/s") {
            $0.schedule = .steps([.init(rate: 0, duration: .seconds(20))])
        },
        Row("a short step", "schedule.steps[1].duration is 50ms") {
            $0.schedule = .steps([.init(rate: 1, duration: .seconds(1)), .init(rate: 1, duration: .milliseconds(50))])
        },
        Row("steps shorter than the test", "schedule.steps take 5s and duration is 20s") {
            $0.schedule = .steps([.init(rate: 1, duration: .seconds(5))])
        },
        Row("steps as long as the test", nil) { $0.schedule = .steps([.init(rate: 1, duration: .seconds(20))]) },
        Row("bursts of none", "schedule.size is 0; take 1 to 1000000") {
            $0.schedule = .burst(size: 0, every: .seconds(1))
        },
        Row("bursts without a distance", "schedule.every is 0s; take 1ms to 1h") {
            $0.schedule = .burst(size: 1, every: .zero)
        },
        Row("bursts above a million a second", "schedule is 2000000/s on average") {
            $0.schedule = .burst(size: 2_000, every: .milliseconds(1))
        },
        Row("bursts above what is in flight", "of which 1 would always be missed") {
            $0.schedule = .burst(size: 10_001, every: .seconds(1))
        },
        Row("a burst after the end", "longer than the duration") { $0.schedule = .burst(size: 1, every: .seconds(21)) },
        Row("too many events", "86403000000 events; take at most 2147483648") {
            $0.schedule = .constant(rate: 1_000_000)
            $0.duration = .seconds(86_400)
        },
    ])
    func `every schedule has its bounds`(row: Row) { Self.check(row, on: LoadPlan()) }

    @Test(arguments: [
        Row("no clients", nil) { $0.clients = [] },
        Row("none of a model", "clients[1].count is 0; take 1 to 60000") { $0.clients.append(.init(.never, count: 0)) },
        Row("as many as there are", "clients[0].count is 9223372036854775807") {
            $0.clients = [.init(.fast, count: .max), .init(.never, count: .max)]
        },
        Row("60,000", nil) { $0.clients = [.init(.fast, count: 59_999), .init(.never, count: 1)] },
        Row("60,001", "clients need 60001 connections; take at most 60000") {
            $0.clients = [.init(.fast, count: 60_000), .init(.never, count: 1)]
        },
        Row("the same model twice", "clients[1] is fast again") { $0.clients.append(.init(.fast, count: 1)) },
        Row("the same model with another value", nil) {
            $0.clients = [.init(.reset(every: .seconds(1)), count: 1), .init(.reset(every: .seconds(2)), count: 1)]
        },
        Row("8 frozen", nil) { $0.clients.append(.init(.frozen, count: 8)) },
        Row("9 frozen", "take at most 8, and never for the others") { $0.clients.append(.init(.frozen, count: 9)) },
        Row("a trickle of nothing", "clients[0].rate is 0; take 1 to 2147483647") {
            $0.clients = [.init(.trickle(bytesPerSecond: 0), count: 1)]
        },
        Row("a short stall", "clients[0].off is 1ms; take 10ms to 1h") {
            $0.clients = [.init(.stall(on: .seconds(1), off: .milliseconds(1)), count: 1)]
        },
        Row("no reading before a stall", "clients[0].on is 0s") {
            $0.clients = [.init(.stall(on: .zero, off: .seconds(1)), count: 1)]
        },
        Row("a stall longer than the test", "clients[0] is stall=1s/23s, which comes not once to its end in 23s") {
            $0.clients = [.init(.stall(on: .seconds(1), off: .seconds(23)), count: 1)]
        },
        Row("a quick reset", "clients[0].every is 50ms; take 100ms to 1h") {
            $0.clients = [.init(.reset(every: .milliseconds(50)), count: 1)]
        },
        Row("a reset after the end", "clients[0] is reset=1m") {
            $0.clients = [.init(.reset(every: .seconds(60)), count: 1)]
        },
        Row("no churn", "clients[0].rate is 0/s") { $0.clients = [.init(.churn(perSecond: 0), count: 1)] },
        Row("much churn", "churn joins 10200/s altogether; take at most 10000/s") {
            $0.clients = [.init(.churn(perSecond: 5_100), count: 2)]
        },
        Row("an hour of connecting", "take 60000 s to connect; raise connect_rate") {
            $0.clients = [.init(.fast, count: 60_000)]
            $0.connectRate = 1
        },
    ])
    func `every group of clients has its bounds`(row: Row) { Self.check(row, on: LoadPlan()) }

    @Test(arguments: [
        Row("as it is", nil) { _ in },
        Row("nobody fast", "add some, such as fast:150") { $0.clients.removeFirst() },
        Row("nobody slow", "add some, such as never:20") { $0.clients.removeLast() },
        Row("someone who does not stall", "reset=2s does not stall") {
            $0.clients.append(.init(.reset(every: .seconds(2)), count: 1))
        },
        Row("someone else who stalls", nil) {
            $0.clients.append(.init(.stall(on: .milliseconds(100), off: .seconds(2)), count: 1))
        },
        Row("two clickers", "which 2 clickers do not measure") { $0.clickers = 2 },
        Row("Poisson", nil) { $0.schedule = .poisson(rate: 100) },
        Row("bursts", "take constant or poisson, not burst") {
            $0.schedule = .burst(size: 5, every: .milliseconds(100))
        },
        Row("too few events", "take at least 20/s") { $0.schedule = .constant(rate: 19) },
        Row("too short", "duration of isolation is 4s; take 5s to 1d") { $0.duration = .seconds(4) },
        Row("no time to fill", "warmup of isolation is 0s; take 1s to 1h") { $0.warmup = .zero },
        Row("30,000 in all", nil) { $0.clients[0].count = 29_980 },
        Row("30,001 in all", "60002 connections, two feeds counted") { $0.clients[0].count = 29_981 },
    ])
    func `isolation needs two feeds that can be compared`(row: Row) throws {
        Self.check(row, on: try LoadPlan.scenario(named: "isolation"))
    }

    @Test(arguments: [
        Row("as it is", nil) { _ in },
        Row("6 s", nil) { $0.duration = .seconds(6) },
        Row("5 s", "duration of restart is 5s; take 6s to 1d") { $0.duration = .seconds(5) },
        Row("nobody fast", "add some, such as fast:50") { $0.clients.removeFirst() },
    ])
    func `restart needs its time and someone who comes back`(row: Row) throws {
        Self.check(row, on: try LoadPlan.scenario(named: "restart"))
    }
}
