import Crypto
import Foundation
import Logging
import Testing

@testable import Kit

/// The real server on a port of its own, in a directory of its own, for as long as `body` runs.
enum TestServer {
    struct Running: Sendable {
        let server: Server
        let port: Int
        let origin: Origin
        let key: String
        var compatPorts: [(name: String, port: Int)] = []

        var client: APIClient { APIClient(origin, credential: key) }

        func token() async throws -> String { try #require(try await client.makeTicket(kind: "session").token) }
        func ticket() async throws -> String { try #require(try await client.makeTicket(kind: "ticket").ticket) }
    }

    static let log = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    static func run(
        in directory: URL? = nil, over store: (any Store)? = nil,
        _ configure: (inout ServerConfiguration) -> Void = { _ in },
        _ body: (Running) async throws -> Void
    ) async throws {
        let place =
            directory ?? FileManager.default.temporaryDirectory.appending(path: "quikko-test-\(UUID().uuidString)")
        defer { if directory == nil { try? FileManager.default.removeItem(at: place) } }
        var configuration = ServerConfiguration(dataDirectory: place)
        configuration.port = 0
        configuration.loops = 2
        // Clients of these tests keep connections they do not use again.
        configuration.lastRequests = .milliseconds(10)
        configuration.keyFile = place.appending(path: "keys.json")
        configure(&configuration)
        let server = Server(configuration, log: log)
        let (addresses, continuation) = AsyncStream.makeStream(of: Running.self, bufferingPolicy: .bufferingOldest(1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { continuation.finish() }
                let ready: @Sendable (Server.Address) async throws -> Void = { address in
                    let origin = try Origin(address.url)
                    continuation.yield(
                        Running(
                            server: server, port: address.port, origin: origin, key: address.key ?? "",
                            compatPorts: address.compatPorts))
                }
                if let store {
                    try await server.run(store, master: SymmetricKey(size: .bits256), ready: ready)
                } else {
                    try await server.run(ready: ready)
                }
            }
            defer { server.stop() }
            for await running in addresses { try await body(running); break }
            server.stop()
            try await group.waitForAll()
        }
    }
}
