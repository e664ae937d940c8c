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
    private let used = UsedTickets()

    init(directory: Directory, secrets: Secrets) async throws(KitError) {
        self.directory = directory
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
            return identity(of: user, scope: user.scope)
        case .ticket:
            throw KitError(.unauthorized, "a ticket opens a socket; REST takes an API key or a token")
        }
    }

    /// Burns the ticket the live page was opened with.
    func startIdentity(_ text: String, now: Timestamp) throws(KitError) -> Identity {
        try redeem(text, for: .start, now: now)
    }

    func makeToken(for user: UserID, ttl: Duration, now: Timestamp) throws(KitError) -> String {
        try tokens.sign(for: user, ttl: ttl, now: now)
    }

    func makeTicket(for use: Ticket.Use, _ identity: Identity, expiresAt: Timestamp) -> String {
        Ticket(use: use, identity: identity, expiresAt: expiresAt).text(signedBy: tickets)
    }

    /// Who `id` is: a user's record gives scope and organization; an unknown user has neither.
    func identity(of id: UserID) -> Identity {
        guard let user = directory.user(id) else { return Identity(user: id, scope: .user) }
        return identity(of: user, scope: user.scope)
    }

    private func identity(of user: User, scope: Scope) -> Identity {
        // A key's scope can narrow its user's, never widen it.
        let scope: Scope = user.scope == .admin ? scope : .user
        return Identity(
            user: user.id, scope: scope, organization: directory.organization.id,
            roles: user.scope == .admin ? ["owner"] : ["member"])
    }

    private func redeem(_ text: String, for use: Ticket.Use, now: Timestamp) throws(KitError) -> Identity {
        let ticket = try Ticket(text, signedBy: tickets, now: now)
        guard ticket.use == use else { throw KitError(.unauthorized, "the ticket is for another purpose") }
        try used.use(ticket, now: now)
        let known = identity(of: ticket.user)
        return Identity(user: ticket.user, scope: known.scope, organization: ticket.organization, roles: ticket.roles)
    }
}
