import Glibc
import NIOCore
import NIOPosix

@testable import Kit

/// One WebSocket of a stub server: what it hears, and how its messages get out. Confined to its loop.
///
/// After a full outbox a gap notice names the numbers; with `overflow=replay` they are read from the feed instead.
final class StubSocket {
    /// Messages in one system call, and in one step of a replay.
    private static let chunk = 64

    /// A room it hears.
    private struct Track {
        let room: StubRoom
        /// Everything up to here was given to the outbox or lost.
        var last: Int64
        /// Where it began, or its last replay did; nil when that is a time.
        var from: Position?
        var isBehind: Bool
        var replayed = 0
    }

    let name: String
    let user: UserID
    private(set) var isOpen = true
    private let hub: StubHub
    private let channel: any Channel
    private let replays: Bool
    private var tracks: [Track]
    private var reader = MessageReader(role: .server, maximumMessage: 1_024)
    /// -1 when nothing may be sent any more.
    private var descriptor: CInt
    private var outbox = StubOutbox()
    /// Bytes are with the channel, since the socket took no more of them.
    private var isHolding = true
    private var isPumping = false

    /// - Parameter descriptor: The channel's own.
    init(
        _ following: Following, user: UserID, rooms: [(room: StubRoom, since: Following.Since)], hub: StubHub,
        channel: any Channel, descriptor: CInt
    ) {
        name = "s1-\(hub.sockets.count + 1)"
        self.user = user
        self.hub = hub
        self.channel = channel
        self.descriptor = descriptor
        replays = following.replays
        tracks = rooms.map { room, since in
            let number = room.number(since)
            let isTime = if case .ago = since { true } else { false }
            return Track(
                room: room, last: number, from: isTime ? nil : Position(epoch: 1, number: number),
                isBehind: since != .now)
        }
        for track in tracks { track.room.join(self) }
    }

    /// The 101's own lines: its name, and behind which position each room owes it events.
    var headers: [(String, String)] {
        [("X-Quikko-Connection", name)]
            + tracks.compactMap { track in track.from.map { ("X-Quikko-Position", "\(track.room.room) \($0)") } }
    }

    var account: StubServer.Truth.Account { outbox.account }

    /// `live`, `slow`, `replaying` or `closed`, as the books say it.
    var state: String {
        guard isOpen else { return "closed" }
        return tracks.contains(where: \.isBehind) ? "replaying" : outbox.isDropping ? "slow" : "live"
    }

    /// Whether the kernel takes nothing more for this peer.
    var isFull: Bool { isHolding && isOpen && !outbox.isGhost }

    // MARK: In

    func read(_ bytes: inout ByteBuffer) {
        do {
            while descriptor >= 0, let message = try reader.next(from: &bytes) {
                switch message {
                case .ping(let payload): push(.frame(.pong, payload))
                case .close(let code): end(with: code.map { ByteBuffer(integer: $0) } ?? ByteBuffer())
                case .text, .binary, .pong: break
                }
            }
        } catch {
            end(with: ByteBuffer(integer: error.code.rawValue))
        }
    }

    private func end(with payload: ByteBuffer) {
        descriptor = -1
        channel.writeAndFlush(ByteBuffer.frame(.close, payload)).assumeIsolated().whenComplete { [channel] _ in
            channel.close(promise: nil)
        }
    }

    /// The connection has gone.
    func leave() {
        descriptor = -1
        guard !outbox.isGhost, isOpen else { return }
        isOpen = false
        outbox.close()
        for track in tracks { track.room.leave(self) }
    }

    // MARK: Out

    /// The bytes of the 101 have been written to the channel.
    func opened(after head: EventLoopFuture<Void>) { wait(for: head) }

    func ping() {
        guard descriptor >= 0 else { return }
        let isIdle = outbox.isEmpty && !isHolding
        push(.frame(.ping, ByteBuffer()))
        guard isIdle else { return }
        for track in tracks where !track.isBehind {
            push(.position(track.room.room, Position(epoch: 1, number: track.last)))
        }
    }

    func deliver(_ messages: [StubMessage], of room: StubRoom) {
        guard isOpen, let index = tracks.firstIndex(where: { $0.room === room }) else { return }
        // What was numbered before it joined, or was replayed meanwhile, is not news to it.
        for message in messages where message.number > tracks[index].last && !tracks[index].isBehind {
            tracks[index].last = message.number
            accept(message, index)
            if outbox.queue.count >= Self.chunk { pump() }
        }
        pump()
    }

    private func accept(_ message: StubMessage, _ index: Int) {
        switch outbox.accept(message, room: index, replays: replays, in: hub) {
        case .settled: break
        case .heldBack:
            hub.loop.assumeIsolated().scheduleTask(in: .milliseconds(100)) { [self] in
                guard outbox.isHeldBack(message.number) else { return }
                outbox.release()
                pump()
            }
        case .full where replays:
            let from = Position(epoch: 1, number: message.number - 1)
            tracks[index] = Track(room: tracks[index].room, last: from.number, from: from, isBehind: true)
        case .full: hub.leak()
        }
    }

    private func push(_ frame: ByteBuffer) {
        outbox.push(frame)
        pump()
    }

    private func push(_ notice: Notice) { push(.frame(.text, QuikkoMessage(notice).bytes)) }

    /// Gives the kernel what it takes. Not entered twice: what it pushes itself is sent by the loop under way.
    private func pump() {
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        while !isHolding, descriptor >= 0 {
            for gap in outbox.takeLost(tracks.map(\.room.room)) { name(gap) }
            if outbox.queue.isEmpty { replay() }
            guard !outbox.queue.isEmpty else { return }
            send()
        }
    }

    private func name(_ gap: Gap) {
        var named = gap
        if hub.fault.namesWrongGap { named.numbers = gap.numbers.lowerBound + 1...gap.numbers.upperBound + 1 }
        push(.gap(named))
    }

    /// A step of a replay, or its end.
    private func replay() {
        guard let index = tracks.firstIndex(where: \.isBehind) else { return }
        let room = tracks[index].room
        let page = room.log[Int(tracks[index].last)...].prefix(Self.chunk)
        for click in page { outbox.replay(room.message(click)) }
        tracks[index].last += Int64(page.count)
        tracks[index].replayed += page.count
        guard tracks[index].last == room.head.number else { return }
        tracks[index].isBehind = false
        push(
            .recovered(
                Recovery(
                    room: room.room, from: tracks[index].from, to: room.head, count: tracks[index].replayed, holes: []))
        )
    }

    private func send() {
        let remaining = hub.fault.closesSilentlyAfter.map { max(1, $0 - account.delivered) }
        var bytes = ByteBuffer()
        for message in outbox.queue.prefix(min(Self.chunk, remaining ?? Self.chunk)) {
            bytes.writeImmutableBuffer(message.frame)
        }
        var taken = bytes.withUnsafeReadableBytes {
            Glibc.send(
                descriptor, $0.baseAddress, $0.count, CInt(truncatingIfNeeded: Int(MSG_DONTWAIT) | Int(MSG_NOSIGNAL)))
        }
        if taken < 0 {
            guard [EAGAIN, EWOULDBLOCK, ENOBUFS, EINTR].contains(errno) else { return hangUp() }
            taken = 0
        }
        let isAll = taken == bytes.readableBytes
        while descriptor >= 0, let next = outbox.queue.first, taken >= next.frame.readableBytes {
            taken -= next.frame.readableBytes
            _ = outbox.popFirst()
            delivered(next)
        }
        guard !isAll, descriptor >= 0, let cut = outbox.popFirst() else { return }
        wait(for: channel.writeAndFlush(cut.frame.getSlice(at: taken, length: cut.frame.readableBytes - taken)!), cut)
    }

    /// Goes on when the channel has given its bytes to the kernel.
    private func wait(for written: EventLoopFuture<Void>, _ message: StubMessage? = nil) {
        isHolding = true
        written.assumeIsolated().whenComplete { [self] result in
            guard case .success = result else { return }
            isHolding = false
            if let message { delivered(message) }
            pump()
        }
    }

    private func delivered(_ message: StubMessage) {
        outbox.delivered(message)
        guard account.delivered == hub.fault.closesSilentlyAfter, !outbox.isGhost else { return }
        outbox.pretend()
        hangUp()
    }

    /// Rooms may be walked at this moment, so the channel goes on a later turn.
    private func hangUp() {
        descriptor = -1
        hub.loop.assumeIsolated().execute { [channel] in channel.close(promise: nil) }
    }
}
