/// What the OpenAPI document says of one operation.
struct OperationDescription {
    struct Parameter {
        let name: String
        let schema: JSON
        var isRequired = false
        var about = ""
    }

    enum Body {
        case none
        /// JSON, and whether it may be absent.
        case json(JSON, isOptional: Bool)
    }

    enum Answer {
        /// JSON in the envelope.
        case data(JSON, status: Int)
        case list(JSON)
        /// Something else, of one of these types.
        case text([String])
    }

    let tag: String
    let summary: String
    var query: [Parameter] = []
    var body = Body.none
    let answer: Answer
    /// Statuses of errors besides those every operation has.
    var errors: [Int] = []
    /// Whether it asks who calls.
    var needsCaller = true
}

extension OperationDescription {
    /// - Parameter template: The path, with the names of its parameters in braces.
    func json(id: String, template: String) -> JSON {
        var members: [(String, JSON)] = [
            ("operationId", .string(id)), ("tags", [.string(tag)]), ("summary", .string(summary)),
        ]
        let all = Self.pathParameters(template) + query.map { Self.json($0, place: "query") }
        if !all.isEmpty { members.append(("parameters", .array(all))) }
        if case .json(let schema, let isOptional) = body {
            members.append(
                (
                    "requestBody",
                    [
                        "required": .bool(!isOptional),
                        "content": ["application/json": ["schema": schema]],
                    ]
                ))
        }
        members.append(("responses", .object(.init(responses(hasPath: template.contains("{"))))))
        if !needsCaller { members.append(("security", [])) }
        return .object(.init(members))
    }

    private static func json(_ parameter: Parameter, place: String) -> JSON {
        var members: [(String, JSON)] = [
            ("name", .string(parameter.name)), ("in", .string(place)), ("required", .bool(parameter.isRequired)),
            ("schema", parameter.schema),
        ]
        if !parameter.about.isEmpty { members.append(("description", .string(parameter.about))) }
        return .object(.init(members))
    }

    private static func pathParameters(_ template: String) -> [JSON] {
        template.split(separator: "/" as Character).filter { $0.hasPrefix("{") }.map { part in
            let name = String(part.dropFirst().dropLast())
            let schema = name == "shortCode" || name == "code" ? Schema.pattern("^[A-Za-z0-9-]{3,30}$") : Schema.text
            return json(Parameter(name: name, schema: schema, isRequired: true), place: "path")
        }
    }

    private func responses(hasPath: Bool) -> [(String, JSON)] {
        var responses = [success]
        var statuses = Set(errors + [400, 413, 431, 503])
        if needsCaller { statuses.formUnion([401, 403]) }
        for status in statuses.sorted() {
            responses.append(("\(status)", ["$ref": "#/components/responses/Error"]))
        }
        return responses
    }

    private var success: (String, JSON) {
        switch answer {
        case .data(let schema, let status):
            ("\(status)", Self.response("It is done.", "application/json", Schema.envelope(schema)))
        case .list(let schema):
            (
                "200",
                Self.response(
                    "A page of them.", "application/json",
                    Schema.envelope(Schema.list(of: schema), meta: Schema.named("Meta")))
            )
        case .text(let types):
            (
                "200",
                [
                    "description": "The text.",
                    "content": .object(.init(types.map { ($0, JSON.object(["schema": Schema.text])) })),
                ]
            )
        }
    }

    private static func response(_ about: String, _ type: String, _ schema: JSON) -> JSON {
        ["description": .string(about), "content": .object(.init([(type, JSON.object(["schema": schema]))]))]
    }
}
