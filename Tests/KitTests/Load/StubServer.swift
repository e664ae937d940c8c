import NIOCore
import NIOPosix

@testable import Kit

/// A server of the native protocol that is wrong on purpose, and knows exactly how wrong it has been.
///
/// It has what a load test uses: links, tickets, redirects, the numbered WebSocket, events and books. Any credential is good;
/// a credential made for someone at `/api/v1/tickets` acts for them. One thread does everything, so that a freeze is seen by
/// everyone. Epoch 1 always; no log on disk, no holes, no limits on requests.
struct StubServer: Sendable {
    let port: Int
    private let group: MultiThreadedEventLoopGroup
    private let hub: NIOLoopBound<StubHub>

    var url: String { "http://127.0.0.1:\(port)" }

    /// - Parameters:
    ///   - pingInterval: Pings every open socket so often, idle or not, and tells idle ones their positions; nil never does.
    static func start(_ fault: Fault = Fault(), pingInterval: Duration? = nil) async throws -> StubServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let hub = try await loop.submit { NIOLoopBound(StubHub(fault, on: loop), eventLoop: loop) }.get()
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4_096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // As the real server's: a client that does not read fills it within the test.
            .childChannelOption(.socketOption(.so_sndbuf), value: 32_768)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(StubConnection(hub.value))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = listener.localAddress?.port ?? 0
        let stub = StubServer(port: port, group: group, hub: hub)
        try await loop.submit { hub.value.start(url: stub.url, pingInterval: pingInterval) }.get()
        return stub
    }

    /// What it did, as of one moment between two turns of its loop.
    var truth: Truth {
        get async throws { try await hub.eventLoop.submit { hub.value.truth }.get() }
    }

    /// Ends every connection without a word.
    func stop() async { try? await group.shutdownGracefully() }
}
