import NIOCore

/// Quickback's broadcast socket, client half: it listens, and that is all.
struct QuickbackClientCodec: ClientCodec {
    static func target(presenting credential: Credential, _ following: ClientFollowing) -> String {
        switch credential {
        case .ticket(let text), .token(let text), .key(let text), .realtime(let text):
            "/realtime/v1/websocket?ws_ticket=\(text)"
        case .none: "/realtime/v1/websocket"
        }
    }

    static func places(in headers: [(name: String, value: String)]) -> [Place] { [] }

    mutating func opened(presenting credential: Credential, subscribingTo rooms: [Room]) -> [ByteBuffer] { [] }

    /// Clients ignore what is not JSON, such as `pong`, and types they do not know.
    mutating func receive(_ message: ByteBuffer) -> FeedEvent? {
        guard let json = try? JSON(parsing: Array(message.readableBytesView)),
            json["type"] == "postgres_changes" || json["type"] == "broadcast"
        else { return nil }
        return .said(json)
    }
}
