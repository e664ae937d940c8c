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
