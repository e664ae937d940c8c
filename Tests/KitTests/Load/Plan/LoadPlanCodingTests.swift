import Foundation
import Testing

@testable import Kit

struct LoadPlanCodingTests {
    /// Everything different from its default.
    private static let full: LoadPlan = {
        var plan = LoadPlan()
        plan.name = "all of it"
        plan.kind = .restart
        plan.schedule = .ramp(from: 0.5, to: 2_000)
        plan.duration = .milliseconds(12_500)
        plan.warmup = .zero
        plan.drain = .seconds(60)
        plan.clients = ClientModel.examples.map { ClientGroup($0, count: 3) }
        plan.clickers = 2
        plan.connectRate = 2_000
        plan.maximumInFlight = 99
        plan.seed = .max
        plan.thresholds = ["click.p99<20ms", "each: order.violations.count==0"]
        return plan
    }()

    private static let schedules: [LoadSchedule] = [
        .constant(rate: 0.1), .ramp(from: 1, to: 2), .poisson(rate: 500), .burst(size: 32, every: .milliseconds(100)),
        .steps([.init(rate: 100, duration: .seconds(5)), .init(rate: 200, duration: .milliseconds(250))]),
    ]

    private struct Envelope: Codable, Equatable {
        var runId: String
        var loadPlan: LoadPlan
        var manyPlans: [LoadPlan]
        var clientModels: [ClientModel]
        var schedules: [LoadSchedule]
    }

    @Test func `a plan survives being written and read`() throws {
        let data = try JSONEncoder().encode(Self.full)
        #expect(try JSONDecoder().decode(LoadPlan.self, from: data) == Self.full)
    }

    @Test func `parts survive on their own, within a report that converts its names too`() throws {
        let envelope = Envelope(
            runId: "r", loadPlan: Self.full, manyPlans: [LoadPlan(), Self.full], clientModels: ClientModel.examples,
            schedules: Self.schedules)
        for converts in [false, true] {
            let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
            if converts {
                encoder.keyEncodingStrategy = .convertToSnakeCase
                decoder.keyDecodingStrategy = .convertFromSnakeCase
            }
            let data = try encoder.encode(envelope)
            #expect(try decoder.decode(Envelope.self, from: data) == envelope)
            let text = String(decoding: data, as: UTF8.self)
            #expect(text.contains("\"connect_rate\":\"2000") && text.contains("\"maximum_in_flight\":99"))
            #expect(!text.contains("connectRate"))
        }
    }

    @Test func `a report keeps its plan`() throws {
        var report = LoadReport()
        report.plan = Self.full
        let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
        encoder.keyEncodingStrategy = .convertToSnakeCase
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        #expect(try decoder.decode(LoadReport.self, from: encoder.encode(report)).plan == Self.full)
    }

    @Test func `a file is read as it is described`() throws {
        let plan = try LoadPlan.read(
            """
            {"$schema": "../docs/loadtest-scenario.schema.json", "name": "mixed", "kind": "load",
             "schedule": {"model": "burst", "size": 32, "every": "100ms"}, "duration": "1m", "warmup": "0s",
             "clients": [{"model": "fast", "count": 200}, {"model": "trickle", "rate": "1KiB/s", "count": 10},
                         {"model": "stall", "on": "1s", "off": "4s", "count": 5},
                         {"model": "reset", "every": "2s", "count": 3}, {"model": "churn", "rate": 50, "count": 1}],
             "connect_rate": 750.5, "seed": 18446744073709551615, "thresholds": ["errors.count==0"]}
            """)
        #expect(plan.schedule == .burst(size: 32, every: .milliseconds(100)))
        #expect(plan.duration == .seconds(60) && plan.warmup == .zero && plan.drain == .seconds(10))
        #expect(
            plan.clients == [
                ClientGroup(.fast, count: 200), ClientGroup(.trickle(bytesPerSecond: 1_024), count: 10),
                ClientGroup(.stall(on: .seconds(1), off: .seconds(4)), count: 5),
                ClientGroup(.reset(every: .seconds(2)), count: 3), ClientGroup(.churn(perSecond: 50), count: 1),
            ])
        #expect(plan.connectRate == 750.5 && plan.seed == .max && plan.thresholds == ["errors.count==0"])
    }

    @Test func `an empty file is the default plan`() throws { #expect(try LoadPlan.read("{}") == LoadPlan()) }

    @Test func `steps say how long the test is`() throws {
        let steps =
            #"{"model": "steps", "steps": [{"rate": "100/s", "duration": "5s"}, {"rate": 200, "duration": "7s"}]}"#
        #expect(try LoadPlan.read("{\"schedule\": \(steps)}").duration == .seconds(12))
    }

    /// What the file has, and how the answer begins.
    @Test(arguments: [
        (#"{"durations": "5s"}"#, "durations is not known; known here: name, kind, schedule, duration"),
        (#"{"connectRate": 5}"#, "connectRate is not known"),
        (#"{"": 5}"#, #""" is not known"#),
        (#"{"a\u001bb": 5}"#, "\"a\u{FFFD}b\" is not known"),
        (
            #"{"clients": [{"model": "fast", "count": 1, "colour": 1}]}"#,
            "clients[0].colour is not known; known here: model, count"
        ),
        (#"{"clients": [{"model": "fast", "count": 1, "rate": 1}]}"#, "clients[0].rate is not known"),
        (
            #"{"clients": [{"model": "fast", "count": 1}, {"model": "slow", "count": 1}]}"#,
            #"clients[1].model is "slow"; known: fast, never"#
        ),
        (#"{"clients": [{"count": 1}]}"#, #"clients[0].model is missing; write "model": "fast""#),
        (#"{"clients": [{"model": "fast"}]}"#, #"clients[0].count is missing; write "count": 200"#),
        (#"{"clients": [{"model": "fast", "count": "5"}]}"#, #"clients[0].count is "5"; write a whole number"#),
        (#"{"clients": [{"model": "fast", "count": 1.5}]}"#, "clients[0].count is 1.5; write a whole number"),
        (
            #"{"clients": [{"model": "fast", "count": 18446744073709551615}]}"#,
            "clients[0].count is 18446744073709551615;"
        ),
        (#"{"clients": [{"model": "trickle", "count": 1}]}"#, "clients[0].rate is missing"),
        (
            #"{"clients": [{"model": "trickle", "rate": "1KB", "count": 1}]}"#,
            #"clients[0].rate is "1KB"; write bytes a second like 1KiB/s"#
        ),
        (#"{"clients": [{"model": "stall", "on": "1s", "count": 1}]}"#, "clients[0].off is missing"),
        (
            #"{"clients": [{"model": "stall", "on": 1, "off": "1s", "count": 1}]}"#,
            "clients[0].on is 1; write a duration"
        ),
        (#"{"clients": [{"model": "reset", "count": 1}]}"#, "clients[0].every is missing"),
        (#"{"clients": [{"model": "churn", "rate": true, "count": 1}]}"#, "clients[0].rate is true; write a rate"),
        (#"{"clients": [5]}"#, "clients[0] is 5; write an object"),
        (#"{"clients": {}}"#, "clients is an object; write a list"),
        (#"{"schedule": {"rate": 5}}"#, "schedule.model is missing"),
        (
            #"{"schedule": {"model": "sine"}}"#,
            #"schedule.model is "sine"; known: constant, ramp, steps, poisson, burst"#
        ),
        (#"{"schedule": {"model": "constant"}}"#, "schedule.rate is missing"),
        (#"{"schedule": {"model": "constant", "rate": "fast"}}"#, #"schedule.rate is "fast"; write a rate like 200/s"#),
        (#"{"schedule": {"model": "ramp", "from": 1}}"#, "schedule.to is missing"),
        (#"{"schedule": {"model": "ramp", "from": 1, "to": 2, "over": "5s"}}"#, "schedule.over is not known"),
        (#"{"schedule": {"model": "steps", "steps": [{"rate": 1}]}}"#, "schedule.steps[0].duration is missing"),
        (
            #"{"schedule": {"model": "steps", "steps": [{"rate": 1, "duration": "1s", "x": 1}]}}"#,
            "schedule.steps[0].x is not known"
        ),
        (#"{"schedule": {"model": "burst", "size": 5, "every": null}}"#, "schedule.every is null; write a duration"),
        (#"{"schedule": "200/s"}"#, #"schedule is "200/s"; write an object"#),
        (#"{"kind": "chaos"}"#, #"kind is "chaos"; known: load, smoke, isolation, restart"#),
        (#"{"name": 5}"#, "name is 5; write a text in quotes"),
        (#"{"duration": 20}"#, "duration is 20; write a duration"),
        (#"{"duration": "0s"}"#, #"duration is "0s"; write a duration"#),
        (#"{"warmup": "soon"}"#, #"warmup is "soon"; write a duration"#),
        (#"{"seed": -1}"#, "seed is -1; write a whole number from 0"),
        (#"{"thresholds": "e2e.p99<1s"}"#, #"thresholds is "e2e.p99<1s"; write a list"#),
        (#"{"thresholds": [1]}"#, "thresholds[0] is 1; write a text"),
        (#"{"clickers": 0}"#, "clickers is 0; take 1 to 256"),
        ("[]", "the scenario is a list; write an object"),
    ])
    func `what is not understood is refused with its place`(file: String, answer: String) {
        let error = #expect(throws: KitError.self) { try LoadPlan.read(file) }
        #expect(error?.code == .invalid)
        #expect(error?.message.hasPrefix(answer) == true, "\(error?.message ?? "")")
    }

    @Test func `within a report the place starts at its top`() {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let error = #expect(throws: KitError.self) {
            try decoder.decode([String: [LoadPlan]].self, from: Data(#"{"plans": [{}, {"seed": "x"}]}"#.utf8))
        }
        #expect(error?.message.hasPrefix("plans[1].seed is") == true, "\(error?.message ?? "")")
    }

    @Test func `a huge file is refused unread`() {
        let error = #expect(throws: KitError.self) { try LoadPlan.read(String(repeating: " ", count: 1_048_577)) }
        #expect(error?.code == .tooLarge)
    }
}
