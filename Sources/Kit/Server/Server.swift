import Crypto
import Foundation
import Glibc
public import Logging
import NIOCore
import NIOPosix
import Synchronization

/// The server: composes the parts, runs them, drains and stops.
public final class Server: Sendable {
    /// What a running server tells whoever started it.
    public struct Address: Sendable {
        /// Such as `http://127.0.0.1:8080`.
        public let url: String
        public let port: Int
        /// Of the further entrances, by their names.
        public let compatPorts: [(name: String, port: Int)]
        /// An administrator's API key, when one was made or found for the key file.
        public let key: String?
        /// A ticket the live page can be opened with, when asked for.
        public let startTicket: String?
    }

    private let configuration: ServerConfiguration
    private let log: Logger
    private let stopSignal = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))

    public init(_ configuration: ServerConfiguration, log: Logger) {
        var configuration = configuration
        // Better a clear 503 above what the system allows than an accept that fails; some files are for ourselves.
        configuration.maximumConnections = min(configuration.maximumConnections, max(DescriptorLimit.raise() - 128, 64))
        self.configuration = configuration
        self.log = log
    }

    /// Begins the graceful stop; `run` returns when it is done. May be called from anywhere, and more than once.
    public func stop() { stopSignal.continuation.yield() }

    /// Serves until `stop`. `ready` is called once connections are accepted.
    ///
    /// - Throws: `.unavailable` when the port is taken or the data directory is another server's, and what the store throws.
    public func run(ready: @Sendable (Address) async throws -> Void) async throws {
        let directory = try DataDirectory(configuration.dataDirectory)
        defer { directory.unlock() }
        let isFirstStart = !FileManager.default.fileExists(atPath: directory.database.path)
        let store = try SQLiteStore(file: directory.database)
        let (master, isNew) = try Secrets.master(in: directory.url)
        if isNew, !isFirstStart {
            log.warning("the secrets were missing; new ones end all tokens and tickets made so far")
        }
        try await run(store, master: master, workers: directory.workers, ready: ready)
    }

    /// The same over any store.
    ///
    /// - Parameter workers: Where worker processes connect; nil when they cannot.
    func run(
        _ store: any Store, master: SymmetricKey, workers: URL? = nil,
        ready: @Sendable (Address) async throws -> Void
    ) async throws {
        let secrets = try Secrets(
            master: master, tokenSecret: configuration.tokenSecret, ticketSecret: configuration.ticketSecret,
            sessionSecret: configuration.sessionSecret, accountSecret: configuration.accountSecret)
        let contents = try store.open(now: .now)
        let referrers = Referrers()
        let recorder = ClickRecorder(
            store: store, flushInterval: configuration.flushInterval, holes: contents.holes, referrers: referrers,
            log: log
        )
        let sequencer = Sequencer(
            heads: contents.heads, backlogCapacity: configuration.logBacklog, wakeRecorder: { recorder.wake() })
        do {
            try await run(
                contents, secrets, recorder, sequencer, FeedReader(store: store, sequencer: sequencer),
                referrers, workers, ready: ready)
        } catch {
            // Whatever went wrong, the log's life ends here, and in order: nothing was numbered that is not in it.
            do {
                try close(store, sequencer)
            } catch {
                // The first error is the one to report; this one must not vanish.
                log.error(
                    "the store could not be closed",
                    metadata: ["error": "\(error.cause.map { "\($0)" } ?? error.message)"])
            }
            throw error
        }
        try close(store, sequencer)
    }

    /// An epoch whose end is not in the log is not continued: its numbers have been seen, and none may be given twice.
    private func close(_ store: any Store, _ sequencer: Sequencer) throws(KitError) {
        try store.close(now: .now, isComplete: sequencer.isLogged)
    }

    private func run(
        _ contents: StoreContents, _ secrets: Secrets, _ recorder: ClickRecorder, _ sequencer: Sequencer,
        _ reader: FeedReader, _ referrers: Referrers, _ workers: URL?, ready: @Sendable (Address) async throws -> Void
    ) async throws {
        let accounts = Directory(contents.directory)
        let services = Services(
            configuration: configuration, directory: accounts,
            authenticator: try await Authenticator(
                directory: accounts, secrets: secrets, startedAt: .now,
                isRealtimeSingleUse: configuration.isRealtimeTicketSingleUse,
                revocations: Revocations(contents.revocations, keys: contents.directory.keys),
                dashboardKey: configuration.dashboardPublicKey),
            links: LinkTable(
                contents.links, deleted: contents.deleted, lastKey: contents.lastLink,
                clicks: { contents.heads.number(of: .link(Int32($0))) }), sequencer: sequencer, recorder: recorder,
            reader: reader, referrers: referrers, visitors: secrets.visitors,
            lastNotification: contents.lastNotification, dashboards: contents.dashboards, log: log)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, configuration.loops / 2))
        let sockets = try (0..<configuration.loops).map { try SocketLoop(name: "sockets-\($0)") }
        do {
            try await withThrowingDiscardingTaskGroup { tasks in
                tasks.addTask { await recorder.run(from: sequencer) }
                defer { recorder.stop() }
                services.passwords.start()
                try await serve(services, on: sockets, group, workers, ready: ready)
            }
        } catch {
            await services.passwords.stop()
            await reader.stop()
            try? await Self.end(sockets, group)
            throw error
        }
        await services.passwords.stop()
        await reader.stop()
        try await Self.end(sockets, group)
    }

    private static func end(_ sockets: [SocketLoop], _ group: MultiThreadedEventLoopGroup) async throws {
        for loop in sockets { try await loop.shutdownGracefully() }
        try await group.shutdownGracefully()
    }

    private func serve(
        _ services: Services, on sockets: [SocketLoop], _ group: MultiThreadedEventLoopGroup, _ workers: URL?,
        ready: @Sendable (Address) async throws -> Void
    ) async throws {
        let front = sockets.map { ServerLoop(loop: $0, services: services) }
        let http = group.makeIterator().map { ServerLoop(loop: $0, services: services) }
        services.loops = front + http
        services.http = HTTPLoops(http)
        let totals = LinkTotals { services.sequencer.publish($0) }
        services.recorder.whenLogged { clicks in
            if services.occupancy.isHomeOccupied { totals.take(clicks, on: front[0].loop) }
            services.linkNotifications.take(clicks, on: services.home)
        }
        for server in services.loops { try await server.loop.submit { server.start() }.get() }
        let (port, stopListening) = try await listen(services, front)
        let compat: CompatPorts
        do {
            compat = try await CompatPorts(configuration.compatPorts) { entrance throws(KitError) in
                try await listen(services, front, at: entrance)
            }
        } catch {
            try? await stopListening()
            throw error
        }
        var closeEntrance: @Sendable () async -> Void = {}
        if let workers { closeEntrance = await WorkerEntrance.open(workers, services, on: front[0]) }
        let close = { @Sendable [closeEntrance] in
            await closeEntrance()
            await compat.close()
            try await stopListening()
        }
        do {
            try await ready(address(port, compat, services))
            for await _ in stopSignal.stream { break }
        } catch {
            try? await close()
            throw error
        }
        log.notice("stopping")
        services.beginStopping()
        try await close()
        await drain(services)
    }

    /// Accepts on the first loop, and deals connections out to all.
    private func listen(
        _ services: Services, _ front: [ServerLoop], at entrance: Entrance = .shared
    ) async throws(KitError) -> (port: Int, close: @Sendable () async throws -> Void) {
        // A peer that vanished without a word is noticed by what it does not acknowledge; the stall clock comes first.
        let options = Listener.Options(
            sendBuffer: configuration.sendBuffer,
            userTimeout: Int(configuration.stallTimeout / .milliseconds(1)) + 30_000)
        let turn = Guarded(0)
        let wanted = configuration.compatPorts[entrance] ?? configuration.port
        do {
            let source: Listener.Source =
                if entrance != .shared {
                    .address(.loopback(port: UInt16(wanted)))
                } else if let socket = configuration.socket {
                    .inherited(socket)
                } else {
                    .address(try PeerAddress.resolve(configuration.host, port: UInt16(wanted)))
                }
            let loop = front[0].loop
            let listener = try await loop.submit {
                NIOLoopBound(
                    try Listener(source, options, on: front[0].sockets!) { descriptors in
                        let first = turn.withLock { turn in
                            defer { turn = (turn + descriptors.count) % front.count }
                            return turn
                        }
                        Self.deal(descriptors, at: entrance, to: front, from: first)
                    }, eventLoop: loop)
            }.get()
            let port = try await loop.submit { Int(listener.value.port) }.get()
            return (port, { try await loop.submit { listener.value.close() }.get() })
        } catch let error as StreamSocket.CannotListen {
            throw entrance == .shared
                ? cannotListen(error.code) : CompatPorts.cannotListen(error.code, entrance, wanted)
        } catch {
            throw KitError(
                .unavailable, "cannot listen on \(configuration.host); choose another address with --host", cause: error
            )
        }
    }

    /// - Parameter first: The loop the first of them goes to.
    private static func deal(
        _ descriptors: [Int32], at entrance: Entrance, to front: [ServerLoop], from first: Int
    ) {
        for (place, server) in front.enumerated() {
            let own = descriptors.enumerated().filter { (first + $0.offset) % front.count == place }.map(\.element)
            guard !own.isEmpty else { continue }
            let accept = { @Sendable in
                for descriptor in own { FrontConnection.accept(descriptor, at: entrance, by: server) }
            }
            if server.loop.inEventLoop { accept() } else { server.loop.execute(accept) }
        }
    }

    private func cannotListen(_ code: Int32) -> KitError {
        switch code {
        case EADDRINUSE:
            KitError(
                .unavailable,
                "port \(configuration.port) is taken; stop the other program or choose another with --port")
        case EACCES:
            KitError(
                .unavailable,
                "port \(configuration.port) may not be opened by this user; choose one above 1023 with --port")
        default:
            KitError(
                .unavailable,
                "cannot listen on \(configuration.host): \(String(cString: strerror(code))); choose another address with --host"
            )
        }
    }

    private func address(_ port: Int, _ compat: CompatPorts, _ services: Services) async throws(KitError) -> Address {
        let wildcards = ["0.0.0.0": "127.0.0.1", "::": "[::1]"]
        let host =
            wildcards[configuration.host]
            ?? (configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host)
        let url = "http://\(host):\(port)"
        // What the commands look a key up by: without the scheme's own port, in lower case.
        let origin = try Origin(url).description
        services.baseURL = configuration.baseURL ?? url
        let administrator = services.authenticator.identity(of: services.directory.administrator.id)
        return Address(
            url: url, port: port, compatPorts: compat.ports.map { ($0.entrance.rawValue, $0.port) },
            key: try await commandKey(for: origin, services),
            startTicket: configuration.makesStartTicket
                ? services.authenticator.makeTicket(for: .start, administrator, ttl: .seconds(600), now: .now) : nil)
    }

    /// The key the commands on this machine use. A good one in the key file is kept; otherwise a new one replaces those made
    /// for the same address before.
    private func commandKey(for url: String, _ services: Services) async throws(KitError) -> String? {
        guard let file = configuration.keyFile.map(KeyFile.init) else { return nil }
        let now = Timestamp.now
        if let text = try file.key(for: url), (try? services.authenticator.callerIdentity(.key(text), now: now)) != nil
        {
            return text
        }
        let label = "commands at \(url)"
        let loop = services.loops[0].loop
        let (key, text) = APIKey.make(for: services.directory.administrator.id, scope: .admin, label: label, now: now)
        var changes = services.directory.keys(labelled: label)
        for index in changes.indices { changes[index].revokedAt = now }
        for key in changes + [key] {
            do {
                try await services.recorder.apply(.key(key), on: loop).get()
            } catch {
                throw error as? KitError ?? KitError(.internal, "cannot store an API key", cause: error)
            }
            services.directory.set(key)
        }
        try file.set(text, for: url)
        return text
    }

    /// A client that keeps its connection may be about to use it: its next answer is the last, and says so (RFC 9112 §9.6).
    private func takeLastRequests(_ services: Services) async {
        let ends = services.loops.map { server in server.loop.flatSubmit { server.beginEnding() } }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [period = configuration.lastRequests] in
                guard (try? await Task.sleep(for: period)) != nil else { return }
                for server in services.loops { try? await server.loop.submit { server.endWaiting() }.get() }
            }
            for future in ends { try? await future.get() }
            group.cancelAll()
        }
    }

    /// Requests under way get their answer, sockets what was published and a word of when to come back; those that do not close in
    /// time are cut off.
    private func drain(_ services: Services) async {
        await takeLastRequests(services)
        for server in services.loops { try? await server.loop.submit { server.stopExchanges() }.get() }
        let returns = ReturnSpread(connections: services.connectionCount.load(ordering: .relaxed))
        let emptied = services.loops.map { server in server.loop.flatSubmit { server.stopConnections(returns) } }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [deadline = configuration.shutdownDeadline, log] in
                // Cancelled when all have gone by themselves. A future cannot be cancelled: what it waits for must happen.
                guard (try? await Task.sleep(for: deadline)) != nil else { return }
                log.notice("connections cut off", metadata: ["deadline": "\(deadline)"])
                for server in services.loops { try? await server.loop.submit { server.cutOff() }.get() }
            }
            for future in emptied { try? await future.get() }
            group.cancelAll()
        }
    }
}
