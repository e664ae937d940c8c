/// Where publications go and subscribers listen.
public enum Room: Hashable, Sendable {
    /// `user:<id>`: every click on a user's links.
    case user(UserID)
    /// `url:<code>`: every click on one link.
    case link(ShortCode)
    /// Everyone of an organization.
    case organization(OrganizationKey)
    /// One user, as a member of an organization.
    case member(OrganizationKey, UserID)
    /// Every socket that waits for notifications, signed in or not.
    case accounts
    /// The notifications of one account.
    case account(AccountID)
    /// How many clicks there were on all links together.
    case totals
    /// One entity of a tenant: what is published about it, and changes of its dashboards.
    case entity(EntityKey)
    /// Everyone who watches the dashboards of a tenant.
    case dashboards(OrganizationKey)
}

/// An entity of a tenant in a few plain words.
public struct EntityKey: Hashable, Sendable {
    let high: UInt64
    let low: UInt64
}

/// An organization in a few plain words: rooms are looked up with every click.
public struct OrganizationKey: Hashable, Sendable {
    /// This server's own organization.
    public static let home = OrganizationKey(high: 0, low: 0)

    let high: UInt64
    let low: UInt64
}

extension OrganizationKey: CustomStringConvertible {
    public var description: String {
        self == .home ? "home" : String(high, radix: 16) + "-" + String(low, radix: 16)
    }
}

extension Room: CustomStringConvertible {
    public var description: String {
        switch self {
        case .user(let id): "user:\(id)"
        case .link(let code): "url:\(code)"
        case .organization(let key): "organization:\(key)"
        case .member(let key, let user): "organization:\(key):\(user)"
        case .accounts: "accounts"
        case .account(let id): "account:\(id)"
        case .totals: "totals"
        case .entity(let key): "entity:\(String(key.high, radix: 16))-\(String(key.low, radix: 16))"
        case .dashboards(let key): "dashboards:\(key)"
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
