import Glibc
import NIOCore

/// The native protocol with numbers; each client follows the feed of one link.
struct QuikkoDialect: LoadDialect {
    private let token: String
    private let feeds: [Feed]

    private struct Feed {
        let room: Room
        /// How every event of this room begins, up to its epoch.
        let prefix: [UInt8]
    }

    /// - Parameter token: A session token: a ticket opens one socket, and thousands are opened here.
    init(token: String, links: [ShortCode]) {
        self.token = token
        feeds = links.map { code in
            let room = Room.link(code)
            return Feed(room: room, prefix: Array(#"{"type":"click_event","room":"\#(room)","epoch":"#.utf8))
        }
    }

    var canResume: Bool { true }

    func target(of feed: Int, behind position: Position?) -> String {
        QuikkoClientCodec.target(
            presenting: .token(token), ClientFollowing(rooms: [feeds[feed].room], since: position?.description))
    }

    func opened(_ feed: Int, _ headers: [(name: String, value: String)]) -> LoadOpening {
        LoadOpening(
            start: QuikkoClientCodec.places(in: headers).first { $0.room == feeds[feed].room }?.position,
            connection: headers.first { $0.name == "x-quikko-connection" }?.value)
    }

    @inline(__always)
    func read(_ message: UnsafeRawBufferPointer, of feed: Int) -> LoadMessage {
        event(message, feeds[feed].prefix) ?? slowly(message, of: feeds[feed].room)
    }

    /// An event as our server writes it, read by the place of its numbers; nil when it looks otherwise.
    @inline(__always)
    private func event(_ message: UnsafeRawBufferPointer, _ prefix: [UInt8]) -> LoadMessage? {
        guard message.count > prefix.count, let base = message.baseAddress,
            prefix.withUnsafeBufferPointer({ memcmp(base, $0.baseAddress!, prefix.count) }) == 0
        else { return nil }
        var at = prefix.count
        guard let epoch = Self.number(message, &at), let short = Int32(exactly: epoch) else { return nil }
        // `,"n":`
        at += 5
        guard let number = Self.number(message, &at), number > 0, at < message.count, message[at] == UInt8(ascii: ",")
        else { return nil }
        return .event(epoch: short, number: number, sentAt: nil)
    }

    @inline(__always)
    private static func number(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) -> Int64? {
        let start = at
        var value: Int64 = 0
        while at < bytes.count, bytes[at] &- 0x30 < 10, at - start < 17 {
            value = value * 10 + Int64(bytes[at] - 0x30)
            at += 1
        }
        return at > start ? value : nil
    }

    /// Everything else: notices, and events another server may spell differently. What names another room or cannot be read
    /// explains nothing.
    private func slowly(_ message: UnsafeRawBufferPointer, of room: Room) -> LoadMessage {
        let known: QuikkoMessage
        do throws(QuikkoMessage.Failure) {
            known = try QuikkoMessage(ByteBuffer(bytes: message))
        } catch {
            return error == .unknownType ? .other : .broken("a message that is none of the protocol's")
        }
        switch known {
        case .clickEvent(_, let place?) where place.room == room:
            return .event(epoch: place.position.epoch, number: place.position.number, sentAt: nil)
        case .gap(let gap) where gap.room == room: return .gap(gap)
        case .hole(room, let hole): return .hole(hole)
        case .recovered(let recovery) where recovery.room == room: return .reached(recovery.to)
        case .position(room, let position): return .reached(position)
        case .restart(let delay): return .restart(after: Int(delay / .milliseconds(1)))
        case .error, .subscribe, .unsubscribe: return .other
        case .clickEvent, .gap, .hole, .recovered, .position:
            return .broken("a message of another room, or without one")
        }
    }
}
