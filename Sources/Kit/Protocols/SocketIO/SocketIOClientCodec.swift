import NIOCore

/// The dashboards' socket, client half: Engine.IO over a WebSocket, `/dashboard`, and the entities asked for.
struct SocketIOClientCodec: ClientCodec {
    private static let namespace = MetricSubject.Namespace.dashboard.rawValue
    private var token = ""
    private var entities: [String] = []
    private var replies: [ByteBuffer] = []

    static func target(presenting credential: Credential, _ following: ClientFollowing) -> String {
        "/socket.io/?EIO=4&transport=websocket"
    }

    static func places(in headers: [(name: String, value: String)]) -> [Place] { [] }

    /// Nothing: the server speaks first.
    mutating func opened(presenting credential: Credential, subscribingTo rooms: [Room]) -> [ByteBuffer] {
        opened(presenting: credential, subscribingTo: rooms, entities: [])
    }

    mutating func opened(
        presenting credential: Credential, subscribingTo rooms: [Room], entities others: [String]
    ) -> [ByteBuffer] {
        switch credential {
        case .ticket(let text), .token(let text), .key(let text), .realtime(let text): token = text
        case .none: break
        }
        let codes = rooms.compactMap { room in
            if case .link(let code) = room { code.description } else { nil as String? }
        }
        entities = codes + others
        if entities.isEmpty { entities = ["all"] }
        return []
    }

    mutating func takeReplies() -> [ByteBuffer] { exchange(&replies, with: []) }

    mutating func receive(_ message: ByteBuffer) -> FeedEvent? {
        switch EnginePacket(text: message) {
        case .open: say(SocketIOPacket(.connect, in: Self.namespace, ["token": .string(token)]))
        case .ping: replies.append(ByteBuffer(string: "3"))
        case .message(let data): return (try? SocketIOPacket(data)).flatMap { heard($0) }
        // Binary frames, and what this protocol does not have, are nothing to follow.
        case .close, .pong, .binary, .upgrade, .noop, nil: break
        }
        return nil
    }

    private mutating func heard(_ packet: SocketIOPacket) -> FeedEvent? {
        switch (packet.kind, packet.payload) {
        case (.connect, _):
            for entity in entities {
                say(.event("subscribe", ["entityId": .string(entity), "entityType": "link"], in: Self.namespace))
            }
            return nil
        case (.connectError, let payload?):
            guard case .string(let message)? = payload["message"] else { return nil }
            var words = message
            if case .string(let reason)? = payload["data"]?["reason"] { words += ": " + reason }
            return .refused(.unauthorized, message: words)
        case (.event, .array(let arguments)?):
            guard arguments.count > 1 else { return nil }
            if arguments[0] == "error", case .string(let code)? = arguments[1]["code"],
                case .string(let message)? = arguments[1]["message"]
            {
                return .refused(Self.reason(of: code), message: message)
            }
            return .said(["event": arguments[0], "data": arguments[1]])
        default: return nil
        }
    }

    private static func reason(of code: String) -> KitError.Code {
        switch code {
        case "ANALYTICS_\(AnalyticsError.Code.dashboardNotFound.rawValue)": .notFound
        case "ANALYTICS_\(AnalyticsError.Code.limitExceeded.rawValue)": .limitExceeded
        default: .invalid
        }
    }

    private mutating func say(_ packet: SocketIOPacket) { replies.append(ByteBuffer(string: "4" + packet.text)) }
}
