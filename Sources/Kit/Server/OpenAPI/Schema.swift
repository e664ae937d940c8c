/// Pieces of JSON Schema (2020-12), as OpenAPI 3.1 has them.
enum Schema {
    static let text: JSON = ["type": "string"]
    static let optionalText: JSON = ["type": ["string", "null"]]
    static let flag: JSON = ["type": "boolean"]
    static let nothing: JSON = ["type": "null"]
    static let anything: JSON = .object([:])
    static let time: JSON = ["type": "string", "format": "date-time"]
    static let optionalTime: JSON = ["type": ["string", "null"], "format": "date-time"]
    static let position = pattern("^[0-9]+:[0-9]+$")
    /// In a query, where an empty value is as good as none.
    static let optionalPosition = pattern("^([0-9]+:[0-9]+)?$")

    static func pattern(_ pattern: String) -> JSON { ["type": "string", "pattern": .string(pattern)] }

    static func number(_ range: ClosedRange<Int>? = nil) -> JSON {
        guard let range else { return ["type": "integer"] }
        return ["type": "integer", "minimum": .int(range.lowerBound), "maximum": .int(range.upperBound)]
    }

    static func optional(_ schema: JSON) -> JSON { ["anyOf": [schema, nothing]] }
    static func list(of schema: JSON) -> JSON { ["type": "array", "items": schema] }
    static func one(of values: [String]) -> JSON { ["type": "string", "enum": .array(values.map(JSON.string))] }
    /// An object with any keys.
    static func counts() -> JSON { ["type": "object", "additionalProperties": number()] }
    static func named(_ name: String) -> JSON { ["$ref": .string("#/components/schemas/\(name)")] }

    /// - Parameter optional: Names of members that may be absent.
    static func object(_ members: [(String, JSON)], optional: Set<String> = []) -> JSON {
        let required = members.map(\.0).filter { !optional.contains($0) }
        var schema: [(String, JSON)] = [("type", "object"), ("properties", .object(.init(members)))]
        if !required.isEmpty { schema.append(("required", .array(required.map(JSON.string)))) }
        return .object(.init(schema))
    }

    /// What every answer is wrapped in.
    static func envelope(_ data: JSON, meta: JSON? = nil) -> JSON {
        object(
            [("success", ["const": true]), ("data", data), ("error", nothing)] + (meta.map { [("meta", $0)] } ?? []))
    }
}
