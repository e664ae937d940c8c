public import Foundation

/// Every knob of a server, with its unit, default and what happens at the limit.
public struct ServerConfiguration: Sendable {
    /// Address to listen on. Default 127.0.0.1: this machine only.
    public var host = "127.0.0.1"
    /// TCP port; 0 takes any free one.
    public var port = 8_080
    /// Accept on this instead of a socket of our own: `host` and `port` are then its. Default none.
    public var socket: InheritedSocket? {
        didSet { if let socket { (host, port) = (socket.host, socket.port) } }
    }
    /// Further ports, on 127.0.0.1 only, each of which answers as one original does and nothing else; 0 takes any free one.
    /// Default none.
    public var compatPorts: [Entrance: Int] = [:]
    /// Where database, secrets and lock live. Made when it does not exist, readable by its owner only.
    public var dataDirectory: URL
    /// Where the commands' API keys are kept; nil writes none.
    public var keyFile: URL?
    /// How short URLs begin; nil takes the listening address.
    public var baseURL: String?
    /// Event loops, a thread and a hub shard each. Default: one a core this process may use, at most 16.
    public var loops = min(Self.usableCores, 16)
    /// How long a click may wait before it is written: what a crash can cost at most. Default 100 ms.
    public var flushInterval = Duration.milliseconds(100)
    /// Clicks that may wait for the log, some 110 bytes each; above it clicks are served and published but not logged, and
    /// become a hole. Default 262,144.
    public var logBacklog = 262_144
    /// Messages that wait for one connection before arriving ones are dropped for it. Default 256.
    public var outboxMessages = 256
    /// Bytes that wait for one connection before arriving messages are dropped for it. Default 256 KiB.
    public var outboxBytes = 262_144
    /// The kernel's send buffer of a socket, in bytes (the kernel doubles it). Default 32 KiB: without a bound it swallows
    /// megabytes for a client that does not read, before anyone notices.
    public var sendBuffer = 32_768
    /// Open live connections, WebSockets and event streams; above it 503. Default 50,000, or what the limit of open files leaves.
    public var maximumConnections = 50_000
    /// Between two pings to a quiet socket. Default: as its protocol has it, from 30 to 54 s.
    public var pingInterval: Duration?
    /// Silence after which a socket is closed with 1008; any frame counts. Default: as its protocol has it, from 60 to 120 s.
    public var readDeadline: Duration?
    /// For a socket that refuses bytes to have one acknowledged; then it is closed with 1013. Default 30 s.
    public var stallTimeout = Duration.seconds(30)
    /// For a connection that is being closed to take its last bytes. Default 5 s; then it is cut off.
    public var closeDeadline = Duration.seconds(5)
    /// Sends each 302 only when its click is durable. Default off: clicks become durable within `flushInterval`.
    public var isStrict = false
    /// Answers `/metrics` without a credential. Default off.
    public var opensMetrics = false
    /// For a whole request head to arrive, and for a keep-alive connection to be idle. Default 30 s.
    public var requestDeadline = Duration.seconds(30)
    /// When the server stops: for open HTTP connections to ask once more, and be told that this answer is the last. Default 500 ms;
    /// less when all have gone.
    public var lastRequests = Duration.milliseconds(500)
    /// For connections to end by themselves when the server stops. Default 10 s; then they are cut off.
    public var shutdownDeadline = Duration.seconds(10)
    /// Links one user may make in a minute; administrators any number. Above it 429; 0 sets no limit. Default 20.
    public var linksPerMinute = 20
    /// Lets anybody make an account. Default off.
    public var allowsRegistration = false
    /// Accounts one address may make in a minute; above it 429; 0 sets no limit. Default 5.
    public var registrationsPerMinute = 5
    /// Passwords one address may try in a minute; above it 429; 0 sets no limit. Default 5.
    public var loginsPerMinute = 5
    /// Redirects one address may ask for in a second, at most 65,535; above it 429. 0 sets no limit. Default 100.
    public var redirectsPerSecond = 100
    /// Limits redirects to this machine itself too. Default off: a load test on this machine would end at 100 a second.
    public var limitsLoopback = false
    /// Takes the country from `CF-IPCountry` or `X-Country` of any request, and the address from `X-Forwarded-For`. Default
    /// off: only a proxy in front can be believed.
    public var trustsProxy = false
    /// Lets links lead to this machine and private networks. Default off.
    public var allowsPrivateTargets = false
    /// Origins whose pages may call the API and open sockets, besides the server's own. Default `http://localhost:3000`.
    public var allowedOrigins = ["http://localhost:3000"]
    /// Where a browser is sent for an unknown or inactive code: `<this>/link-no-encontrado`, `<this>/link-inactivo`.
    /// Default none: it is answered 404 or 410.
    public var frontendURL: String?
    /// Signs access tokens; nil derives it from the stored secret. At least 32 bytes.
    public var tokenSecret: String?
    /// Signs tickets; nil derives it from the stored secret. At least 32 bytes.
    public var ticketSecret: String?
    /// Verifies Quickback sessions; at least 32 bytes. Default: derived from the stored secret.
    public var sessionSecret: String?
    /// Verifies tokens of QuickDapp accounts; at least 32 bytes. Default: derived from the stored secret.
    public var accountSecret: String?
    /// Open QuickDapp sockets; one more is told so and closed with 1013. Default 10,000.
    public var maximumAccountSockets = 10_000
    /// Open QuickDapp sockets of one account; one more is told so and closed with 1008. Default 5.
    public var maximumSocketsPerAccount = 5
    /// Of what owners of links are notified. Default: of clicks, milestones and new links.
    public var notifies = NotificationPolicy.clicks
    /// Notifications kept for one account; above it read ones go first, the oldest of them first. Default 1,000.
    public var maximumNotifications = 1_000
    /// Between two values of a metric for a dashboard; of those that come meanwhile the newest is told. Default 50 ms; 0 tells each.
    public var metricInterval = Duration.milliseconds(50)
    /// What clicks are called besides `clicks` where they are a metric. Default: nothing.
    public var metricAliases: [String] = []
    /// Verifies RS256 tokens of dashboards: an RSA public key in PEM. Default none: tokens are HS256 under `tokenSecret`.
    public var dashboardPublicKey: String?
    /// Pings, timeouts and the like of Socket.IO's sessions.
    public var engine = EngineTiming()
    /// How late a deadline may be. Default 1 s.
    public var tick = Duration.seconds(1)
    /// Serves what the protocols' own test suites expect, instead of Socket.IO's dashboards. Only on this machine.
    private(set) var isConformanceTestee = false
    /// Answers `/ws` without a credential 401, as the original native server does. Default off: then it is a QuickDapp socket.
    public var refusesBareSockets = false
    /// Whether a Quickback ticket opens one socket only.
    public var isRealtimeTicketSingleUse = false
    /// Makes the same short codes every time, for scripts; nil makes random ones.
    public var seed: UInt64?
    /// Which table rows go out to which roles, and what of them is masked. Default: the addresses of clicks are for
    /// admins and owners.
    var policy = RowPolicy.standard
    /// Prints a ticket for the live page.
    public var makesStartTicket = false

    public init(dataDirectory: URL) { self.dataDirectory = dataDirectory }

    /// Takes what the environment says: `QUIKKO_…`, or the original's bare name.
    ///
    /// - Throws: `.invalid` naming the variable that makes no sense.
    public mutating func apply(_ environment: [String: String]) throws(KitError) {
        func value(_ name: String) -> String? {
            (environment["QUIKKO_\(name)"] ?? environment[name]).flatMap { $0.isEmpty ? nil : $0 }
        }
        func flag(_ name: String, _ current: Bool) throws(KitError) -> Bool {
            switch value(name)?.lowercased() {
            case nil: return current
            case "true", "1", "yes": return true
            case "false", "0", "no": return false
            default: throw KitError(.invalid, "\(name) must be true or false")
            }
        }
        func number(_ name: String, _ current: Int, _ range: ClosedRange<Int>) throws(KitError) -> Int {
            guard let text = value(name) else { return current }
            guard let number = Int(text), range.contains(number) else {
                throw KitError(.invalid, "\(name) must be a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
        port = try number("PORT", port, 0...65_535)
        outboxMessages = try number("WS_SEND_BUFFER", outboxMessages, 1...1_000_000)
        maximumConnections = try number("WS_MAX_CONNECTIONS", maximumConnections, 1...10_000_000)
        linksPerMinute = try number("RATE_LIMIT_CREATE_PER_MIN", linksPerMinute, 0...1_000_000)
        allowsRegistration = try flag("ALLOW_REGISTRATION", allowsRegistration)
        registrationsPerMinute = try number("AUTH_RATE_LIMIT_PER_MIN", registrationsPerMinute, 0...1_000_000)
        loginsPerMinute = try number("RATE_LIMIT_LOGIN_PER_MIN", loginsPerMinute, 0...1_000_000)
        redirectsPerSecond = try number("RATE_LIMIT_REDIRECT_PER_SEC", redirectsPerSecond, 0...65_535)
        limitsLoopback = try flag("RATE_LIMIT_LOOPBACK", limitsLoopback)
        trustsProxy = try flag("TRUST_PROXY", trustsProxy)
        allowsPrivateTargets = try flag("ALLOW_PRIVATE_TARGETS", allowsPrivateTargets)
        tokenSecret = value("JWT_SECRET") ?? tokenSecret
        ticketSecret = value("ACCESS_TOKEN") ?? ticketSecret
        sessionSecret = value("BETTER_AUTH_SECRET") ?? sessionSecret
        accountSecret = value("SESSION_ENCRYPTION_KEY") ?? accountSecret
        maximumAccountSockets = try number(
            "SOCKET_MAX_TOTAL_CONNECTIONS", maximumAccountSockets, 0...10_000_000)
        maximumSocketsPerAccount = try number(
            "SOCKET_MAX_CONNECTIONS_PER_USER", maximumSocketsPerAccount, 0...10_000_000)
        maximumNotifications = try number("NOTIFY_MAX_PER_USER", maximumNotifications, 1...1_000_000)
        if let text = value("NOTIFY") {
            guard let policy = NotificationPolicy(rawValue: text) else {
                throw KitError(.invalid, "NOTIFY must be clicks, milestones or off")
            }
            notifies = policy
        }
        switch value("WS_NO_TOKEN") {
        case nil: break
        case "quikko": refusesBareSockets = true
        case "quickdapp": refusesBareSockets = false
        default: throw KitError(.invalid, "WS_NO_TOKEN must be quikko or quickdapp")
        }
        metricInterval = .milliseconds(
            try number("METRIC_COALESCE_MS", Int(metricInterval / .milliseconds(1)), 0...60_000))
        if let names = value("METRIC_ALIASES") {
            metricAliases = names.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            guard metricAliases.allSatisfy(Metric.isName), metricAliases.count <= 8 else {
                throw KitError(.invalid, "METRIC_ALIASES must be at most 8 names of 1 to 64 characters, with commas")
            }
        }
        dashboardPublicKey = value("ANALYTICS_JWT_PUBLIC_KEY") ?? dashboardPublicKey
        isRealtimeTicketSingleUse = try flag("WS_TICKET_SINGLE_USE", isRealtimeTicketSingleUse)
        baseURL = try value("BASE_URL").map { text throws(KitError) in try Self.trimmed(text, "BASE_URL") } ?? baseURL
        frontendURL =
            try value("FRONTEND_URL").map { text throws(KitError) in try Self.trimmed(text, "FRONTEND_URL") }
            ?? frontendURL
        if let origins = value("ALLOWED_ORIGINS") {
            allowedOrigins = origins.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
            guard !allowedOrigins.contains("*") else {
                throw KitError(.invalid, "ALLOWED_ORIGINS must name origins; * is not allowed")
            }
        }
    }

    /// Makes it a testee of the protocols' own suites, with their short clocks.
    ///
    /// - Throws: `.invalid` on an address other machines reach: it echoes to everybody.
    public mutating func beConformanceTestee() throws(KitError) {
        guard ["127.0.0.1", "::1", "localhost"].contains(host) else {
            throw KitError(.invalid, "--conformance listens on this machine only; leave --host out")
        }
        isConformanceTestee = true
        engine = .conformance
        tick = .milliseconds(20)
    }

    /// Takes what a configuration file says (`docs/config.schema.json`); what it leaves out stays as it is by default.
    ///
    /// - Throws: `.invalid` naming the place in the file and what to do.
    public mutating func apply(configurationFile bytes: some Sequence<UInt8>) throws(KitError) {
        policy = try ConfigurationFile(Array(bytes)).policy
    }

    /// Cores the process is allowed on: a container or `taskset` may grant fewer than there are, and two loops on one core
    /// only take turns.
    private static var usableCores: Int {
        let all = ProcessInfo.processInfo.activeProcessorCount
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed:") })
        else { return all }
        let bits = line.dropFirst("Cpus_allowed:".count).reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
        return bits > 0 ? min(bits, all) : all
    }

    private static func trimmed(_ text: String, _ name: String) throws(KitError) -> String {
        guard let destination = try? Destination(text) else {
            throw KitError(.invalid, "\(name) must be an absolute http or https URL")
        }
        return destination.description.hasSuffix("/")
            ? String(destination.description.dropLast()) : destination.description
    }
}
