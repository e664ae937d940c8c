import NIOCore

/// The messages of QuickDapp: `{"type":…,"data":{…}}` from the server; `register` is the only one of a client.
enum QuickdappMessage: Equatable {
    case register(token: String?)
    case connected
    case registered(AccountID)
    case error(code: String, message: String)
    /// How the original's framework answers what is no message of a client, with what came.
    case validation(found: JSON)
    /// Anything else, as it came.
    case other(JSON)

    /// Reads a client's message: `{"type":"register"}`, with a `jwtToken` or without. What is not JSON is taken for a text.
    init(_ bytes: ByteBuffer) {
        guard let json = try? JSON(parsing: Array(bytes.readableBytesView)) else {
            self = .other(.string(String(buffer: bytes)))
            return
        }
        switch (json["type"], json["jwtToken"]) {
        case ("register", nil): self = .register(token: nil)
        case ("register", .string(let token)): self = .register(token: token)
        default: self = .other(json)
        }
    }

    /// Keys in the order the original writes them.
    var json: JSON {
        switch self {
        case .register(nil): ["type": "register"]
        case .register(let token?): ["type": "register", "jwtToken": .string(token)]
        case .connected:
            ["type": "connected", "data": ["message": "WebSocket connection established"]]
        case .registered(let account):
            [
                "type": "registered",
                "data": ["userId": .int(account), "message": "Successfully registered with user ID"],
            ]
        case .error(let code, let message):
            ["type": "error", "data": ["code": .string(code), "message": .string(message)]]
        case .validation(let found): ["type": "validation", "on": "message", "found": found]
        case .other(let json): json
        }
    }

    var bytes: ByteBuffer { ByteBuffer(string: json.text) }
}
