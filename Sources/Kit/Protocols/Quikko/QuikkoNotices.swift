/// The payloads of `gap`, `hole`, `recovered`, `position` and `restart`: written by the server, read by the client.
extension Gap {
    /// `{"room","epoch","from","to","count","reason"}`.
    public var json: JSON {
        [
            "room": .string(room.description), "epoch": .int(Int(epoch)), "from": .int(Int(numbers.lowerBound)),
            "to": .int(Int(numbers.upperBound)), "count": .int(count), "reason": .string(reason.rawValue),
        ]
    }
}

extension Hole {
    /// `{"epoch","from","to","reason"}`; `to` is null when nobody knows.
    public var json: JSON { .object(.init(members)) }

    /// The same with `room` before it.
    public func json(in room: Room) -> JSON { .object(.init([("room", .string(room.description))] + members)) }

    private var members: [(String, JSON)] {
        [
            ("epoch", .int(Int(epoch))), ("from", .int(Int(from))), ("to", to.map { .int(Int($0)) } ?? .null),
            ("reason", .string(reason.rawValue)),
        ]
    }
}

extension Recovery {
    /// `{"room","from","to","count","complete","holes"}`; `from` and `to` are positions, `from` null when a time was asked for.
    public var json: JSON {
        [
            "room": .string(room.description), "from": from.map { .string($0.description) } ?? .null,
            "to": .string(to.description), "count": .int(count), "complete": .bool(isComplete),
            "holes": .array(holes.map(\.json)),
        ]
    }
}

struct GapPayload: Decodable {
    let room: String
    let epoch: Int32
    let from: Int64
    let to: Int64
    let reason: String

    /// Nil when it is not one; a reason newer than this client is taken for the usual one.
    var value: Gap? {
        guard let room = try? Room(room), from <= to, from > 0, to <= Position.maximumNumber else { return nil }
        return Gap(room: room, epoch: epoch, numbers: from...to, reason: Gap.Reason(rawValue: reason) ?? .slow)
    }
}

struct HolePayload: Decodable {
    let epoch: Int32
    let from: Int64
    let to: Int64?
    let reason: String

    /// Nil when it is none.
    var value: Hole? {
        guard from > 0, from <= to ?? from, to ?? from <= Position.maximumNumber else { return nil }
        return Hole(epoch: epoch, from: from, to: to, reason: Hole.Reason(rawValue: reason) ?? .missing)
    }
}

struct RoomHolePayload: Decodable {
    let room: String
    let epoch: Int32
    let from: Int64
    let to: Int64?
    let reason: String

    var value: (room: Room, hole: Hole)? {
        guard let room = try? Room(room),
            let hole = HolePayload(epoch: epoch, from: from, to: to, reason: reason).value
        else { return nil }
        return (room, hole)
    }
}

struct RecoveredPayload: Decodable {
    let room: String
    let from: String?
    let to: String
    let count: Int
    let holes: [HolePayload]

    var value: Recovery? {
        guard let room = try? Room(room), let to = try? Position(to) else { return nil }
        return Recovery(
            room: room, from: from.flatMap { try? Position($0) }, to: to, count: count, holes: holes.compactMap(\.value)
        )
    }
}

struct PositionPayload: Decodable {
    let room: String
    let epoch: Int32
    let n: Int64

    var value: Place? {
        guard let room = try? Room(room), (0...Position.maximumNumber).contains(n) else { return nil }
        return Place(room: room, position: Position(epoch: epoch, number: n))
    }
}

struct RestartPayload: Decodable {
    /// In milliseconds.
    let delay: Int

    /// Nil when no server means it: longer than an hour.
    var value: Duration? { (0...3_600_000).contains(delay) ? .milliseconds(delay) : nil }
}
