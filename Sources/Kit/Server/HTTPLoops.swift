import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// NIO's loops, which answer every request that is more than a redirect or an upgrade.
final class HTTPLoops: Sendable {
    private let servers: [ServerLoop]
    private let turn = Atomic<Int>(0)

    init(_ servers: [ServerLoop]) { self.servers = servers }

    /// Takes a connection over, with what was read of it and not answered.
    func take(_ descriptor: Int32, at entrance: Entrance, unread: ByteBuffer) {
        let place = turn.add(1, ordering: .relaxed).oldValue % servers.count
        let server = servers[place]
        let peer = ClientAddress(peerOf: descriptor)
        // A client may end its side once it has asked, and still wants the answer.
        let bootstrap = ClientBootstrap(group: server.loop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handlers: [any ChannelHandler] =
                        [Replay(unread)] + HTTPConnection.handlers(server: server, entrance, peer: peer)
                    try channel.pipeline.syncOperations.addHandlers(handlers)
                }
            }
        // What cannot be taken over has been closed.
        _ = bootstrap.withConnectedSocket(descriptor)
    }

    /// Gives the parser what was read before it was there.
    private final class Replay: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = ByteBuffer
        typealias InboundOut = ByteBuffer
        private let bytes: ByteBuffer

        init(_ bytes: ByteBuffer) { self.bytes = bytes }

        func channelActive(context: ChannelHandlerContext) {
            context.fireChannelActive()
            context.fireChannelRead(wrapInboundOut(bytes))
            context.fireChannelReadComplete()
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
    }
}
