/// The native extensions as an upgrade asks for them: `positions=1`, `rooms=`, `since=`, `overflow=`.
extension Following {
    static let maximumRooms = 64

    /// Nil when the request asks for none of them: then the wire is the original's.
    ///
    /// - Throws: `.invalid` naming the parameter that makes no sense.
    init?(_ request: UpgradeRequest) throws(KitError) {
        let (rooms, since, overflow) = (request.value("rooms"), request.value("since"), request.value("overflow"))
        switch request.value("positions") {
        case "1", "true": break
        case nil, "0", "false":
            guard rooms != nil || since != nil || overflow != nil else { return nil }
        default: throw KitError(.invalid, "positions is 1 or 0")
        }
        switch overflow {
        case nil, "drop": replays = false
        case "replay": replays = true
        default: throw KitError(.invalid, "overflow is drop or replay")
        }
        let named = try Self.rooms(rooms ?? "")
        let parts = since?.split(separator: ",", maxSplits: Self.maximumRooms, omittingEmptySubsequences: false) ?? []
        let starts = try parts.map { text throws(KitError) in try Since(String(text)) }
        guard since == nil || starts.count == max(named.count, 1) || (starts.count == 1 && starts[0].isTime) else {
            throw KitError(.invalid, "since takes one start for each room, in their order, or one duration for all")
        }
        self.since = starts.first ?? .now
        self.rooms = named.enumerated().map { index, room in
            (room, starts.isEmpty ? .now : starts.count == 1 ? starts[0] : starts[index])
        }
    }

    /// `url:a,url:b`, or one `user:` room.
    private static func rooms(_ text: String) throws(KitError) -> [Room] {
        var rooms: [Room] = []
        for part in text.split(separator: ",", maxSplits: maximumRooms) {
            guard rooms.count < maximumRooms else {
                throw KitError(.invalid, "rooms takes at most \(maximumRooms) rooms; leave it out to follow all links")
            }
            let room = try Room(part)
            guard !rooms.contains(room) else { throw KitError(.invalid, "\(part) is named twice in rooms") }
            rooms.append(room)
        }
        let hasUser = rooms.contains { if case .user = $0 { true } else { false } }
        guard !hasUser || rooms.count == 1 else {
            throw KitError(.invalid, "a user: room has the clicks of all its links; name it alone")
        }
        return rooms
    }
}

extension Following.Since {
    /// `EPOCH:N`, or a duration such as `10m`.
    ///
    /// - Throws: `.invalid` when `text` is neither.
    init(_ text: String) throws(KitError) {
        if text.contains(":") {
            self = .position(try Position(text))
        } else if let duration = try? DurationText.read(text) {
            self = .ago(duration)
        } else {
            throw KitError(.invalid, "since is a position like 1:42 or a duration like 10m")
        }
    }

    fileprivate var isTime: Bool { if case .ago = self { true } else { false } }
}
