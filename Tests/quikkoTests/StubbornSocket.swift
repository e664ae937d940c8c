import NIOCore
import NIOPosix
import Testing

@testable import Kit

/// A WebSocket that never answers a close frame and never hangs up.
final class StubbornSocket: Sendable {
    private let channel: any Channel
    private let closing: AsyncStream<Void>

    init(port: Int, target: String) async throws {
        let (opened, openedContinuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
        let (closing, closingContinuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
        self.closing = closing
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Listener(opened: openedContinuation, closing: closingContinuation))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        let handshake =
            "GET \(target) HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        try await channel.writeAndFlush(ByteBuffer(string: handshake))
        for await _ in opened {}
    }

    deinit { channel.close(promise: nil) }

    /// Returns when the server has asked to close.
    func waitForClose() async { for await _ in closing {} }

    private final class Listener: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let opened: AsyncStream<Void>.Continuation
        private let closing: AsyncStream<Void>.Continuation
        private var received = ByteBuffer()

        init(opened: AsyncStream<Void>.Continuation, closing: AsyncStream<Void>.Continuation) {
            self.opened = opened
            self.closing = closing
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received.writeImmutableBuffer(unwrapInboundIn(data))
            guard let end = String(buffer: received).firstRange(of: "\r\n\r\n") else { return }
            opened.finish()
            if !String(buffer: received)[end.upperBound...].isEmpty { closing.finish() }
        }

        func channelInactive(context: ChannelHandlerContext) {
            opened.finish()
            closing.finish()
        }
    }
}
