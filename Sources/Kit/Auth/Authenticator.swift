import Crypto

/// What is presented by someone who wants in.
enum Credential: Sendable, Equatable {
    case token(String)
    case ticket(String)
    case key(String)

    /// What an `Authorization: Bearer` value must be, by its shape.
    static func bearer(_ text: String) -> Credential {
        if text.hasPrefix("qk_") { return .key(text) }
        return text.utf8.count { $0 == UInt8(ascii: ".") } == 1 ? .ticket(text) : .token(text)
    }
}

/// The one door: credential in, identity out.
final class Authenticator: Sendable {
    private let directory: Directory
    private let tokens: TokenKey
    private let tickets: SymmetricKey
    private let used: UsedTickets

    /// - Parameter startedAt: When this process began: single-use tickets from before it are refused.
    init(directory: Directory, secrets: Secrets, startedAt: Timestamp) async throws(KitError) {
        self.directory = directory
        used = UsedTickets(startedAt: startedAt)
        tokens = try await TokenKey(secrets.tokens)
        tickets = secrets.tickets
    }

    /// Verifies a token or burns a ticket for a socket. API keys open no sockets: a socket's address ends up in logs.
    ///
    /// A token is believed by its claims: its user need not be known here (the accounts may live elsewhere).
    func socketIdentity(_ credential: Credential, now: Timestamp) throws(KitError) -> Identity {
        switch credential {
        case .token(let text):
            let claims = try tokens.verify(text, now: now)
            guard let user = UserID(claims.userID) else { throw KitError(.unauthorized, "the token names no user") }
            return identity(of: user)
        case .ticket(let text):
            return try redeem(text, for: .socket, now: now)
        case .key:
            throw KitError(.unauthorized, "an API key opens no socket; get a ticket with it first")
        }
    }

    /// Verifies the bearer of a REST request. The user must exist here.
    func callerIdentity(_ credential: Credential, now: Timestamp) throws(KitError) -> Identity {
        switch credential {
        case .key(let text):
            guard let parts = APIKey.parts(of: text), let key = directory.key(parts.id),
                key.matches(secret: parts.secret),
                let user = directory.user(key.user)
            else { throw KitError(.unauthorized, "the API key is not valid or was revoked") }
            return identity(of: user, scope: key.scope)
        case .token(let text):
            let claims = try tokens.verify(text, now: now)
            guard let id = UserID(claims.userID), let user = directory.user(id) else {
                throw KitError(.unauthorized, "the token's user does not exist")
            }
            let expiry = Timestamp(seconds: Int64(clamping: min(claims.exp, 253_402_300_799)))
            return identity(of: user, scope: claims.scope ?? user.scope, expiresAt: expiry)
        case .ticket:
            throw KitError(.unauthorized, "a ticket opens a socket; REST takes an API key or a token")
        }
    }

    /// Burns the ticket the live page was opened with.
    func startIdentity(_ text: String, now: Timestamp) throws(KitError) -> Identity {
        try redeem(text, for: .start, now: now)
    }

    func makeToken(for identity: Identity, ttl: Duration, now: Timestamp) throws(KitError) -> String {
        try tokens.sign(for: identity.user, scope: identity.scope, expiresAt: now + ttl, now: now)
    }

    func makeTicket(for use: Ticket.Use, _ identity: Identity, ttl: Duration, now: Timestamp) -> String {
        Ticket(use: use, identity: identity, now: now, ttl: ttl).text(signedBy: tickets)
    }

    /// Who `id` is: a user's record gives scope and organization; an unknown user has neither.
    func identity(of id: UserID) -> Identity {
        guard let user = directory.user(id) else { return Identity(user: id, scope: .user) }
        return identity(of: user, scope: user.scope)
    }

    private func identity(of user: User, scope: Scope, expiresAt: Timestamp? = nil) -> Identity {
        Identity(
            user: user.id, scope: user.scope.narrowed(to: scope), organization: directory.organization.id,
            roles: user.scope == .admin ? ["owner"] : ["member"], expiresAt: expiresAt)
    }

    private func redeem(_ text: String, for use: Ticket.Use, now: Timestamp) throws(KitError) -> Identity {
        let ticket = try Ticket(text, signedBy: tickets, now: now)
        guard ticket.use == use else { throw KitError(.unauthorized, "the ticket is for another purpose") }
        try used.use(ticket, now: now)
        let known = identity(of: ticket.user)
        return Identity(user: ticket.user, scope: known.scope, organization: ticket.organization, roles: ticket.roles)
    }
}
