import Foundation
import Testing

@testable import Kit

/// `docs/loadtest-report.schema.json` and the type say the same; read with nothing of ours.
struct ReportSchemaTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../../../docs/loadtest-report.schema.json"
    ).standardized

    @Test(arguments: SampleReports.all.indices) func `every report is what the schema says`(index: Int) throws {
        var walk = try SchemaWalk(Self.file)
        walk.check(try Self.value(SampleReports.all[index].report))
        #expect(walk.complaints == [])
    }

    @Test func `the schema promises nothing that no report has`() throws {
        var walk = try SchemaWalk(Self.file)
        for (_, report) in SampleReports.all { walk.check(try Self.value(report)) }
        #expect(walk.promised.subtracting(walk.seen).sorted() == [])
    }

    @Test func `every member is described`() throws {
        let walk = try SchemaWalk(Self.file)
        #expect(walk.undescribed == [])
        #expect(walk.promised.count > 150)
    }

    @Test func `the full sample leaves nothing out`() {
        var missing: [String] = []
        Self.findEmpty(in: SampleReports.full, at: "report", &missing)
        // A percentage without samples, a comparison that is shown only and a server that did not come back.
        let expected = [
            "boundUs", "verdict", "meanDeltaUs", "meanErrorUs", "noiseUs", "drops", "recoveredMs", "observed",
            "marginPercent",
        ]
        let rest = missing.filter { path in
            !expected.contains { path.hasSuffix(".\($0)") } && !path.hasPrefix("report.metrics")
        }
        #expect(rest == [])
    }

    @Test(arguments: [
        (
            #"{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}},"additionalProperties":false}"#,
            #"{"b":1}"#, 2
        ),
        (#"{"type":"integer"}"#, "1.5", 1), (#"{"type":"integer","minimum":2}"#, "1", 1),
        (#"{"type":"boolean"}"#, "1", 1),
        (#"{"type":"integer"}"#, "true", 1), (#"{"enum":["a"]}"#, #""b""#, 1), (#"{"const":"a"}"#, #""b""#, 1),
        (#"{"type":"array","maxItems":1,"items":{"type":"string"}}"#, "[1,2]", 3), (#"{"pattern":"a"}"#, #""b""#, 1),
        (#"{"type":"object","additionalProperties":{"type":"string"}}"#, #"{"b":1}"#, 1),
        (#"{"type":"number"}"#, "1", 0),
    ])
    func `the walk sees what is wrong`(schema: String, value: String, complaints: Int) throws {
        var walk = SchemaWalk(try #require(try JSONSerialization.jsonObject(with: Data(schema.utf8)) as? [String: Any]))
        walk.check(try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed))
        #expect(walk.complaints.count == complaints, "\(walk.complaints)")
    }

    private static func value(_ report: LoadReport) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(ReportFile.encode(report)))
    }

    /// Optionals without a value, by their path.
    private static func findEmpty(in value: Any, at path: String, _ missing: inout [String]) {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional, mirror.children.isEmpty { missing.append(path) }
        for child in mirror.children {
            let isOptional = mirror.displayStyle == .optional
            findEmpty(in: child.value, at: isOptional ? path : "\(path).\(child.label ?? "")", &missing)
        }
    }
}

/// The part of JSON Schema 2020-12 that the report's schema uses; a keyword it does not know is a complaint.
private struct SchemaWalk {
    private let root: [String: Any]
    private(set) var complaints: [String] = []
    /// Properties met in values, and all those in the schema, as `definition.name`.
    private(set) var seen: Set<String> = []
    private(set) var promised: Set<String> = []
    private(set) var undescribed: [String] = []

    private static let annotations: Set = ["$schema", "$defs", "title", "description"]

    init(_ root: [String: Any]) {
        self.root = root
        let definitions = root["$defs"] as? [String: [String: Any]] ?? [:]
        for (name, schema) in definitions.merging(["": root], uniquingKeysWith: { $1 }) {
            for (member, value) in schema["properties"] as? [String: [String: Any]] ?? [:] {
                promised.insert("\(name).\(member)")
                if (value["description"] as? String ?? "").isEmpty { undescribed.append("\(name).\(member)") }
            }
        }
    }

    init(_ file: URL) throws {
        self.init(try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]))
    }

    mutating func check(_ value: Any) { check(value, root, named: "", at: "report") }

    private mutating func check(_ value: Any, _ schema: [String: Any], named name: String, at path: String) {
        for (keyword, rule) in schema.sorted(by: { $0.key < $1.key }) where !Self.annotations.contains(keyword) {
            check(value, keyword, rule, schema, named: name, at: path)
        }
    }

    private mutating func check(
        _ value: Any, _ keyword: String, _ rule: Any, _ schema: [String: Any], named name: String, at path: String
    ) {
        let members = value as? [String: Any]
        let items = value as? [Any]
        let number = Self.type(of: value) == "boolean" ? nil : (value as? NSNumber)?.doubleValue
        switch keyword {
        case "$ref":
            let target = String((rule as? String ?? "").dropFirst("#/$defs/".count))
            guard let found = (root["$defs"] as? [String: [String: Any]])?[target] else {
                return complain(path, "no \(rule)")
            }
            check(value, found, named: target, at: path)
        case "type":
            let found = Self.type(of: value)
            let wanted = rule as? String
            if found != wanted, !(found == "integer" && wanted == "number") { complain(path, "\(found) is no \(rule)") }
        case "enum":
            if !(rule as? [String] ?? []).contains(value as? String ?? "") {
                complain(path, "\(value) is none of \(rule)")
            }
        case "const":
            if value as? String != rule as? String { complain(path, "\(value) is not \(rule)") }
        case "minimum":
            if let number, let least = rule as? Double, number < least { complain(path, "below \(least)") }
        case "maximum":
            if let number, let most = rule as? Double, number > most { complain(path, "above \(most)") }
        case "minItems":
            if let items, let least = rule as? Int, items.count < least { complain(path, "fewer than \(least)") }
        case "maxItems":
            if let items, let most = rule as? Int, items.count > most { complain(path, "more than \(most)") }
        case "items":
            for (index, item) in (items ?? []).enumerated() {
                check(item, rule as? [String: Any] ?? [:], named: name, at: "\(path)[\(index)]")
            }
        case "required":
            for member in rule as? [String] ?? [] where members?[member] == nil {
                complain(path, "\(member) is missing")
            }
        case "properties":
            for (member, schema) in rule as? [String: [String: Any]] ?? [:] {
                guard let value = members?[member] else { continue }
                seen.insert("\(name).\(member)")
                check(value, schema, named: "\(name).\(member)", at: "\(path).\(member)")
            }
        case "additionalProperties":
            let known = schema["properties"] as? [String: Any] ?? [:]
            for (member, value) in members ?? [:] where known[member] == nil {
                if let schema = rule as? [String: Any] {
                    check(value, schema, named: name, at: "\(path).\(member)")
                } else if rule as? Bool == false {
                    complain(path, "\(member) is not in the schema")
                }
            }
        default: complain(path, "the test does not know \(keyword)")
        }
    }

    private mutating func complain(_ path: String, _ words: String) { complaints.append("\(path): \(words)") }

    private static func type(of value: Any) -> String {
        switch value {
        case is [String: Any]: return "object"
        case is [Any]: return "array"
        case is String: return "string"
        case is NSNull: return "null"
        case let number as NSNumber:
            // Foundation keeps JSON's `true` as a number whose type is that of a C `bool`.
            if String(cString: number.objCType) == "c" { return "boolean" }
            return number.doubleValue == number.doubleValue.rounded() ? "integer" : "number"
        default: return "\(Swift.type(of: value))"
        }
    }
}
