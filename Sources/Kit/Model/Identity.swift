public typealias UserID = HexID<User>

/// A user by number, as notifications name them: `User.key`, or what another system calls its own user. Never 0.
public typealias AccountID = Int

/// What a user may do on this server.
public enum Scope: String, Sendable, CaseIterable, Codable {
    /// `observer`: a user who also sees the server's books. Of an administrator's sessions at the page, never of a user or a key.
    case admin, observer, user

    /// The lesser of two: a credential can narrow what its user may do, never widen it.
    func narrowed(to other: Scope) -> Scope {
        if self == .user || other == .user { return .user }
        return self == .admin ? other : self
    }
}

/// Someone who owns links.
public struct User: Sendable, Equatable {
    /// The identifier of tokens and of the `user:` room.
    public let id: UserID
    /// Positive and small: the key of the store and of the feed counters.
    public let key: Int
    /// The same user in protocols that name users by UUID.
    public let uuid: String
    public let email: String
    public let scope: Scope
    public let createdAt: Timestamp
}

/// Users who share a tenant. Every user is a member of `default` for now.
public struct Organization: Sendable, Equatable {
    /// `org_` and 16 hexadecimal digits.
    public let id: String
    public let name: String
    /// The same organization in protocols that name tenants by UUID.
    public let tenant: String
}

/// Who someone is, once a credential has been verified.
public struct Identity: Sendable, Equatable {
    /// Of someone whose account lives elsewhere: made from what they are called there.
    public let user: UserID
    /// What whoever issued the credential calls the user; the user's identifier when that is us.
    public var name: String { foreignName ?? user.description }
    private let foreignName: String?
    public let scope: Scope
    public let organization: String?
    public let roles: [String]
    /// When the credential this was verified from ends; nil when it does not.
    public let expiresAt: Timestamp?
    /// What it was verified from; empty when that cannot be revoked.
    let proof: Proof

    init(
        user: UserID, name: String? = nil, scope: Scope, organization: String? = nil, roles: [String] = [],
        expiresAt: Timestamp? = nil, proof: Proof = Proof()
    ) {
        self.proof = proof
        self.user = user
        foreignName = name
        self.scope = scope
        self.organization = organization
        self.roles = roles
        self.expiresAt = expiresAt
    }

    /// Someone who presented nothing, where that is allowed.
    static let anonymous = Identity(user: UserID(high: 0, low: 0), name: "anonymous", scope: .user)

    public var isAdmin: Bool { scope == .admin }
    /// Whether this is an administrator, if only to look.
    public var seesServer: Bool { scope != .user }
}
