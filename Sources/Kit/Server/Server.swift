import Crypto
import Foundation
public import Logging
import NIOCore
import NIOPosix

/// The server: composes the parts, runs them, drains and stops.
public final class Server: Sendable {
    /// What a running server tells whoever started it.
    public struct Address: Sendable {
        /// Such as `http://127.0.0.1:8080`.
        public let url: String
        public let port: Int
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
        try await run(store, master: master, ready: ready)
    }

    /// The same over any store.
    func run(_ store: any Store, master: SymmetricKey, ready: @Sendable (Address) async throws -> Void) async throws {
        let secrets = try Secrets(
            master: master, tokenSecret: configuration.tokenSecret, ticketSecret: configuration.ticketSecret)
        let contents = try store.open(now: .now)
        let recorder = ClickRecorder(
            store: store, flushInterval: configuration.flushInterval, holes: contents.holes, log: log)
        let sequencer = Sequencer(
            heads: contents.heads, backlogCapacity: configuration.logBacklog, wakeRecorder: { recorder.wake() })
        do {
            try await run(
                contents, secrets, recorder, sequencer, FeedReader(store: store, sequencer: sequencer), ready: ready)
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
        _ reader: FeedReader, ready: @Sendable (Address) async throws -> Void
    ) async throws {
        let accounts = Directory(contents.directory)
        let services = Services(
            configuration: configuration, directory: accounts,
            authenticator: try await Authenticator(directory: accounts, secrets: secrets, startedAt: .now),
            links: LinkTable(contents.links), sequencer: sequencer, recorder: recorder, reader: reader, log: log)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.loops)
        do {
            try await withThrowingDiscardingTaskGroup { tasks in
                tasks.addTask { await recorder.run(from: sequencer) }
                defer { recorder.stop() }
                try await serve(services, on: group, ready: ready)
            }
        } catch {
            await reader.stop()
            try? await group.shutdownGracefully()
            throw error
        }
        await reader.stop()
        try await group.shutdownGracefully()
    }

    private func serve(
        _ services: Services, on group: MultiThreadedEventLoopGroup, ready: @Sendable (Address) async throws -> Void
    ) async throws {
        services.loops = group.makeIterator().map { ServerLoop(loop: $0, services: services) }
        for server in services.loops { try await server.loop.submit { server.start() }.get() }
        let listener = try await bind(services, on: group)
        do {
            try await ready(address(of: listener, services))
            for await _ in stopSignal.stream { break }
        } catch {
            try? await listener.close()
            throw error
        }
        log.notice("stopping")
        services.beginStopping()
        try await listener.close()
        await drain(services)
    }

    private func bind(_ services: Services, on group: MultiThreadedEventLoopGroup) async throws(KitError) -> any Channel
    {
        let loops = Dictionary(uniqueKeysWithValues: services.loops.map { (ObjectIdentifier($0.loop), $0) })
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // Many connections may be accepted in one turn; an upgrade storm is not a reason for one turn each.
            .serverChannelOption(.maxMessagesPerRead, value: 64)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // Kept by each channel for as long as it lives: small, and enough for a redirect's headers in one or two reads.
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 512))
            .childChannelOption(.maxMessagesPerRead, value: 16)
            // A client may end its side once it has asked, and still wants the answer.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let server = loops[ObjectIdentifier(channel.eventLoop)]!
                    try channel.pipeline.syncOperations.addHandler(FrontHandler(server: server))
                }
            }
        do {
            return try await bootstrap.bind(host: configuration.host, port: configuration.port).get()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw KitError(
                .unavailable,
                "port \(configuration.port) is taken; stop the other program or choose another with --port")
        } catch let error as IOError where error.errnoCode == EACCES {
            throw KitError(
                .unavailable,
                "port \(configuration.port) may not be opened by this user; choose one above 1023 with --port")
        } catch {
            throw KitError(
                .unavailable, "cannot listen on \(configuration.host); choose another address with --host", cause: error
            )
        }
    }

    private func address(of listener: any Channel, _ services: Services) async throws(KitError) -> Address {
        let port = listener.localAddress?.port ?? configuration.port
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
            url: url, port: port,
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

    /// Requests under way get their answer, sockets what was published and a 1001; those that do not close in time are cut off.
    private func drain(_ services: Services) async {
        for server in services.loops { try? await server.loop.submit { server.stopExchanges() }.get() }
        let emptied = services.loops.map { server in server.loop.flatSubmit { server.stopConnections() } }
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
