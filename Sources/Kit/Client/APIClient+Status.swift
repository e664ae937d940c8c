extension APIClient {
    /// Totals of the running server.
    ///
    /// - Throws: `.forbidden` for anyone but administrators.
    public func server() async throws(KitError) -> ServerAnswer { try await get("/api/v1/server") }

    /// Open connections, those that lost most first.
    ///
    /// - Throws: `.forbidden` for anyone but administrators.
    public func openConnections(limit: Int) async throws(KitError) -> [ConnectionAnswer] {
        try await get("/api/v1/server/connections?state=open&limit=\(limit)")
    }

    /// Open connections and those that closed in the last ten minutes, those that lost most first.
    public func connections(limit: Int) async throws(KitError) -> [ConnectionAnswer] {
        try await get("/api/v1/server/connections?limit=\(limit)")
    }

    /// The server's totals since its start; what is open or waiting is as of now.
    public struct ServerAnswer: Sendable, Equatable, Decodable {
        public var version = ""
        public var epoch = 0
        public var uptimeSeconds = 0
        public var connections = 0
        public var replaying = 0
        public var slow = 0
        public var rooms = 0
        public var links = 0
        public var memoryBytes = 0
        /// Why `/health` says degraded; empty when it does not.
        public var reasons: [String] = []
        public var clicks = Clicks()
        public var log = Log()
        public var messages = Messages()
        public var notices = Notices()
        public var slowConsumers = SlowConsumers()
        /// Age of the oldest message that waits for its socket.
        public var oldestMilliseconds = 0
        public var latency = Latency()

        public init() {}

        public struct Clicks: Sendable, Equatable, Decodable {
            public var numbered = 0
            /// Numbered and not yet durable.
            public var unlogged = 0
            /// Never to be in the log.
            public var lost = 0
            public var undelivered = 0
        }

        public struct Log: Sendable, Equatable, Decodable {
            public var failing = false
            /// Age of the oldest click that is not durable.
            public var oldestMilliseconds = 0
            public var commits = 0
            public var holes = 0
        }

        public struct Messages: Sendable, Equatable, Decodable {
            public var accepted = 0
            public var delivered = 0
            public var dropped = Dropped()
            public var pending = 0
            /// Left to a replay from the log.
            public var deferred = 0
        }

        /// Notices sent to clients; `announced` is how many lost clicks the gaps named.
        public struct Notices: Sendable, Equatable, Decodable {
            public var gaps = 0
            public var announced = 0
            public var positions = 0
        }

        /// How often a connection fell behind, by what was done about it.
        public struct SlowConsumers: Sendable, Equatable, Decodable {
            public var dropping = 0
            public var replayed = 0
            public var stalled = 0
        }

        /// From the click to the socket; milliseconds.
        public struct Latency: Sendable, Equatable, Decodable {
            public var count = 0
            public var p50 = 0.0
            public var p99 = 0.0
            public var p999 = 0.0
            public var max = 0.0
        }
    }

    /// Messages that were accepted and not delivered, by reason.
    public struct Dropped: Sendable, Equatable, Decodable {
        public var full = 0
        public var closed = 0
        public var overload = 0
        /// Values of metrics that newer ones took the place of; nil from servers that do not say.
        public var conflated: Int?

        /// What a connection that is open did not get.
        var whileOpen: Int { full + overload + (conflated ?? 0) }
        public var total: Int { full + closed + overload + (conflated ?? 0) }
    }

    /// One connection and its books.
    public struct ConnectionAnswer: Sendable, Equatable, Decodable {
        public var id = ""
        public var user = ""
        /// `quikko`, …; `variant` is what was asked of it, nil when there is nothing to choose.
        public var `protocol` = ""
        public var variant: String?
        /// `live`, `replaying`, `slow` or `closed`.
        public var state = ""
        public var openedSeconds = 0
        public var closedSeconds: Int?
        public var closeCode: Int?
        public var accepted = 0
        public var delivered = 0
        public var dropped = Dropped()
        public var pending = 0
        public var deferred = 0
        public var announced = 0
        public var oldestMilliseconds = 0

        public init() {}
    }
}

extension APIClient.ServerAnswer {
    /// What is wrong with the server now, in words; empty when all is well. What was lost in the past is only counted.
    public var problems: [String] {
        let accounted = messages.delivered + messages.dropped.total + messages.pending + messages.deferred
        guard messages.accepted != accounted else { return reasons }
        return reasons + ["the books do not balance: accepted \(messages.accepted), accounted for \(accounted)"]
    }
}
