import Foundation
import Testing

@testable import Kit

/// The scenarios by name, the files in `Examples/` and the published schema.
struct ScenarioFileTests {
    private static let root = (0..<5).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }

    private static func examples() throws -> [URL] {
        try FileManager.default.contentsOfDirectory(
            at: root.appending(path: "Examples"), includingPropertiesForKeys: nil
        ).filter { $0.lastPathComponent.hasPrefix("loadtest-") && $0.pathExtension == "json" }
    }

    /// Property names of each alternative of a definition, by its `model`.
    private static func properties(of alternatives: [[String: Any]]) -> [String: Set<String>] {
        var names: [String: Set<String>] = [:]
        for alternative in alternatives {
            guard let properties = alternative["properties"] as? [String: [String: Any]],
                let model = properties["model"]?["const"] as? String
            else { continue }
            names[model] = Set(properties.keys)
        }
        return names
    }

    @Test(arguments: LoadPlan.scenarioNames)
    func `a named scenario is a valid plan of its name`(name: String) throws {
        let plan = try LoadPlan.scenario(named: name)
        try plan.validate()
        #expect(plan.name == name && plan.kind.rawValue == name)
        #expect(try LoadPlan.read(String(decoding: JSONEncoder().encode(plan), as: UTF8.self)) == plan)
    }

    @Test(arguments: [("smoke", 15), ("isolation", 60), ("restart", 60)])
    func `a named scenario ends in its time, whatever the end takes`(name: String, seconds: Int) throws {
        let plan = try LoadPlan.scenario(named: name)
        let connecting = Duration.seconds(Double(plan.connections) / plan.connectRate)
        #expect(connecting + plan.warmup + plan.duration + plan.drain < .seconds(seconds))
    }

    @Test func `another name is refused with those that there are`() {
        let error = #expect(throws: KitError.self) { try LoadPlan.scenario(named: "chaos") }
        #expect(error?.message == #"no scenario "chaos"; take isolation, smoke, restart, or a scenario file"#)
    }

    @Test func `every scenario file among the examples is a valid plan`() throws {
        let files = try Self.examples()
        #expect(files.count == 5)
        for file in files {
            let plan = try LoadPlan.read(String(contentsOf: file, encoding: .utf8))
            #expect(file.lastPathComponent == "loadtest-\(plan.name).json")
            #expect(!plan.thresholds.isEmpty)
            for threshold in plan.thresholds { try Threshold(threshold).check(for: plan) }
        }
    }

    @Test func `the schema has the names that are read, and every default`() throws {
        let file = try Data(contentsOf: Self.root.appending(path: "docs/loadtest-scenario.schema.json"))
        let schema = try #require(JSONSerialization.jsonObject(with: file) as? [String: Any])
        let properties = try #require(schema["properties"] as? [String: [String: Any]])
        #expect(Set(properties.keys) == Set(LoadPlan().members.keys).union(["$schema"]))

        let defaults = properties.compactMapValues { $0["default"] }
        let text = try JSONSerialization.data(withJSONObject: defaults)
        #expect(Set(defaults.keys) == Set(LoadPlan().members.keys))
        #expect(try LoadPlan.read(String(decoding: text, as: UTF8.self)) == LoadPlan())

        let definitions = try #require(schema["$defs"] as? [String: [String: Any]])
        let clients = try #require(definitions["client"]?["oneOf"] as? [[String: Any]])
        let models = ClientModel.examples.map { ($0.name, Set($0.members.keys).union(["count"])) }
        #expect(Self.properties(of: clients) == Dictionary(uniqueKeysWithValues: models))

        let step = LoadSchedule.Step(rate: 1, duration: .seconds(1))
        let all: [LoadSchedule] = [
            .constant(rate: 1), .ramp(from: 1, to: 2), .steps([step]), .poisson(rate: 1),
            .burst(size: 1, every: .seconds(1)),
        ]
        let schedules = try #require(definitions["schedule"]?["oneOf"] as? [[String: Any]])
        #expect(
            Self.properties(of: schedules)
                == Dictionary(uniqueKeysWithValues: all.map { ($0.name, Set($0.members.keys)) }))
        #expect(
            Set((definitions["step"]?["properties"] as? [String: Any] ?? [:]).keys) == ["rate", "duration"])
    }
}
