import Logging
import NIOCore
import Synchronization

/// What every connection may ask for; made once at start.
final class Services: Sendable {
    let configuration: ServerConfiguration
    let directory: Directory
    let authenticator: Authenticator
    let links: LinkTable
    let sequencer: Sequencer
    let recorder: ClickRecorder
    let reader: FeedReader
    let codes: CodeMaker
    let protocols: ProtocolSettings
    let occupancy = Occupancy()
    let ticketLimit: RateLimit<UserID>
    let createLimit: RateLimit<UserID>
    let registerLimit: RateLimit<ClientAddress>
    let loginLimit: RateLimit<ClientAddress>
    let passwords = Passwords()
    let redirectLimit: RedirectLimit
    let referrers: Referrers
    let visitors: VisitorKey
    let seats: Seats
    let notifications: Notifications
    let linkNotifications: LinkNotifications
    let dashboards: Dashboards
    let engines = EngineSessions()
    let log: Logger
    /// Open live connections, for the limit.
    let connectionCount = Atomic<Int>(0)
    /// Known once the server listens: how short URLs begin.
    private let address = Guarded("")
    /// The server's loops, for totals; set once before the first connection.
    private let allLoops = Guarded<[ServerLoop]>([])
    private let httpLoops = Guarded<HTTPLoops?>(nil)
    private let turn = Atomic<Int>(0)
    private let stopping = Atomic<Bool>(false)
    private let connectionsSeen = Atomic<Int>(0)
    let startedAt = Timestamp.now
    private let runName: String

    init(
        configuration: ServerConfiguration, directory: Directory, authenticator: Authenticator, links: LinkTable,
        sequencer: Sequencer, recorder: ClickRecorder, reader: FeedReader, referrers: Referrers,
        visitors: VisitorKey, lastNotification: Int, dashboards: DashboardContents, log: Logger
    ) {
        self.configuration = configuration
        self.directory = directory
        self.authenticator = authenticator
        self.links = links
        self.sequencer = sequencer
        self.recorder = recorder
        self.reader = reader
        runName = String(startedAt.microseconds / 1_000, radix: 36)
        codes = CodeMaker(seed: configuration.seed)
        protocols = ProtocolSettings(
            home: directory.organization.id, policy: configuration.policy,
            refusesBareSockets: configuration.refusesBareSockets, metricAliases: configuration.metricAliases)
        seats = Seats(configuration)
        notifications = Notifications(
            recorder: recorder, sequencer: sequencer, last: lastNotification,
            most: configuration.maximumNotifications)
        linkNotifications = LinkNotifications(configuration.notifies, notifications, log: log)
        self.dashboards = Dashboards(
            dashboards, settings: protocols, recorder: recorder, sequencer: sequencer, log: log)
        ticketLimit = RateLimit(60, perSeconds: 60)
        createLimit = RateLimit(configuration.linksPerMinute, perSeconds: 60)
        registerLimit = RateLimit(configuration.registrationsPerMinute, perSeconds: 60)
        loginLimit = RateLimit(configuration.loginsPerMinute, perSeconds: 60)
        redirectLimit = RedirectLimit(
            configuration.redirectsPerSecond, limitsLoopback: configuration.limitsLoopback)
        self.referrers = referrers
        self.visitors = visitors
        self.log = log
    }

    var baseURL: String {
        get { address.withLock { $0 } }
        set { address.withLock { $0 = newValue } }
    }

    var loops: [ServerLoop] {
        get { allLoops.withLock { $0 } }
        set { allLoops.withLock { $0 = newValue } }
    }

    /// Whoever answers what is more than a redirect or an upgrade; set once before the first connection.
    var http: HTTPLoops {
        get { httpLoops.withLock { $0! } }
        set { httpLoops.withLock { $0 = newValue } }
    }

    /// Gives a socket to a loop of sockets, the next in turn unless one is named.
    func adopt(
        _ descriptor: Int32, unread: ByteBuffer, on home: ServerLoop? = nil,
        as make: @escaping @Sendable (ServerLoop) -> LiveConnection
    ) {
        let server = home ?? nextSocketLoop()
        server.loop.execute { server.adopt(descriptor, unread: unread, make(server)) }
    }

    func nextSocketLoop() -> ServerLoop {
        let servers = loops.filter { $0.sockets != nil }
        return servers[turn.add(1, ordering: .relaxed).oldValue % servers.count]
    }

    /// Where notifications are made.
    var home: any EventLoop { loops[0].loop }

    /// Tells everyone a publication is for; the future has how many connections that were.
    func publish(_ publication: Publication, answeringOn loop: any EventLoop) -> EventLoopFuture<Int> {
        let reached = DeliveryCount()
        sequencer.publish(publication, counting: reached)
        return total(reached, answeringOn: loop)
    }

    /// How many connections heard what was published with this count.
    func total(_ reached: DeliveryCount, answeringOn loop: any EventLoop) -> EventLoopFuture<Int> {
        let drained = loops.filter { $0.sockets != nil }.map { server in
            server.loop.submit { server.shard.drain() }
        }
        return EventLoopFuture.andAllSucceed(drained, on: loop).map { reached.value }
    }

    /// Closes the connections of whom is not let in any more; the future has how many those were.
    func endRevoked(answeringOn loop: any EventLoop) -> EventLoopFuture<Int> {
        EventLoopFuture.reduce(
            0, loops.filter { $0.sockets != nil }.map { server in server.loop.submit { server.endRevoked() } },
            on: loop, +)
    }

    /// Numbers connections, in the order they came.
    func nextConnection() -> Int { connectionsSeen.add(1, ordering: .relaxed).newValue }

    /// A connection's name in the log, in the books and for its client: unique across restarts too.
    func name(of admission: Admission) -> String { name(ofNumber: admission.number) }
    func name(ofNumber number: Int) -> String { "\(runName)-\(number)" }

    /// What a room's numbers count; nil for someone without an account here and for a link that is not there.
    func feed(of room: Room) -> Feed? {
        switch room {
        case .user(let id): directory.user(id).map { .owner(Int32($0.key)) }
        case .link(let code): links.entry(code).map { .link(Int32($0.link.key)) }
        case .organization, .member, .accounts, .account, .totals, .entity, .dashboards: nil
        }
    }

    var isStopping: Bool { stopping.load(ordering: .relaxed) }
    func beginStopping() { stopping.store(true, ordering: .relaxed) }

    /// A click not durable for this long means that the disk stalls: many times the flush interval.
    private static let logDelay = Duration.seconds(2)

    /// Why the server does not do all it promises; empty when it does.
    var complaints: [String] {
        var reasons: [String] = []
        if recorder.isFailing { reasons.append("the click log cannot be written") }
        if sequencer.isLosing { reasons.append("clicks are being lost from the log") }
        if let oldest = sequencer.oldestUnlogged, oldest + Self.logDelay < .now {
            reasons.append("the click log is behind")
        }
        return reasons
    }
}
