import NIOCore

/// The native protocol, client half.
struct QuikkoClientCodec: ClientCodec {
    static func target(presenting credential: Credential, _ following: ClientFollowing) -> String {
        let start =
            switch credential {
            case .token(let text): "/ws?token=\(text)"
            case .ticket(let text), .key(let text), .realtime(let text): "/ws?ticket=\(text)"
            case .none: "/ws?token="
            }
        let rooms = following.rooms.isEmpty ? "" : "&rooms=" + following.rooms.map(\.description).joined(separator: ",")
        let since = following.since.map { "&since=\($0)" } ?? ""
        return start + "&positions=1" + rooms + since + (following.replays ? "&overflow=replay" : "")
    }

    static func places(in headers: [(name: String, value: String)]) -> [Place] {
        headers.filter { $0.name == "x-quikko-position" }.compactMap { header in
            let parts = header.value.split(separator: " ")
            guard parts.count == 2, let room = try? Room(parts[0]), let position = try? Position(parts[1]) else {
                return nil
            }
            return Place(room: room, position: position)
        }
    }

    /// Nothing: the rooms were named in the address.
    mutating func opened(presenting credential: Credential, subscribingTo rooms: [Room]) -> [ByteBuffer] { [] }

    mutating func receive(_ message: ByteBuffer) -> FeedEvent? {
        switch try? QuikkoMessage(message) {
        case .clickEvent(let click, let place): .click(click, place)
        case .gap(let gap): .gap(gap)
        case .hole(let room, let hole): .hole(room, hole)
        case .recovered(let recovery): .recovered(recovery)
        case .position(let room, let position): .position(Place(room: room, position: position))
        case .restart(let delay): .restarting(delay)
        // Of this client only rooms can be refused; a foreign link and an absent one are the same.
        case .error(_, let message): .refused(.notFound, message: message)
        // Not JSON, or a type newer than this client: the original's dashboard ignores both.
        case .subscribe, .unsubscribe, nil: nil
        }
    }
}
