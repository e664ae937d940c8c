import Foundation
import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import Kit

/// A TCP connection that says exactly what a test tells it to.
final class TestSocket {
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    let channel: any Channel
    private var unread = ByteBuffer()
    private var reader = MessageReader(role: .client, maximumMessage: 1_048_576)

    private init(
        _ channel: any Channel, _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.channel = channel
        self.inbound = inbound.makeAsyncIterator()
        self.outbound = outbound
    }

    /// Fails the test, by ending the connection, when `body` hangs.
    static func open(_ port: Int, receiveBuffer: Int? = nil, _ body: (TestSocket) async throws -> Void) async throws {
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        if let receiveBuffer { bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: receiveBuffer) }
        let channel = try await bootstrap.connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                    wrappingChannelSynchronously: channel,
                    configuration: .init(
                        backPressureStrategy: .init(lowWatermark: 1, highWatermark: 2),
                        isOutboundHalfClosureEnabled: true))
            }
        }
        let guardian = channel.channel.eventLoop.scheduleTask(in: .seconds(300)) { channel.channel.close(promise: nil) }
        defer { guardian.cancel() }
        var isDone = false
        do {
            try await channel.executeThenClose { inbound, outbound in
                try await body(TestSocket(channel.channel, inbound, outbound))
                isDone = true
            }
        } catch is ChannelError where isDone {
            // The server hung up first; the body saw all it wanted.
        }
    }

    /// Opens a WebSocket and expects a 101.
    static func upgrade(
        _ port: Int, _ target: String, receiveBuffer: Int? = nil, _ body: (TestSocket) async throws -> Void
    ) async throws {
        try await open(port, receiveBuffer: receiveBuffer) { socket in
            try await socket.send(handshake(target))
            let head = try await socket.head()
            #expect(head.hasPrefix("HTTP/1.1 101 "))
            #expect(head.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
            try await body(socket)
        }
    }

    /// The key of RFC 6455 §1.3.
    static func handshake(_ target: String, origin: String? = nil) -> String {
        "GET \(target) HTTP/1.1\r\nHost: quikko.test\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            + (origin.map { "Origin: \($0)\r\n" } ?? "") + "\r\n"
    }

    /// Ends the connection with a reset, as a client that crashed behind a NAT would.
    func reset() async throws {
        let options = try #require(channel as? any SocketOptionProvider)
        try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try await channel.close().get()
    }

    /// The socket's own.
    func descriptor() async throws -> CInt {
        try await channel.eventLoop.submit { [channel] in
            try #require(
                try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 })
        }.get()
    }

    /// Says that nothing more will be asked, and goes on listening.
    func endInput() async throws { try await channel.close(mode: .output).get() }

    func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }
    func send(_ bytes: ByteBuffer) async throws { try await outbound.write(bytes) }
    func sendText(_ text: String) async throws {
        try await send(.maskedFrame(.text, ByteBuffer(string: text), mask: 7))
    }

    private func readMore() async throws -> Bool {
        guard let bytes = try await inbound.next() else { return false }
        unread.writeImmutableBuffer(bytes)
        return true
    }

    /// Up to and including the blank line.
    func head() async throws -> String {
        while true {
            let text = String(buffer: unread)
            if let end = text.firstRange(of: "\r\n\r\n")?.upperBound {
                let head = String(text[..<end])
                unread.moveReaderIndex(forwardBy: head.utf8.count)
                return head
            }
            guard try await readMore() else {
                Issue.record("ended inside a head: \(text)")
                return text
            }
        }
    }

    /// One HTTP answer with its body.
    func response(isHead: Bool = false) async throws -> (status: Int, head: String, body: String) {
        let head = try await head()
        let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let length = head.firstMatch(of: /Content-Length: (\d+)/).flatMap { Int($0.1) } ?? 0
        guard !isHead else { return (status, head, "") }
        while unread.readableBytes < length { guard try await readMore() else { break } }
        return (status, head, unread.readString(length: length) ?? "")
    }

    /// The next message; nil when the connection has ended.
    func message() async throws -> MessageReader.Message? {
        while true {
            if let message = try reader.next(from: &unread) { return message }
            guard try await readMore() else { return nil }
        }
    }

    func text() async throws -> String {
        let message = try await message()
        guard case .text(let payload)? = message else {
            Issue.record("expected a text message, got \(String(describing: message))")
            return ""
        }
        return String(buffer: payload)
    }

    /// Reads on until `end` has come; returns all up to and with it.
    func stream(until end: String) async throws -> String {
        while true {
            let text = String(buffer: unread)
            if let found = text.firstRange(of: end) {
                let part = String(text[..<found.upperBound])
                unread.moveReaderIndex(forwardBy: part.utf8.count)
                return part
            }
            guard try await readMore() else {
                Issue.record("ended before \(end): \(text)")
                return text
            }
        }
    }

    /// Whatever comes until the peer ends the connection.
    func rest() async throws -> String {
        while try await readMore() {}
        defer { unread = ByteBuffer() }
        return String(buffer: unread)
    }
}
