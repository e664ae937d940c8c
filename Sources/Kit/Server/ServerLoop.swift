import Logging
import NIOCore

/// A connection that speaks HTTP.
protocol Visitor: AnyObject {
    /// The server is stopping: finish the answer under way, then close.
    func stop()
}

/// Everything one event loop owns: its hub shard, its clicks of this tick, its timing wheel, its connections.
///
/// Confined to its loop; `Sendable` only so that its handle can be passed around before that.
/// `@unchecked` holds because every member is touched on `loop` alone, and the verbs assert it.
final class ServerLoop: @unchecked Sendable {
    let loop: any EventLoop
    let services: Services
    let shard: HubShard
    let wheel: TimingWheel
    var userAgents = UserAgent.Cache()
    private(set) var connections: [ObjectIdentifier: WebSocketConnection] = [:]
    /// Connections that speak HTTP; closed when the server stops.
    private var visitors: [ObjectIdentifier: any Visitor] = [:]
    private var clicks: [Click] = []
    private var isTickScheduled = false
    /// `Date: …` CR LF of the current second (RFC 9110 §5.6.7).
    private var dateLine: (second: Int64, bytes: [UInt8]) = (-1, [])

    init(loop: any EventLoop, services: Services) {
        self.loop = loop
        self.services = services
        shard = HubShard(loop: loop, sequencer: services.sequencer)
        wheel = TimingWheel(now: .now())
    }

    /// Registers with the sequencer and starts the wheel. Called once, on the loop.
    func start() {
        loop.assertInEventLoop()
        shard.attach { [self] in loop.execute { [self] in shard.drain() } }
        loop.scheduleRepeatedTask(initialDelay: TimingWheel.tick, delay: TimingWheel.tick) { [self] _ in
            wheel.advance(to: .now())
        }
    }

    /// Takes a click; it is numbered, logged and published at the end of this tick, with all others of the tick.
    @inline(__always)
    func record(_ click: Click) {
        clicks.append(click)
        guard !isTickScheduled else { return }
        isTickScheduled = true
        loop.execute { [self] in endTick() }
    }

    /// Takes a click and numbers it at once, for whoever wants to know the number.
    func recordNow(_ click: Click) -> Click {
        endTick()
        var numbered = [click]
        services.sequencer.submit(&numbered, from: shard.place)
        shard.drain()
        return numbered[0]
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

    func opened(_ connection: WebSocketConnection) { connections[ObjectIdentifier(connection)] = connection }
    func closed(_ connection: WebSocketConnection) { connections[ObjectIdentifier(connection)] = nil }

    func entered(_ visitor: some Visitor) { visitors[ObjectIdentifier(visitor)] = visitor }
    func left(_ visitor: some Visitor) { visitors[ObjectIdentifier(visitor)] = nil }

    /// Delivers what there is, then ends every connection: sockets with 1001 after their last message, the others after the
    /// answer they wait for.
    func stop() {
        endTick()
        for connection in connections.values { connection.stop() }
        for visitor in visitors.values { visitor.stop() }
    }

    var hasConnections: Bool { !connections.isEmpty || !visitors.isEmpty }

    /// Books of all connections this loop has or had.
    var books: (total: Outbox.Books, pending: Int) {
        var total = shard.closedBooks
        var pending = 0
        for connection in connections.values {
            guard let outbox = connection.subscriber?.outbox else { continue }
            total += outbox.books
            pending += outbox.pending
        }
        return (total, pending)
    }

    func dateHeader(at now: Timestamp) -> [UInt8] {
        if dateLine.second != now.seconds { dateLine = (now.seconds, Array("Date: \(now.httpDate)\r\n".utf8)) }
        return dateLine.bytes
    }
}
