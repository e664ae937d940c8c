import Crypto

/// What is presented by someone who wants in.
enum Credential: Sendable, Equatable {
    case token(String)
    case ticket(String)
    case key(String)
    /// A ticket for a Quickback socket: of its kind, or one of ours.
    case realtime(String)
    /// Nothing: for sockets that anybody may open.
    case none

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
    private let sessions: TokenKey
    private let accounts: TokenKey
    private let tickets: SymmetricKey
    private let internalSecret: [UInt8]
    private let used: UsedTickets
    private let isRealtimeSingleUse: Bool

    /// - Parameters:
    ///   - startedAt: When this process began: single-use tickets from before it are refused.
    ///   - isRealtimeSingleUse: Whether Quickback's tickets are good for one socket only.
    init(
        directory: Directory, secrets: Secrets, startedAt: Timestamp, isRealtimeSingleUse: Bool = false
    ) async throws(KitError) {
        self.directory = directory
        self.isRealtimeSingleUse = isRealtimeSingleUse
        sessions = try await TokenKey(secrets.sessions)
        accounts = try await TokenKey(secrets.accounts)
        internalSecret = Array(secrets.internalCalls.utf8)
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
        case .realtime(let text):
            return try redeem(text, for: .realtime, now: now)
        case .none:
            return .anonymous
        case .key:
            throw KitError(.unauthorized, "an API key opens no socket; get a ticket with it first")
        }
    }

    /// Verifies the session that asks for a Quickback ticket: a token signed with `BETTER_AUTH_SECRET`, which is believed by its claims,
    /// or one of ours.
    func sessionIdentity(_ text: String, now: Timestamp) throws(KitError) -> Identity {
        do throws(KitError) {
            let claims = try QuickbackSession(sessions.payload(of: text), now: now)
            return Identity(
                user: UserID(named: claims.subject), name: claims.subject, scope: .user,
                organization: claims.organization,
                roles: claims.roles, expiresAt: claims.expiresAt)
        } catch {
            // Right key, wrong time: no other key will do better.
            guard error.code != .expired else { throw error }
            return try callerIdentity(.bearer(text), now: now)
        }
    }

    /// Who a credential lets in, without using it up.
    ///
    /// - Throws: `.expired` or `.unauthorized`, saying why it is not good.
    func check(_ credential: Credential, now: Timestamp) throws(KitError) -> Identity {
        switch credential {
        case .key, .token:
            do throws(KitError) {
                return try callerIdentity(credential, now: now)
            } catch {
                guard case .token(let text) = credential, error.code != .expired else { throw error }
                return try sessionIdentity(text, now: now)
            }
        case .ticket(let text), .realtime(let text):
            let ticket = try Ticket(text, signedBy: tickets, now: now)
            if ticket.use != .realtime || isRealtimeSingleUse { try used.check(ticket) }
            return Identity(
                user: ticket.user, name: ticket.use == .realtime ? ticket.name : nil,
                scope: identity(of: ticket.user).scope,
                organization: ticket.organization, roles: ticket.roles, expiresAt: ticket.expiresAt)
        case .none:
            throw KitError(.unauthorized, "there is nothing to check")
        }
    }

    /// Whether this is a token of a QuickDapp account: signed with `SESSION_ENCRYPTION_KEY`, and neither of another kind nor expired.
    func namesAccount(_ text: String, now: Timestamp) -> Bool { (try? foreignAccount(text, now: now)) != nil }

    /// Whose notifications a socket hears that presents `text`: a token of a QuickDapp account, or a token or ticket of ours, which
    /// must name a user of this server.
    func account(_ text: String, now: Timestamp) throws(KitError) -> AccountID {
        switch Credential.bearer(text) {
        case .token:
            if let account = try foreignAccountOrNil(text, now: now) { return account }
            return try account(of: callerIdentity(.token(text), now: now))
        case let other: return try account(of: socketIdentity(other, now: now))
        }
    }

    /// Whose notifications a REST request may ask for.
    func callerAccount(_ text: String, now: Timestamp) throws(KitError) -> AccountID {
        if case .token = Credential.bearer(text), let account = try foreignAccountOrNil(text, now: now) {
            return account
        }
        return try account(of: callerIdentity(.bearer(text), now: now))
    }

    /// Nil when another key has to say.
    private func foreignAccountOrNil(_ text: String, now: Timestamp) throws(KitError) -> AccountID? {
        do throws(KitError) {
            return try foreignAccount(text, now: now)
        } catch {
            // Right key, wrong time: no other key will do better.
            guard error.code != .expired else { throw error }
            return nil
        }
    }

    private func foreignAccount(_ text: String, now: Timestamp) throws(KitError) -> AccountID {
        try QuickdappToken(accounts.payload(of: text), now: now).account
    }

    private func account(of identity: Identity) throws(KitError) -> AccountID {
        guard let user = directory.user(identity.user) else {
            throw KitError(.unauthorized, "the credential's user does not exist here")
        }
        return user.key
    }

    /// Whether this is what internal calls present. Takes the same time whatever is wrong with it.
    func isInternal(_ secret: String) -> Bool {
        let given = SHA256.hash(data: Array(secret.utf8))
        return given == SHA256.hash(data: internalSecret) && !internalSecret.isEmpty
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
        case .ticket, .realtime, .none:
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
        guard ticket.use == use || (use == .realtime && ticket.use == .socket) else {
            throw KitError(.unauthorized, "the ticket is for another purpose")
        }
        if ticket.use != .realtime || isRealtimeSingleUse { try used.use(ticket, now: now) }
        let known = identity(of: ticket.user)
        return Identity(
            user: ticket.user, name: ticket.use == .realtime ? ticket.name : nil, scope: known.scope,
            organization: ticket.organization,
            roles: ticket.roles)
    }
}
