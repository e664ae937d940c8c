import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// Calls a server's HTTP API: shorten, click, ticket.
public struct APIClient: Sendable {
    public let origin: Origin
    /// An API key or token; sent to `origin` and nowhere else.
    private let credential: String?
    private let timeout = TimeAmount.seconds(30)

    public init(_ origin: Origin, credential: String?) {
        self.origin = origin
        self.credential = credential
    }

    public var hasCredential: Bool { credential != nil }

    /// A link as the API answers it.
    public struct LinkAnswer: Sendable, Codable {
        public let id: String
        public let shortCode: String
        public let shortUrl: String
        public let originalUrl: String
        public let isCustomAlias: Bool
        public let isActive: Bool
        public let createdAt: String
        public let totalClicks: Int
        /// `active`, `paused`, `expired` or `exhausted`; older servers do not say.
        public let status: String?
        public let expiresAt: String?
        public let maxClicks: Int?
        public let tags: [String]?
    }

    /// How a new link is to be; what is nil is the server's to choose, or no limit.
    public struct LinkWish: Sendable {
        public var destination: String
        public var code: String?
        /// RFC 3339 UTC.
        public var expiresAt: String?
        public var maxClicks: Int?
        public var tags: [String] = []

        public init(_ destination: String) { self.destination = destination }
    }

    /// A redirect that was followed one step.
    public struct ClickAnswer: Sendable {
        public let code: String
        /// Where it leads.
        public let location: String
        /// The click's place in its owner's feed, `EPOCH:N`; only for the link's owner and administrators.
        public let position: String?
    }

    public struct TicketAnswer: Sendable, Codable {
        public let kind: String
        public let ticket: String?
        public let token: String?
        public let expiresAt: String
    }

    public func shorten(_ destination: String, code: String?) async throws(KitError) -> LinkAnswer {
        var wish = LinkWish(destination)
        wish.code = code
        return try await shorten(wish)
    }

    public func shorten(_ wish: LinkWish) async throws(KitError) -> LinkAnswer {
        var body: [(String, JSON)] = [("originalUrl", .string(wish.destination))]
        if let code = wish.code { body.append(("customAlias", .string(code))) }
        if let expiresAt = wish.expiresAt { body.append(("expiresAt", .string(expiresAt))) }
        if let maxClicks = wish.maxClicks { body.append(("maxClicks", .int(maxClicks))) }
        if !wish.tags.isEmpty { body.append(("tags", .array(wish.tags.map(JSON.string)))) }
        return try await post("/api/v1/urls", .object(.init(body)))
    }

    /// - Parameters:
    ///   - kind: `ticket`, `start` or `session`.
    ///   - ttl: Seconds; nil takes the server's default.
    public func makeTicket(
        kind: String, user: String? = nil, organization: String? = nil, roles: [String]? = nil, ttl: Int? = nil
    ) async throws(KitError) -> TicketAnswer {
        var body: [(String, JSON)] = [("kind", .string(kind))]
        if let user { body.append(("user", .string(user))) }
        if let organization { body.append(("organization", .string(organization))) }
        if let roles { body.append(("roles", .array(roles.map(JSON.string)))) }
        if let ttl { body.append(("ttl", .int(ttl))) }
        return try await post("/api/v1/tickets", .object(.init(body)))
    }

    /// What a server thinks of a credential.
    public struct Verdict: Sendable, Codable {
        public let valid: Bool
        /// Why it is not good.
        public let reason: String?
        public let user: String?
        public let scope: String?
        public let organization: String?
        public let roles: [String]?
        public let expiresAt: String?
    }

    /// Asks whether a token, ticket or key would let somebody in; nothing is used up.
    public func verify(_ text: String) async throws(KitError) -> Verdict {
        try await post("/api/v1/tickets/verify", ["credential": .string(text)])
    }

    /// Follows a link one step, as a browser would.
    ///
    /// - Throws: `.notFound` or `.inactive` when the code does not redirect.
    public func click(
        _ code: ShortCode, country: Country? = nil, agent: String? = nil
    ) async throws(KitError) -> ClickAnswer {
        var headers = HTTPHeaders()
        if let country { headers.add(name: "X-Country", value: country.description) }
        headers.add(name: "User-Agent", value: agent ?? "quikko/\(Kit.version)")
        let (response, body) = try await send(.GET, "/\(code)", headers: headers)
        guard response.status == .found, let location = response.headers.first(name: "location") else {
            throw Self.error(response.status, body)
        }
        return ClickAnswer(
            code: code.description, location: location, position: response.headers.first(name: "x-quikko-position"))
    }

    /// A stretch of a feed: events as a socket gets them, and what is not there.
    public struct EventsAnswer: Sendable {
        public let head: Position
        public let events: [(click: ClickEvent, place: Place)]
        public let holes: [Hole]
        /// Where to go on; nil when there is nothing behind.
        public let next: Position?
    }

    private struct WireEvents: Decodable {
        struct Event: Decodable {
            let room: String
            let epoch: Int32
            let n: Int64
            let payload: ClickEvent
        }
        let head: String
        let events: [Event]
        let holes: [HolePayload]
        let next: String?
    }

    /// The part of a feed behind `since`, up to and with `to`.
    ///
    /// - Parameters:
    ///   - room: The caller's own `user:` room when nil.
    ///   - limit: From 0, which asks for the head alone, to 1,000.
    public func events(
        in room: Room? = nil, since: Position = .start, to: Position? = nil, limit: Int = 1_000
    ) async throws(KitError) -> EventsAnswer {
        var path = "/api/v1/events?since=\(since)&limit=\(limit)"
        if let room { path += "&room=\(room)" }
        if let to { path += "&to=\(to)" }
        let answer: WireEvents = try await get(path)
        return EventsAnswer(
            head: try Position(answer.head),
            events: try answer.events.map { event throws(KitError) in
                (
                    event.payload,
                    Place(room: try Room(event.room), position: Position(epoch: event.epoch, number: event.n))
                )
            },
            holes: answer.holes.compactMap(\.value),
            next: try answer.next.map { text throws(KitError) in try Position(text) })
    }

    private struct Envelope<Payload: Decodable>: Decodable {
        let data: Payload
    }

    /// Tells an organization's sockets something.
    ///
    /// - Parameter kind: `broadcast` or `change`.
    /// - Returns: how many sockets it went to.
    public func publish(kind: String, _ members: [(String, JSON)]) async throws(KitError) -> Int {
        struct Answer: Decodable { let delivered: Int }
        let answer: Answer = try await post("/api/v1/publish", .object(.init([("kind", .string(kind))] + members)))
        return answer.delivered
    }

    /// Keeps a notification for an account and tells its open tabs.
    ///
    /// - Returns: its id, and how many tabs heard it.
    public func notify(account: Int, _ data: JSON) async throws(KitError) -> (id: Int, delivered: Int) {
        struct Answer: Decodable {
            let id: Int
            let delivered: Int
        }
        let body: JSON = ["kind": "notification", "userId": .int(account), "data": data]
        let answer: Answer = try await post("/api/v1/publish", body)
        return (answer.id, answer.delivered)
    }

    /// A dashboard as the API answers it.
    public struct DashboardAnswer: Sendable, Codable {
        public struct Tile: Sendable, Codable {
            public let id: String
            public let type: String
            public let metricName: String
            public let title: String?
            public let position: Int
        }
        public let id: String
        public let entityId: String
        public let title: String
        public let tiles: [Tile]
    }

    /// Changes the tiles of a dashboard; the members are those of `POST /api/v1/publish` with the kind `tile`.
    public func editDashboard(_ members: [(String, JSON)]) async throws(KitError) -> DashboardAnswer {
        try await post("/api/v1/publish", .object(.init([("kind", .string("tile"))] + members)))
    }

    /// The same by Quickback's internal call; the credential is the secret the two servers share.
    public func publishInternally(kind: String, _ members: [(String, JSON)]) async throws(KitError) -> Int {
        struct Answer: Decodable { let delivered: Int? }
        let type = kind == "change" ? "postgres_changes" : kind
        let headers: HTTPHeaders = [
            "Content-Type": "application/json", "X-Internal-Call": "1", "X-Internal-Secret": credential ?? "",
        ]
        let (response, body) = try await send(
            .POST, "/realtime/v1/api/broadcast", headers: headers,
            body: JSON.object(.init([("type", .string(type))] + members)).text)
        guard response.status == .ok else { throw Self.error(response.status, body) }
        return (try? JSONDecoder().decode(Answer.self, from: Data(buffer: body)))?.delivered ?? 0
    }

    func post<Answer: Decodable>(_ path: String, _ json: JSON) async throws(KitError) -> Answer {
        try await call(.POST, path, headers: ["Content-Type": "application/json"], body: json.text)
    }

    /// The data of a JSON answer.
    func get<Answer: Decodable>(_ path: String) async throws(KitError) -> Answer { try await call(.GET, path) }

    /// What came back, when it is no error.
    func answer(
        _ method: HTTPMethod, _ path: String, headers: HTTPHeaders = [:], body: String? = nil
    ) async throws(KitError) -> (HTTPClientResponse, ByteBuffer) {
        guard credential != nil else {
            throw KitError(
                .unauthorized,
                "no API key for \(origin); start `quikko serve` on this machine, or set QUIKKO_TOKEN or --token-file")
        }
        let (response, body) = try await send(method, path, headers: headers, body: body)
        guard (200..<300).contains(response.status.code) else { throw Self.error(response.status, body) }
        return (response, body)
    }

    func call<Answer: Decodable>(
        _ method: HTTPMethod, _ path: String, headers: HTTPHeaders = [:], body: String? = nil
    ) async throws(KitError) -> Answer {
        let (_, body) = try await answer(method, path, headers: headers, body: body)
        guard let answer = try? JSONDecoder().decode(Envelope<Answer>.self, from: Data(buffer: body)) else {
            throw KitError(.unavailable, "\(origin) answered something that is not quikko's API")
        }
        return answer.data
    }

    private func send(
        _ method: HTTPMethod, _ path: String, headers: HTTPHeaders, body: String? = nil
    ) async throws(KitError) -> (HTTPClientResponse, ByteBuffer) {
        var request = HTTPClientRequest(url: "\(origin)\(path)")
        request.method = method
        request.headers = headers
        if let credential { request.headers.add(name: "Authorization", value: "Bearer \(credential)") }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        do {
            let response = try await Self.client.execute(request, timeout: timeout)
            return (response, try await response.body.collect(upTo: 8_388_608))
        } catch {
            throw KitError(.unavailable, "cannot reach \(origin); is `quikko serve` running there?", cause: error)
        }
    }

    /// One connection pool for the program; redirects are answers here, not orders.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(5)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    private struct Failure: Decodable {
        struct Detail: Decodable {
            let code: String
            let message: String
        }
        let error: Detail
    }

    /// The server's own words, under the code that gives the right exit status.
    static func error(_ status: HTTPResponseStatus, _ body: ByteBuffer) -> KitError {
        let failure = try? JSONDecoder().decode(Failure.self, from: Data(buffer: body))
        let message = failure?.error.message ?? "the server answered \(status.code) \(status.reasonPhrase)"
        let code: KitError.Code =
            switch status.code {
            case 400 where failure?.error.code == "INVALID_URL": .invalidURL
            case 400, 405: .invalid
            case 401 where failure?.error.code == "AUTH_TOKEN_EXPIRED": .expired
            case 401: .unauthorized
            case 403: .forbidden
            case 404: .notFound
            case 409: .conflict
            case 410: .inactive
            case 413, 431: .tooLarge
            case 429: .limitExceeded
            case 503: .unavailable
            default: .internal
            }
        return KitError(code, message)
    }
}
