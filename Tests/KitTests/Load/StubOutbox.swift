import NIOCore

@testable import Kit

/// Messages waiting for one peer of a stub server, its true account, and the faults that befall single messages.
///
/// Bounded: of 256 waiting messages the next is dropped, and so on until half of them have gone.
struct StubOutbox {
    enum Admission { case settled, heldBack, full }

    private static let capacity = 256

    private(set) var account = StubServer.Truth.Account()
    private(set) var queue = CircularBuffer<StubMessage>()
    /// Dropped since it was full, by room of the connection; empty while it takes messages.
    private var lost: [Int: ClosedRange<Int64>] = [:]
    /// A message that is to change places with the next, and its room of the connection.
    private var heldBack: (message: StubMessage, room: Int)?
    /// The peer was hung up on, and nobody is to know.
    private(set) var isGhost = false

    var isDropping: Bool { !lost.isEmpty }
    var isEmpty: Bool { queue.isEmpty && heldBack == nil }

    /// `.heldBack` asks for `release` after a while; `.full`, for nothing but an account, that the message has been dropped
    /// or, when `replays`, left to the log.
    mutating func accept(_ message: StubMessage, room: Int, replays: Bool, in hub: StubHub) -> Admission {
        account.accepted += 1
        guard !isGhost else {
            account.pretended += 1
            return .settled
        }
        guard lost.isEmpty, queue.count < Self.capacity else {
            overflow(message, room, replays)
            return .full
        }
        hub.admitted += 1
        let (fault, count) = (hub.fault, hub.admitted)
        guard !hub.isDue(fault.dropsOneIn, count) else {
            account.silentlyDropped += 1
            return .settled
        }
        if hub.isDue(fault.duplicatesOneIn, count) {
            account.accepted += 1
            account.duplicated += 1
            queue.append(message)
        }
        guard let early = heldBack, early.room == room else {
            guard hub.isDue(fault.reordersOneIn, count) else {
                queue.append(message)
                return .settled
            }
            release()
            heldBack = (message, room)
            return .heldBack
        }
        heldBack = nil
        queue.append(message)
        queue.append(early.message)
        account.reordered += 1
        return .settled
    }

    private mutating func overflow(_ message: StubMessage, _ room: Int, _ replays: Bool) {
        release()
        if replays {
            account.deferred += 1
        } else {
            account.dropped += 1
            lost[room] = (lost[room]?.lowerBound ?? message.number)...message.number
        }
    }

    /// Whether this number still waits for its neighbour.
    func isHeldBack(_ number: Int64) -> Bool { heldBack?.message.number == number }

    /// No neighbour came in time.
    mutating func release() {
        if let heldBack { queue.append(heldBack.message) }
        heldBack = nil
    }

    mutating func push(_ frame: ByteBuffer) { queue.append(StubMessage(frame: frame)) }

    /// Part of a replay, whatever the bound.
    mutating func replay(_ message: StubMessage) {
        account.accepted += 1
        queue.append(message)
    }

    mutating func popFirst() -> StubMessage? { queue.popFirst() }

    /// What was dropped, once half of the queue has gone: it is to be named now.
    mutating func takeLost(_ rooms: [Room]) -> [Gap] {
        guard isDropping, queue.count <= Self.capacity / 2 else { return [] }
        let gaps = lost.sorted { $0.key < $1.key }.map {
            Gap(room: rooms[$0.key], epoch: 1, numbers: $0.value, reason: .slow)
        }
        account.gaps += gaps
        lost = [:]
        return gaps
    }

    /// With the kernel.
    mutating func delivered(_ message: StubMessage) { if message.number > 0 { account.delivered += 1 } }

    /// From now on everything, and all that waits, counts as delivered for whoever asks.
    mutating func pretend() {
        isGhost = true
        account.pretended += account.pending
        clear()
    }

    /// The peer has gone.
    mutating func close() {
        account.droppedClosed += account.pending
        clear()
    }

    private mutating func clear() {
        queue.removeAll()
        heldBack = nil
        lost = [:]
    }
}
