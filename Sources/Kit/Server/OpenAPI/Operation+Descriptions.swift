extension Operation {
    private typealias Parameter = OperationDescription.Parameter

    private static let range = Parameter(
        name: "range", schema: Schema.one(of: StatisticsRange.allCases.map(\.rawValue)),
        about: "Whole hours for 24h, else whole days of UTC, the current one among them. 24h unless given.")
    private static let shortCode = Parameter(
        name: "shortCode", schema: Schema.text, about: "All the caller's links without it.")
    private static let format = Parameter(name: "format", schema: Schema.one(of: ["ndjson", "csv"]))
    private static let room = Parameter(
        name: "room", schema: Schema.pattern("^(user:[0-9a-fA-F]{24}|url:[A-Za-z0-9-]{3,30})?$"),
        about: "The caller's own user: room unless given.")
    private static let expiresAt: JSON = [
        "type": ["string", "null"], "format": "date-time", "description": "In UTC and in the future; null for never.",
    ]
    private static let maxClicks: JSON = [
        "type": ["integer", "null"], "minimum": 1, "maximum": .int(Link.mostClicks),
        "description": "null for any number.",
    ]
    private static let tags: JSON = [
        "type": "array", "items": Schema.pattern("^[A-Za-z0-9_-]{1,32}$"), "maxItems": .int(Link.mostTags),
    ]
    private static let destination: JSON = [
        "type": "string", "maxLength": .int(Destination.maximumCharacters),
        "description":
            "An absolute http or https address that leads neither here nor, unless allowed, to a private network.",
    ]
    private static let password: JSON = ["type": "string", "minLength": 8, "maxLength": 72]

    private static func limit(_ range: ClosedRange<Int>) -> Parameter {
        Parameter(name: "limit", schema: Schema.number(range))
    }

    private static func body(_ members: [(String, JSON)], optional: Set<String> = []) -> OperationDescription.Body {
        let names = Set(members.map(\.0))
        return .json(Schema.object(members, optional: optional), isOptional: names.isSubset(of: optional))
    }

    var description: OperationDescription {
        switch self {
        case .createLink, .listLinks, .checkAlias, .getLink, .changeLink, .switchLink, .deleteLink: ofLinks
        case .statistics, .exportStatistics, .exportLinks, .exportClicks, .events, .feed: ofClicks
        case .register, .login, .refresh, .me, .changePassword, .accountSummary, .createKey, .listKeys, .revokeKey,
            .createTicket, .verifyTicket, .revokeTicket:
            ofAccounts
        case .publish, .listNotifications, .readNotification, .readAllNotifications, .server, .connections: ofServer
        }
    }

    private var ofLinks: OperationDescription {
        let link = OperationDescription.Answer.data(Schema.named("Link"), status: 200)
        let nothing = OperationDescription.Answer.data(Schema.nothing, status: 200)
        switch self {
        case .createLink:
            return OperationDescription(
                tag: "links", summary: "Make a link; it is durable when this is answered.",
                body: Self.body(
                    [
                        ("originalUrl", Self.destination),
                        ("customAlias", ["type": ["string", "null"], "pattern": "^[A-Za-z0-9-]{3,30}$"]),
                        ("expiresAt", Self.expiresAt), ("maxClicks", Self.maxClicks), ("tags", Self.tags),
                        ("isActive", Schema.flag),
                    ], optional: ["customAlias", "expiresAt", "maxClicks", "tags", "isActive"]),
                answer: .data(Schema.named("Link"), status: 201), errors: [409, 429, 500])
        case .listLinks:
            return OperationDescription(
                tag: "links", summary: "The caller's links, newest first.",
                query: [
                    Parameter(name: "page", schema: Schema.text, about: "From 1; anything else is the first."),
                    Parameter(
                        name: "limit", schema: Schema.text, about: "Up to 100; anything that is no number is 20."),
                    Parameter(name: "search", schema: Schema.text, about: "In code or destination, taken literally."),
                    Parameter(name: "isActive", schema: Schema.one(of: ["true", "false"])),
                    Parameter(name: "tag", schema: Schema.pattern("^[A-Za-z0-9_-]{0,32}$")),
                ], answer: .list(Schema.named("Link")))
        case .checkAlias:
            return OperationDescription(
                tag: "links", summary: "Whether the caller can have a code.",
                query: [Parameter(name: "alias", schema: ["type": "string", "minLength": 1], isRequired: true)],
                answer: .data(Schema.object([("alias", Schema.text), ("available", Schema.flag)]), status: 200))
        case .getLink: return OperationDescription(tag: "links", summary: "A link by its code.", answer: link)
        case .changeLink:
            return OperationDescription(
                tag: "links", summary: "Change a link; what is not named stays.",
                body: .json(
                    .object([
                        "type": "object", "minProperties": 1,
                        "properties": [
                            "originalUrl": Self.destination, "isActive": Schema.flag, "expiresAt": Self.expiresAt,
                            "maxClicks": Self.maxClicks, "tags": Self.tags,
                        ],
                    ]), isOptional: false), answer: link)
        case .switchLink:
            return OperationDescription(
                tag: "links", summary: "Switch a link on or off.", body: Self.body([("isActive", Schema.flag)]),
                answer: nothing)
        default:
            return OperationDescription(
                tag: "links", summary: "Delete a link. Its clicks stay, and nobody else gets its code.", answer: nothing
            )
        }
    }

    private var ofClicks: OperationDescription {
        let since = Parameter(name: "since", schema: Schema.optionalPosition, about: "Behind this position.")
        switch self {
        case .statistics:
            return OperationDescription(
                tag: "statistics",
                summary: "What the clicks were, and the position in the room that this is true at.",
                query: [Self.shortCode, Self.range], answer: .data(Schema.named("Statistics"), status: 200))
        case .exportStatistics:
            return OperationDescription(
                tag: "statistics", summary: "The same as the original's CSV.", query: [Self.shortCode, Self.range],
                answer: .text(["text/csv; charset=utf-8"]))
        case .exportLinks:
            return OperationDescription(
                tag: "export", summary: "All links, in pages: X-Quikko-Next goes into before.",
                query: [
                    Self.format, Self.limit(1...10_000), Parameter(name: "before", schema: Schema.number(1...Int.max)),
                ], answer: .text(["application/x-ndjson", "text/csv; charset=utf-8"]))
        case .exportClicks:
            return OperationDescription(
                tag: "export", summary: "Clicks and holes behind a position, in pages: X-Quikko-Next goes into since.",
                query: [Self.room, since, Self.format, Self.limit(1...10_000)],
                answer: .text(["application/x-ndjson", "text/csv; charset=utf-8"]))
        case .events:
            return OperationDescription(
                tag: "feed", summary: "A stretch of a feed.",
                query: [
                    Self.room,
                    Parameter(name: "from", schema: Schema.optionalPosition, about: "Included; excludes since."),
                    Parameter(
                        name: "since", schema: Schema.text, about: "A position, excluded, or a duration such as 10m."),
                    Parameter(name: "to", schema: Schema.optionalPosition, about: "Included."), Self.limit(0...1_000),
                ],
                answer: .data(
                    Schema.object([
                        ("room", Schema.text), ("head", Schema.position),
                        ("events", Schema.list(of: ["type": "object"])),
                        ("holes", Schema.list(of: ["type": "object"])), ("next", Schema.optional(Schema.position)),
                    ]), status: 200), errors: [404])
        default:
            return OperationDescription(
                tag: "feed", summary: "The live feed as server-sent events; it does not end.",
                query: [
                    Self.room, Parameter(name: "since", schema: Schema.text),
                    Parameter(name: "overflow", schema: Schema.one(of: ["drop", "replay"])),
                    Parameter(name: "ticket", schema: Schema.text), Parameter(name: "token", schema: Schema.text),
                ], answer: .text(["text/event-stream"]))
        }
    }

    private var ofAccounts: OperationDescription {
        let credentials = Self.body([("email", ["type": "string", "maxLength": 254]), ("password", Self.password)])
        switch self {
        case .register:
            return OperationDescription(
                tag: "accounts", summary: "Make an account, where that is allowed.", body: credentials,
                answer: .data(Schema.named("Session"), status: 201), errors: [403, 409, 429], needsCaller: false)
        case .login:
            return OperationDescription(
                tag: "accounts", summary: "Log in with a password.",
                body: Self.body([("email", Schema.text), ("password", Schema.text)]),
                answer: .data(Schema.named("Session"), status: 200), errors: [401, 429], needsCaller: false)
        case .refresh:
            return OperationDescription(
                tag: "accounts", summary: "A new access token for a refresh token.",
                body: Self.body([("refreshToken", Schema.text)]),
                answer: .data(Schema.object([("accessToken", Schema.text)]), status: 200), errors: [401],
                needsCaller: false)
        case .me:
            return OperationDescription(
                tag: "accounts", summary: "The caller.", answer: .data(Schema.named("User"), status: 200))
        case .changePassword:
            return OperationDescription(
                tag: "accounts", summary: "Change the password, or set the first one.",
                body: Self.body(
                    [("currentPassword", Schema.optionalText), ("newPassword", Self.password)],
                    optional: ["currentPassword"]), answer: .data(Schema.nothing, status: 200), errors: [429])
        case .accountSummary:
            return OperationDescription(
                tag: "accounts", summary: "The caller's account in numbers.",
                answer: .data(
                    Schema.object([
                        ("email", Schema.text), ("plan", Schema.text), ("createdAt", Schema.time),
                        ("activeUrlsCount", Schema.number()), ("activeUrlsLimit", ["type": ["integer", "null"]]),
                        ("totalClicks", Schema.number()),
                    ]), status: 200))
        case .createKey:
            let key = Schema.object([
                ("id", Schema.text), ("key", Schema.text), ("label", Schema.text), ("scope", Schema.text),
                ("createdAt", Schema.time), ("revokedAt", Schema.nothing),
            ])
            return OperationDescription(
                tag: "keys", summary: "Make an API key; its text is shown this once.",
                body: Self.body(
                    [
                        ("label", ["type": ["string", "null"], "maxLength": 100]),
                        ("scope", ["enum": ["admin", "user", nil]]),
                    ], optional: ["label", "scope"]), answer: .data(key, status: 201), errors: [409])
        case .listKeys:
            return OperationDescription(
                tag: "keys", summary: "The caller's API keys, without their secrets.",
                answer: .data(Schema.list(of: Schema.named("Key")), status: 200))
        case .revokeKey:
            return OperationDescription(
                tag: "keys", summary: "Revoke an API key.", answer: .data(Schema.nothing, status: 200))
        case .createTicket:
            return OperationDescription(
                tag: "tickets", summary: "Make a ticket for a socket, or a session token.",
                body: Self.body(
                    [
                        ("kind", ["enum": ["ticket", "start", "session", nil]]),
                        ("user", ["type": ["string", "null"], "pattern": "^[0-9a-fA-F]{24}$"]),
                        ("organization", Schema.optionalText),
                        ("roles", ["type": ["array", "null"], "items": Schema.text]),
                        ("ttl", ["type": ["integer", "null"], "minimum": 1, "maximum": 604_800]),
                    ], optional: ["kind", "user", "organization", "roles", "ttl"]),
                answer: .data(
                    Schema.object(
                        [
                            ("kind", Schema.text), ("ticket", Schema.text), ("token", Schema.text),
                            ("expiresIn", Schema.number()), ("expiresAt", Schema.time),
                        ], optional: ["ticket", "token", "expiresIn"]), status: 201))
        case .revokeTicket:
            return OperationDescription(
                tag: "tickets",
                summary: "Take a credential back, or all of a user's; sockets opened with it are closed.",
                body: Self.body(
                    [("credential", Schema.optionalText), ("user", Schema.optionalText)],
                    optional: ["credential", "user"]),
                answer: .data(
                    Schema.object([("revoked", Schema.text), ("user", Schema.text), ("closed", Schema.number())]),
                    status: 200))
        default:
            return OperationDescription(
                tag: "tickets", summary: "Whether a credential would let somebody in, and whom.",
                body: Self.body([("credential", Schema.text)]),
                answer: .data(Schema.object([("valid", Schema.flag)]), status: 200))
        }
    }

    private var ofServer: OperationDescription {
        let anything = OperationDescription.Answer.data(["type": "object"], status: 200)
        switch self {
        case .publish:
            return OperationDescription(
                tag: "server", summary: "Tell everybody something; see docs/wire.md for the kinds.",
                body: Self.body([("kind", Schema.text)]), answer: anything, errors: [404])
        case .listNotifications:
            return OperationDescription(
                tag: "notifications", summary: "What is kept for the caller, newest first.",
                query: [
                    Parameter(name: "startIndex", schema: Schema.number(0...1_000_000_000)),
                    Parameter(name: "perPage", schema: Schema.number(1...100)),
                ], answer: anything)
        case .readNotification:
            return OperationDescription(
                tag: "notifications", summary: "One was read.", answer: anything, errors: [404])
        case .readAllNotifications:
            return OperationDescription(tag: "notifications", summary: "All were read.", answer: anything)
        case .server:
            return OperationDescription(
                tag: "server", summary: "The server in numbers; administrators.", answer: anything)
        default:
            return OperationDescription(
                tag: "server", summary: "The books of each connection; administrators.",
                query: [
                    Parameter(name: "state", schema: Schema.one(of: ["open", "closed", "slow", "replaying"])),
                    Parameter(name: "limit", schema: Schema.text),
                ], answer: .data(Schema.anything, status: 200))
        }
    }
}
