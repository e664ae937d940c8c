import NIOCore

/// QuickDapp's notification socket, client half.
struct QuickdappClientCodec: ClientCodec {
    static func target(presenting credential: Credential, _ following: ClientFollowing) -> String { "/ws" }

    static func places(in headers: [(name: String, value: String)]) -> [Place] { [] }

    mutating func opened(presenting credential: Credential, subscribingTo rooms: [Room]) -> [ByteBuffer] {
        switch credential {
        case .token(let text), .ticket(let text), .key(let text), .realtime(let text):
            [QuickdappMessage.register(token: text).bytes]
        case .none: [QuickdappMessage.register(token: nil).bytes]
        }
    }

    /// Clients ignore what is no envelope of theirs, as the server's word on a message it did not understand, and what only says that
    /// the socket works.
    mutating func receive(_ message: ByteBuffer) -> FeedEvent? {
        guard let json = try? JSON(parsing: Array(message.readableBytesView)), let data = json["data"],
            case .string(let type)? = json["type"]
        else { return nil }
        switch type {
        case "connected", "registered": return nil
        case "error":
            guard case .string(let code)? = data["code"], case .string(let text)? = data["message"] else { return nil }
            return .refused(code == "INVALID_TOKEN" ? .unauthorized : .limitExceeded, message: text)
        default: return .said(json)
        }
    }
}
