/// Where publications go and subscribers listen.
public enum Room: Hashable, Sendable {
    /// `user:<id>`: every click on a user's links.
    case user(UserID)
    /// `url:<code>`: every click on one link.
    case link(ShortCode)
}

extension Room: CustomStringConvertible {
    public var description: String {
        switch self {
        case .user(let id): "user:\(id)"
        case .link(let code): "url:\(code)"
        }
    }
}

extension Room {
    /// Reads `user:<id>` or `url:<code>`.
    ///
    /// - Throws: `.invalid` when `text` is neither.
    public init(_ text: some StringProtocol) throws(KitError) {
        if text.hasPrefix("user:"), let id = UserID(text.dropFirst(5)) {
            self = .user(id)
        } else if text.hasPrefix("url:"), let code = try? ShortCode(String(text.dropFirst(4))) {
            self = .link(code)
        } else {
            throw KitError(.invalid, "a room is user:<24 hexadecimal digits> or url:<code>")
        }
    }
}
