import Foundation
import Glibc
import NIOCore
import NIOPosix

@testable import Kit

/// One connection to a stub server: pipelined requests, answered in their order, until it becomes a WebSocket.
final class StubConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let hub: StubHub
    private var unread = ByteBuffer()
    private var replies = ByteBuffer()
    private var socket: StubSocket?

    init(_ hub: StubHub) { self.hub = hub }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        unread.writeBuffer(&bytes)
        while socket == nil, let request = StubRequest(from: &unread) {
            if request.path == "/ws" {
                upgrade(request, context)
            } else {
                replies.writeImmutableBuffer(StubRoutes(hub: hub, request: request).answer())
            }
            guard request.value("connection")?.lowercased() == "close" else { continue }
            flush(context).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
            return
        }
        if replies.readableBytes > 0 { _ = flush(context) }
        socket?.read(&unread)
        unread.discardReadBytes()
        hub.deliver()
    }

    func channelInactive(context: ChannelHandlerContext) {
        socket?.leave()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func flush(_ context: ChannelHandlerContext) -> EventLoopFuture<Void> {
        defer { replies = ByteBuffer() }
        return context.writeAndFlush(wrapOutboundOut(replies))
    }

    private func upgrade(_ request: StubRequest, _ context: ChannelHandlerContext) {
        do throws(KitError) {
            let upgrade = UpgradeRequest(target: request.target)
            guard let key = request.value("sec-websocket-key") else {
                throw KitError(.invalid, "this address speaks WebSocket; send an upgrade request")
            }
            let user = StubRoutes.user(of: upgrade.value("ticket") ?? upgrade.value("token") ?? "")
            let following = try Following(upgrade) ?? Following()
            let named = following.rooms.isEmpty ? [(.user(user), following.since)] : following.rooms
            let rooms = try named.map { room, since throws(KitError) in (room: try hub.room(room), since: since) }
            let descriptor = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
                of: NIOBSDSocket.Handle.self
            ) { $0 }
            let socket = StubSocket(
                following, user: user, rooms: rooms, hub: hub, channel: context.channel, descriptor: descriptor ?? -1)
            hub.add(socket)
            self.socket = socket
            let lines = [
                ("Upgrade", "websocket"), ("Connection", "Upgrade"),
                ("Sec-WebSocket-Accept", WebSocketAccept.value(for: key)),
            ]
            replies.writeString(
                "HTTP/1.1 101 Switching Protocols\r\n"
                    + (lines + socket.headers).map { "\($0.0): \($0.1)\r\n" }.joined() + "\r\n")
            socket.opened(after: flush(context))
        } catch {
            replies.writeImmutableBuffer(StubRoutes.refusal(error))
        }
    }
}

/// An HTTP/1.1 request with the body its `Content-Length` promises.
struct StubRequest {
    let method: String
    let target: String
    private(set) var body = ByteBuffer()
    private let lines: [String]

    /// Takes one request from the front of `buffer`; nil, and nothing taken, while it is not whole.
    init?(from buffer: inout ByteBuffer) {
        guard let (lines, length) = buffer.withUnsafeReadableBytes(Self.head) else { return nil }
        self.lines = lines
        let parts = lines[0].split(separator: " ", maxSplits: 2)
        guard parts.count == 3 else { return nil }
        (method, target) = (String(parts[0]), String(parts[1]))
        let bodyLength = method == "GET" ? 0 : value("content-length").flatMap { Int($0) } ?? 0
        guard buffer.readableBytes >= length + bodyLength else { return nil }
        buffer.moveReaderIndex(forwardBy: length)
        body = buffer.readSlice(length: bodyLength) ?? body
    }

    var path: String { String(target.prefix { $0 != "?" }) }

    /// A header's value; `name` in lower case.
    func value(_ name: String) -> String? {
        for line in lines.dropFirst() where line.utf8.count > name.utf8.count {
            guard line.utf8.dropFirst(name.utf8.count).first == UInt8(ascii: ":"),
                line.prefix(name.utf8.count).lowercased() == name
            else { continue }
            return line.dropFirst(name.utf8.count + 1).trimmingCharacters(in: .whitespaces)
        }
        return nil
    }

    /// The lines before the blank one, and their bytes with it.
    private static func head(_ bytes: UnsafeRawBufferPointer) -> (lines: [String], length: Int)? {
        var lines: [String] = []
        var start = 0
        while start < bytes.count, let base = bytes.baseAddress,
            let end = memchr(base + start, CInt(UInt8(ascii: "\n")), bytes.count - start).map({ base.distance(to: $0) })
        {
            let line = UnsafeRawBufferPointer(rebasing: bytes[start..<max(start, end - 1)])
            start = end + 1
            guard !line.isEmpty else { return lines.isEmpty ? nil : (lines, start) }
            lines.append(String(decoding: line, as: UTF8.self))
        }
        return nil
    }
}
