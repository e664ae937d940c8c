import Logging
import NIOCore

/// A connection that speaks HTTP, as the loop that stops sees it.
protocol Stoppable: AnyObject {
    /// The server is stopping: finish the answer under way, then close.
    func stop()
    /// Close at once.
    func abort()
}

/// Everything one event loop owns: its hub shard, its clicks of this tick, its timing wheel, its connections.
///
/// Confined to its loop; `Sendable` only so that its handle can be passed around before that.
/// `@unchecked` holds because every member but the constants is touched on `loop` alone.
final class ServerLoop: @unchecked Sendable {
    let loop: any EventLoop
    /// The same loop where sockets live on it; nil on NIO's, which only answer HTTP.
    let sockets: SocketLoop?
    let services: Services
    let shard: HubShard
    let wheel: TimingWheel
    let requestDeadline: TimeAmount
    /// Confined to the loop; a look-up calls nobody who looks anything up.
    @exclusivity(unchecked)
    var userAgents = UserAgent.Cache()
    @exclusivity(unchecked)
    private var referers = RefererCache()
    @exclusivity(unchecked)
    private var visitorDay: VisitorDay
    private(set) var connections: [ObjectIdentifier: any HubClient] = [:]
    /// Sessions of Engine.IO, by their ids.
    var engines: [String: EngineSession] = [:]
    var counters = ConsumerCounters()
    var slowLog: LogGate
    private(set) var closedRecords: ClosedRecords
    /// Connections that speak HTTP; ended when the server stops.
    private var exchanges: [ObjectIdentifier: any Stoppable] = [:]
    /// How far the loop is on its way to the end.
    private enum Stage {
        case serving
        /// Every answer is its connection's last.
        case ending
        /// Nothing is answered any more.
        case ended
    }
    private var stage = Stage.serving
    /// Each answer is its connection's last, and says so.
    var isEnding: Bool { stage != .serving }
    /// While it is ending; succeeds when no connection speaks HTTP any more, or nobody waits for that.
    private var quiet: EventLoopPromise<Void>?
    /// Kept once the server stops; succeeds when the last connection has gone.
    private var emptied: EventLoopPromise<Void>?
    private var returns: ReturnSpread?
    private var clicks: [Click] = []
    private var isTickScheduled = false
    private lazy var tick: @Sendable () -> Void = { [unowned self] in endTick() }
    /// Replies to the requests of one read; empty between two. Confined to the loop, and whoever writes to it calls nobody who does:
    /// checking that at run time was a tenth of a pipelined redirect.
    @exclusivity(unchecked)
    var replies = ByteBuffer()
    /// `Date: …` CR LF of the current second (RFC 9110 §5.6.7), and the tail of its redirects.
    private var dateLine: (second: Int64, bytes: [UInt8], redirectTail: [UInt8]) = (-1, [], [])

    init(loop: any EventLoop, services: Services) {
        self.loop = loop
        sockets = loop as? SocketLoop
        self.services = services
        requestDeadline = services.configuration.requestDeadline.timeAmount
        shard = HubShard(
            loop: loop, sequencer: services.sequencer, occupancy: services.occupancy,
            metricInterval: services.configuration.metricInterval.timeAmount)
        wheel = TimingWheel(now: .now(), tick: services.configuration.tick.timeAmount)
        visitorDay = VisitorDay(services.visitors)
        slowLog = LogGate(services.log)
        closedRecords = ClosedRecords(loops: services.configuration.loops)
    }

    /// Registers with the sequencer and starts the wheel. Called once, on the loop.
    func start() {
        loop.assertInEventLoop()
        if sockets != nil { shard.attach { [self] in loop.execute { [self] in shard.drain() } } }
        loop.scheduleRepeatedTask(initialDelay: wheel.tick, delay: wheel.tick) { [self] _ in
            wheel.advance(to: .now())
        }
    }

    /// The click of a request: what it says of itself, and of whom.
    @inline(__always)
    func click(
        of link: Link, from address: ClientAddress, agent: UserAgent.Seen, country: Country?,
        referer: UnsafeRawBufferPointer, at now: Timestamp
    ) -> Click {
        var details = agent.details
        if let country { details.country = country }
        var click = Click(of: link, details: details, at: now)
        click.visitor = visitorDay.visitor(address, agent: agent.hash, at: now)
        click.referrer = referers.number(of: referer, at: now, day: visitorDay.day, services.referrers)
        return click
    }

    /// Takes a click; it is numbered, logged and published at the end of this tick, with all others of the tick.
    @inline(__always)
    func record(_ click: Click) {
        clicks.append(click)
        guard !isTickScheduled else { return }
        isTickScheduled = true
        loop.execute(tick)
    }

    /// Takes a click and numbers it at once, for whoever wants to know the number, and when it is durable.
    func recordNow(_ click: Click) -> (click: Click, receipt: Int?) {
        endTick()
        var numbered = [click]
        let receipt = services.sequencer.submit(&numbered, from: shard.place)
        shard.drain()
        return (numbered[0], receipt)
    }

    private func endTick() {
        loop.assertInEventLoop()
        isTickScheduled = false
        if !clicks.isEmpty {
            var batch = exchange(&clicks, with: [])
            clicks.reserveCapacity(batch.count)
            services.sequencer.submit(&batch, from: shard.place)
        }
        shard.drain()
    }

    /// Opens a live connection on a socket that another loop had.
    func adopt(_ descriptor: Int32, unread: ByteBuffer, _ connection: LiveConnection) {
        guard let sockets, let socket = try? LoopSocket(descriptor, on: sockets, for: connection) else { return }
        unread.withUnsafeReadableBytes { connection.open(socket, unread: $0[...]) }
        // It was let in on another loop, and that may have been taken back since.
        if connection.isRevoked { connection.endRevoked() }
    }

    /// Closes the connections whose credential has been revoked.
    ///
    /// - Returns: how many those were.
    func endRevoked() -> Int {
        let revoked = connections.values.filter { !$0.isClosing && $0.isRevoked }
        for connection in revoked { connection.endRevoked() }
        return revoked.count
    }

    func opened(_ connection: some HubClient) {
        connections[ObjectIdentifier(connection)] = connection
        guard let returns else { return }
        // Its upgrade came from another loop while this one stopped.
        loop.assumeIsolated().execute { self.stop(connection, returns) }
    }

    func closed(_ connection: some HubClient) {
        connections[ObjectIdentifier(connection)] = nil
        if let record = ConnectionRecord(connection, now: .now()) { closedRecords.add(record) }
        noticeEmptied()
    }

    /// A connection's outbox has changed its condition: counted, and logged as far as the gate lets it.
    func noticed(_ connection: some HubClient, _ condition: Outbox.Condition, _ books: Outbox.Books) {
        counters.note(condition)
        var name: String { services.name(of: connection.admission) }
        switch condition {
        case .slow: slowLog.notice("slow consumer: messages are dropped for it", ["connection": "\(name)"])
        case .replaying: slowLog.notice("slow consumer: it reads from the log", ["connection": "\(name)"])
        case .live:
            slowLog.notice(
                "slow consumer keeps up again",
                ["connection": "\(name)", "dropped": "\(books.dropped)", "deferred": "\(books.deferred)"])
        }
    }

    /// The books of each connection, open or lately closed.
    func records(_ now: NIODeadline) -> [ConnectionRecord] {
        connections.values.compactMap { Self.record(of: $0) } + closedRecords.recent(now)
    }

    private static func record(of connection: some HubClient) -> ConnectionRecord? { ConnectionRecord(connection) }

    func entered(_ exchange: some Stoppable) {
        exchanges[ObjectIdentifier(exchange)] = exchange
        if stage == .ended { loop.assumeIsolated().execute { exchange.stop() } }
    }

    func left(_ exchange: some Stoppable) {
        exchanges[ObjectIdentifier(exchange)] = nil
        noticeEmptied()
    }

    /// From now on each answer is the last of its connection. The future succeeds when none is left, or with `endWaiting`.
    func beginEnding() -> EventLoopFuture<Void> {
        let quiet = loop.makePromise(of: Void.self)
        (stage, self.quiet) = (.ending, quiet)
        noticeEmptied()
        return quiet.futureResult
    }

    func endWaiting() { exchange(&quiet, with: nil)?.succeed() }

    /// Ends HTTP, after the answer under way, so that this loop makes no more clicks; then numbers and delivers what there is.
    func stopExchanges() {
        stage = .ended
        for exchange in exchanges.values { exchange.stop() }
        endTick()
    }

    /// Ends every socket after its last message. To be called when all loops have stopped their exchanges. The future succeeds
    /// when no connection is left.
    func stopConnections(_ returns: ReturnSpread) -> EventLoopFuture<Void> {
        shard.drain()
        let emptied = loop.makePromise(of: Void.self)
        (self.emptied, self.returns) = (emptied, returns)
        for connection in connections.values { stop(connection, returns) }
        noticeEmptied()
        return emptied.futureResult
    }

    private func stop(_ connection: some HubClient, _ returns: ReturnSpread) {
        var random = SystemRandomNumberGenerator()
        connection.stop(returningAfter: returns.delay(using: &random))
    }

    /// Closes what did not close by itself, so that it is counted before the totals are taken.
    func cutOff() {
        for connection in connections.values { connection.abort() }
        for exchange in exchanges.values { exchange.abort() }
    }

    private func noticeEmptied() {
        if exchanges.isEmpty { endWaiting() }
        if connections.isEmpty, exchanges.isEmpty { emptied?.succeed() }
    }

    func dateHeader(at now: Timestamp) -> [UInt8] {
        renewDate(now)
        return dateLine.bytes
    }

    func redirectTail(at now: Timestamp) -> [UInt8] {
        renewDate(now)
        return dateLine.redirectTail
    }

    private func renewDate(_ now: Timestamp) {
        guard dateLine.second != now.seconds else { return }
        let line = Array("Date: \(now.httpDate)\r\n".utf8)
        dateLine = (now.seconds, line, RedirectReply.tail(date: line))
    }
}

extension ServerLoop: PageSource {
    func page(
        of feed: Feed, from start: FeedStart, limit: Int, for life: PageLife,
        then: @escaping (Result<FeedPage, KitError>) -> Void
    ) {
        let page = services.reader.page(of: feed, from: start, limit: limit, for: life, on: loop) { $0 }
        page.assumeIsolated().whenComplete { result in
            then(result.mapError { $0 as? KitError ?? KitError(.internal, "reading the log failed", cause: $0) })
        }
    }
}
