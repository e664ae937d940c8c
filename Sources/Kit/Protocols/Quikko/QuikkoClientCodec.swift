import NIOCore

/// The native protocol, client half.
struct QuikkoClientCodec: ClientCodec {
    static func target(presenting credential: Credential) -> String {
        switch credential {
        case .token(let text): "/ws?token=\(text)"
        case .ticket(let text), .key(let text): "/ws?ticket=\(text)"
        }
    }

    mutating func opened(subscribingTo rooms: [Room]) -> [ByteBuffer] {
        rooms.compactMap { room in
            // The own `user:` room comes by itself.
            guard case .link(let code) = room else { return nil }
            return QuikkoMessage.subscribe(code.description).bytes
        }
    }

    mutating func receive(_ message: ByteBuffer) -> FeedEvent? {
        switch try? QuikkoMessage(message) {
        case .clickEvent(let click): .click(click)
        case .error(let code, let message): .refused(code: code, message: message)
        // Not JSON, or a type newer than this client: the original's dashboard ignores both.
        case .subscribe, .unsubscribe, nil: nil
        }
    }
}
