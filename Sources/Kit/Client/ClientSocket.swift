import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// One WebSocket, client side: handshake, messages in, messages out, pongs.
struct ClientSocket {
    enum Ending {
        /// The body had enough.
        case finished
        /// The peer ended it, and how.
        case ended(String)
    }

    /// The headers of the server's 101, names in lower case.
    typealias Answer = [(name: String, value: String)]
    typealias Receive = () async throws -> ByteBuffer?
    typealias Send = (ByteBuffer) async throws -> Void

    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
    private let origin: Origin
    private let target: String
    private let maximumMessage: Int
    private let pace: ReadingPace

    /// Connects, with TLS for https.
    ///
    /// - Throws: `.unavailable` when nobody answers.
    static func connect(
        to origin: Origin, target: String, maximumMessage: Int, pace: ReadingPace = ReadingPace()
    ) async throws(KitError) -> ClientSocket {
        do {
            let host = origin.host.hasPrefix("[") ? String(origin.host.dropFirst().dropLast()) : origin.host
            let tls = origin.scheme == "https" ? try NIOSSLContext(configuration: .makeClientConfiguration()) : nil
            var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(5))
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            if !pace.isFull {
                // Small before connecting: otherwise the kernel takes megabytes for a client that does not read.
                bootstrap =
                    bootstrap
                    .channelOption(.socketOption(.so_rcvbuf), value: 4_096)
                    .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 256))
                    .channelOption(.maxMessagesPerRead, value: 1)
            }
            let channel = try await bootstrap.connect(host: host, port: origin.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: isAddress ? nil : host))
                    }
                    let buffer = NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark(
                        lowWatermark: pace.isFull ? 2 : 1, highWatermark: pace.isFull ? 10 : 2)
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel, configuration: .init(backPressureStrategy: buffer))
                }
            }
            return ClientSocket(
                channel: channel, origin: origin, target: target, maximumMessage: maximumMessage, pace: pace)
        } catch {
            throw KitError(.unavailable, "cannot reach \(origin); is `quikko serve` running there?", cause: error)
        }
    }

    /// Shakes hands and runs `body` with the socket's messages until it returns or they end; then closes.
    ///
    /// - Throws: what the server refuses the upgrade with, and what `body` throws.
    func run(_ body: (Answer, Receive, Send) async throws -> Bool) async throws -> Ending {
        // Kept outside: closing after the peer did may fail, and what the peer said is the better reason.
        let ending = Ended()
        do {
            return try await channel.executeThenClose { inbound, outbound in
                var connection = Connection(
                    inbound: inbound.makeAsyncIterator(), outbound: outbound, maximumMessage: maximumMessage,
                    pace: pace, ended: ending)
                let answer = try await connection.shakeHands(origin, target)
                let box = Box(connection)
                let isFinished = try await body(
                    answer, { try await box.connection.receive() }, { try await box.connection.send(.text, $0) })
                if isFinished { try? await box.connection.send(.close, ByteBuffer(integer: CloseCode.normal.rawValue)) }
                return isFinished ? .finished : .ended(ending.reason ?? "the connection broke")
            }
        } catch let error as IOError {
            return .ended(ending.reason ?? "the connection broke: \(error.localizedDescription)")
        } catch is ChannelError {
            return .ended(ending.reason ?? "the connection broke")
        } catch let error as FrameError {
            return .ended("the server sent something that is not WebSocket: \(error.reason)")
        }
    }

    /// Lets two closures share the connection within one task.
    private final class Box {
        var connection: Connection
        init(_ connection: Connection) { self.connection = connection }
    }

    /// What the peer said when it ended the connection.
    private final class Ended {
        var reason: String?
    }

    private struct Connection {
        var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        var reader: MessageReader
        var unread = ByteBuffer()
        let pace: ReadingPace
        private let start = ContinuousClock.now
        private var count = 0
        let ended: Ended

        init(
            inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
            outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, maximumMessage: Int, pace: ReadingPace, ended: Ended
        ) {
            self.ended = ended
            self.pace = pace
            self.inbound = inbound
            self.outbound = outbound
            reader = MessageReader(role: .client, maximumMessage: maximumMessage)
        }

        mutating func send(_ opcode: WebSocketFrame.Opcode, _ payload: ByteBuffer) async throws {
            try await outbound.write(.maskedFrame(opcode, payload, mask: .random(in: 1 ... .max)))
        }

        /// The next text or binary message; nil when there will be none.
        mutating func receive() async throws -> ByteBuffer? {
            while true {
                while let message = try reader.next(from: &unread) {
                    switch message {
                    case .text(let payload), .binary(let payload): return payload
                    case .ping(let payload): try await send(.pong, payload)
                    case .pong: break
                    case .close(let code):
                        ended.reason =
                            code == CloseCode.goingAway.rawValue || code == CloseCode.restarting.rawValue
                            ? "the server is stopping" : "the server closed (\(code ?? 1005))"
                        try? await send(.close, code.map { ByteBuffer(integer: $0) } ?? ByteBuffer())
                        return nil
                    }
                }
                guard try await readMore() else { return nil }
            }
        }

        private mutating func readMore() async throws -> Bool {
            if !pace.isFull {
                let pause = pace.pause(after: count, elapsed: ContinuousClock.now - start)
                if pause > .zero { try await Task.sleep(for: pause) }
            }
            guard let bytes = try await inbound.next() else { return false }
            count += bytes.readableBytes
            if unread.readableBytes == 0 { unread = bytes } else { unread.writeImmutableBuffer(bytes) }
            return true
        }

        /// RFC 6455 §4.1.
        mutating func shakeHands(_ origin: Origin, _ target: String) async throws -> Answer {
            let nonce = Base64.encode((0..<16).map { _ in UInt8.random(in: .min ... .max) })
            try await outbound.write(
                ByteBuffer(
                    string: """
                        GET \(target) HTTP/1.1\r
                        Host: \(origin.host):\(origin.port)\r
                        Upgrade: websocket\r
                        Connection: Upgrade\r
                        Sec-WebSocket-Key: \(nonce)\r
                        Sec-WebSocket-Version: 13\r
                        User-Agent: quikko/\(Kit.version)\r
                        \r

                        """))
            var answer = UpgradeAnswer()
            while try !answer.read(from: &unread) {
                guard try await readMore() else {
                    if answer.isRefusal { break }
                    throw KitError(.unavailable, "the server closed during the handshake")
                }
            }
            try answer.check(nonce: nonce)
            return answer.headers
        }
    }
}
