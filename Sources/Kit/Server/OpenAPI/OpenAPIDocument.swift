import NIOHTTP1

/// The REST API in the words of OpenAPI 3.1: made from the operations the router has, so that neither can know one the other does not.
enum OpenAPIDocument {
    static let json: JSON = [
        "openapi": "3.1.0",
        "info": [
            "title": "quikko", "version": .string(Kit.version),
            "description":
                "Short links whose every click has a number. Answers are in an envelope; the error's code is the contract.",
            "license": ["name": "MIT", "identifier": "MIT"],
        ],
        "servers": [["url": "/"]], "security": [["bearer": []]], "paths": paths, "components": components,
    ]

    static let yaml = YAMLText.write(json)

    private static var paths: JSON {
        var paths: [(template: String, operations: [(String, JSON)])] = []
        func add(_ method: HTTPMethod, _ template: String, _ id: String, _ description: OperationDescription) {
            let operation = (method.rawValue.lowercased(), description.json(id: id, template: template))
            if let place = paths.firstIndex(where: { $0.template == template }) {
                paths[place].operations.append(operation)
            } else {
                paths.append((template, [operation]))
            }
        }
        for operation in Operation.allCases {
            add(operation.route.method, operation.route.template, operation.rawValue, operation.description)
        }
        for page in outside { paths.append((page.template, [("get", page.json)])) }
        return .object(.init(paths.map { ($0.template, .object(.init($0.operations))) }))
    }

    /// What is not below `/api/v1/`.
    private static let outside: [(template: String, json: JSON)] = [
        page(
            "/{code}", "followLink", "Follow a link; it is a click.",
            [
                ("302", ["description": "There.", "headers": ["Location": ["schema": Schema.text]]]),
                ("404", error), ("410", error), ("429", error), ("503", error),
            ]),
        page(
            "/health", "health", "Whether the server is well.",
            [("200", ["description": "It answers.", "content": ["application/json": ["schema": ["type": "object"]]]])]),
    ]

    private static let error: JSON = ["$ref": "#/components/responses/Error"]

    private static func page(
        _ template: String, _ id: String, _ summary: String, _ responses: [(String, JSON)]
    ) -> (template: String, json: JSON) {
        let parameter: JSON = [
            "name": "code", "in": "path", "required": true, "schema": Schema.pattern("^[A-Za-z0-9-]{3,30}$"),
        ]
        return (
            template,
            [
                "operationId": .string(id), "tags": ["links"], "summary": .string(summary),
                "parameters": template.contains("{") ? [parameter] : [], "security": [],
                "responses": .object(.init(responses)),
            ]
        )
    }

    private static let components: JSON = [
        "securitySchemes": [
            "bearer": ["type": "http", "scheme": "bearer", "description": "An API key (qk_…) or an access token."]
        ],
        "responses": [
            "Error": [
                "description":
                    "The code says what went wrong; with 429 and 503 Retry-After says when it may go better.",
                "content": ["application/json": ["schema": Schema.named("Error")]],
            ]
        ],
        "schemas": [
            "Error": Schema.object([
                ("success", ["const": false]), ("data", Schema.nothing),
                (
                    "error",
                    Schema.object([
                        ("code", Schema.one(of: Array(Set(KitError.Code.allCases.map(\.wireName))).sorted())),
                        ("message", Schema.text),
                    ])
                ),
            ]),
            "Meta": Schema.object(
                ["page", "limit", "total", "totalPages"].map { ($0, Schema.number()) } + [("position", Schema.position)]
            ),
            "Link": Schema.object([
                ("id", Schema.pattern("^[0-9a-f]{24}$")), ("shortCode", Schema.text), ("shortUrl", Schema.text),
                ("originalUrl", Schema.text), ("isCustomAlias", Schema.flag), ("isActive", Schema.flag),
                ("createdAt", Schema.time), ("totalClicks", Schema.number()), ("qrCodeBase64", Schema.text),
                ("status", Schema.one(of: ["active", "paused", "expired", "exhausted"])),
                ("expiresAt", Schema.optionalTime), ("maxClicks", ["type": ["integer", "null"]]),
                ("tags", Schema.list(of: Schema.text)),
            ]),
            "Key": Schema.object([
                ("id", Schema.text), ("label", Schema.text), ("scope", Schema.one(of: ["admin", "user"])),
                ("createdAt", Schema.time), ("revokedAt", Schema.optionalTime),
            ]),
            "User": Schema.object([("id", Schema.text), ("email", Schema.text), ("plan", Schema.text)]),
            "Session": Schema.object([
                ("accessToken", Schema.text), ("refreshToken", Schema.text), ("user", Schema.named("User")),
            ]),
            "Statistics": Schema.object([
                ("range", Schema.text), ("stats", Schema.named("Counts")), ("room", Schema.text),
                ("position", Schema.position), ("from", Schema.time),
            ]),
            "Counts": Schema.object([
                ("totalClicks", Schema.number()), ("clicksByCountry", Schema.counts()),
                ("clicksByDevice", Schema.counts()), ("clicksByBrowser", Schema.counts()),
                (
                    "clicksOverTime",
                    Schema.list(of: Schema.object([("timestamp", Schema.time), ("count", Schema.number())]))
                ), ("clicksByReferrer", Schema.counts()), ("people", Schema.number()), ("bots", Schema.number()),
                ("previews", Schema.number()), ("visitors", Schema.number()),
            ]),
        ],
    ]
}
