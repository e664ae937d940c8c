/// What a worker process says to the server.
enum WorkerMessage: Equatable {
    /// An envelope for the tabs of one account. What it tells of is stored already: workers write that themselves.
    case sendToUser(AccountID, JSON)
    /// An envelope for all tabs.
    case broadcast(JSON)
    /// How a worker fares: `worker-started`, `worker-shutdown`, `worker-error`, `heartbeat`.
    case news(String)

    struct Mistake: Error {
        let words: String
    }

    init(_ line: [UInt8]) throws(Mistake) {
        guard let json = try? JSON(parsing: line), case .object = json else {
            throw Mistake(words: "a line is one JSON object")
        }
        switch json["type"] {
        case "send-to-user":
            guard case .int(let account)? = json["userId"], account != 0 else {
                throw Mistake(words: "userId must be a whole number but 0")
            }
            self = .sendToUser(account, try Self.envelope(json))
        case "broadcast": self = .broadcast(try Self.envelope(json))
        case .string(let type) where ["worker-started", "worker-shutdown", "worker-error", "heartbeat"].contains(type):
            self = .news(type)
        default: throw Mistake(words: "type must be send-to-user or broadcast")
        }
    }

    private static func envelope(_ json: JSON) throws(Mistake) -> JSON {
        guard let message = json["message"], case .string? = message["type"] else {
            throw Mistake(words: "message must be an object with a type")
        }
        return message
    }

    /// What is to be published; nil for news.
    func publication(at now: Timestamp, size: Int) -> Publication? {
        switch self {
        case .sendToUser(let account, let message):
            Publication(.envelope(message), in: .account(account), at: now, size: size)
        case .broadcast(let message): Publication(.envelope(message), in: .accounts, at: now, size: size)
        case .news: nil
        }
    }
}
