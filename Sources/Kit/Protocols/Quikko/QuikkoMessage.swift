import Foundation
import NIOCore
import NIOFoundationCompat

/// The native messages: `{"type":…,"payload":{…}}` both ways, one JSON object a frame.
enum QuikkoMessage: Equatable {
    case subscribe(String)
    case unsubscribe(String)
    /// With room and number for a client that asked for them.
    case clickEvent(ClickEvent, Place?)
    case error(code: String, message: String)
    case gap(Gap)
    case hole(Room, Hole)
    case recovered(Recovery)
    case position(Room, Position)
    /// The server is stopping; come back after this long.
    case restart(Duration)

    init(_ notice: Notice) {
        self =
            switch notice {
            case .gap(let gap): .gap(gap)
            case .hole(let room, let hole): .hole(room, hole)
            case .recovered(let recovery): .recovered(recovery)
            case .position(let room, let position): .position(room, position)
            }
    }

    /// Why a frame was not understood.
    enum Failure: Error {
        case notJSON, unknownType, noShortCode, notANotice

        var advice: String {
            switch self {
            case .notJSON: "a message is one JSON object with a type and a payload"
            case .unknownType: "unknown type; clients send subscribe or unsubscribe"
            case .noShortCode: "the payload needs a shortCode"
            case .notANotice: "the payload is not that of its type"
            }
        }
    }

    private struct Kind: Decodable {
        let type: String
        let room: String?
        let epoch: Int32?
        let n: Int64?

        var place: Place? {
            guard let room = room.flatMap({ try? Room($0) }), let epoch, let n,
                (1...Position.maximumNumber).contains(n)
            else { return nil }
            return Place(room: room, position: Position(epoch: epoch, number: n))
        }
    }
    private struct Body<Payload: Decodable>: Decodable { let payload: Payload }
    private struct Subscription: Decodable { let shortCode: String }
    private struct Refusal: Decodable {
        let code: String
        let message: String
    }

    /// Reads either direction's message: first its type, then what that type needs and nothing else.
    init(_ bytes: ByteBuffer) throws(Failure) {
        let data = Data(buffer: bytes)
        guard let kind = try? JSONDecoder().decode(Kind.self, from: data) else { throw .notJSON }
        func payload<Payload: Decodable>(_ type: Payload.Type) -> Payload? {
            try? JSONDecoder().decode(Body<Payload>.self, from: data).payload
        }
        switch kind.type {
        case "subscribe":
            guard let code = payload(Subscription.self)?.shortCode, !code.isEmpty else { throw .noShortCode }
            self = .subscribe(code)
        // Silent even when it makes no sense, as the original is.
        case "unsubscribe": self = .unsubscribe(payload(Subscription.self)?.shortCode ?? "")
        case "click_event":
            guard let click = payload(ClickEvent.self) else { throw .noShortCode }
            self = .clickEvent(click, kind.place)
        case "error":
            let refusal = payload(Refusal.self)
            self = .error(code: refusal?.code ?? "", message: refusal?.message ?? "")
        case "gap":
            guard let gap = payload(GapPayload.self)?.value else { throw .notANotice }
            self = .gap(gap)
        case "hole":
            guard let hole = payload(RoomHolePayload.self)?.value else { throw .notANotice }
            self = .hole(hole.room, hole.hole)
        case "recovered":
            guard let recovery = payload(RecoveredPayload.self)?.value else { throw .notANotice }
            self = .recovered(recovery)
        case "position":
            guard let place = payload(PositionPayload.self)?.value else { throw .notANotice }
            self = .position(place.room, place.position)
        case "restart":
            guard let delay = payload(RestartPayload.self)?.value else { throw .notANotice }
            self = .restart(delay)
        default: throw .unknownType
        }
    }

    var type: StaticString {
        switch self {
        case .subscribe: "subscribe"
        case .unsubscribe: "unsubscribe"
        case .clickEvent: "click_event"
        case .error: "error"
        case .gap: "gap"
        case .hole: "hole"
        case .recovered: "recovered"
        case .position: "position"
        case .restart: "restart"
        }
    }

    /// Keys in the order the original writes them.
    var json: JSON {
        switch self {
        case .subscribe(let code), .unsubscribe(let code): message(["shortCode": .string(code)])
        case .clickEvent(let click, let place):
            message(
                [
                    "shortCode": .string(click.shortCode), "country": .string(click.country),
                    "deviceType": .string(click.deviceType), "browser": .string(click.browser),
                    "timestamp": .string(click.timestamp),
                ], place)
        case .error(let code, let message): self.message(["code": .string(code), "message": .string(message)])
        case .gap(let gap): message(gap.json)
        case .hole(let room, let hole): message(hole.json(in: room))
        case .recovered(let recovery): message(recovery.json)
        case .position(let room, let position):
            message([
                "room": .string(room.description), "epoch": .int(Int(position.epoch)), "n": .int(Int(position.number)),
            ])
        case .restart(let delay): message(["delay": .int(Int(delay / .milliseconds(1)))])
        }
    }

    var bytes: ByteBuffer { ByteBuffer(string: json.text) }

    private func message(_ payload: JSON, _ place: Place? = nil) -> JSON {
        var members: [(String, JSON)] = [("type", .string("\(type)"))]
        if let place {
            members += [
                ("room", .string(place.room.description)), ("epoch", .int(Int(place.position.epoch))),
                ("n", .int(Int(place.position.number))),
            ]
        }
        return .object(.init(members + [("payload", payload)]))
    }
}
