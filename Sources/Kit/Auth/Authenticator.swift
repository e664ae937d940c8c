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
    let directory: Directory
    let tokens: TokenKey
    let sessions: TokenKey
    let accounts: TokenKey
    /// Verifies tokens of dashboards that another issuer signed; nil when there is none.
    let dashboards: TokenKey?
    let tickets: SymmetricKey
    let revocations: Revocations
    private let internalSecret: [UInt8]
    private let used: UsedTickets
    private let isRealtimeSingleUse: Bool

    /// - Parameters:
    ///   - startedAt: When this process began: single-use tickets from before it are refused.
    ///   - isRealtimeSingleUse: Whether Quickback's tickets are good for one socket only.
    init(
        directory: Directory, secrets: Secrets, startedAt: Timestamp, isRealtimeSingleUse: Bool = false,
        revocations: Revocations = Revocations(), dashboardKey: String? = nil
    ) async throws(KitError) {
        self.directory = directory
        self.revocations = revocations
        self.isRealtimeSingleUse = isRealtimeSingleUse
        sessions = try await TokenKey(secrets.sessions)
        accounts = try await TokenKey(secrets.accounts)
        if let dashboardKey { dashboards = try await TokenKey(publicKey: dashboardKey) } else { dashboards = nil }
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
            return try admit(identity(of: user, proof: claims.proof(of: text)))
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
        let claims: QuickbackSession
        do throws(KitError) {
            claims = try QuickbackSession(sessions.payload(of: text), now: now)
        } catch {
            // Right key, wrong time: no other key will do better.
            guard error.code != .expired else { throw error }
            return try callerIdentity(.bearer(text), now: now)
        }
        return try admit(
            Identity(
                user: UserID(named: claims.subject), name: claims.subject, scope: .user,
                organization: claims.organization,
                roles: claims.roles, expiresAt: claims.expiresAt, proof: claims.proof(of: text)))
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
                guard case .token(let text) = credential, error.code != .expired,
                    (try? tokens.verify(text, now: nil)) == nil
                else { throw error }
                return try sessionIdentity(text, now: now)
            }
        case .ticket(let text), .realtime(let text):
            let ticket = try Ticket(text, signedBy: tickets, now: now)
            if ticket.use != .realtime || isRealtimeSingleUse { try used.check(ticket) }
            return try admit(
                Identity(
                    user: ticket.user, name: ticket.use == .realtime ? ticket.name : nil,
                    scope: identity(of: ticket.user).scope,
                    organization: ticket.organization, roles: ticket.roles, expiresAt: ticket.expiresAt,
                    proof: ticket.proof))
        case .none:
            throw KitError(.unauthorized, "there is nothing to check")
        }
    }

    /// Whether this is a token of a QuickDapp account: signed with `SESSION_ENCRYPTION_KEY`, and neither of another kind nor expired.
    func namesAccount(_ text: String, now: Timestamp) -> Bool {
        (try? foreignAccountOrNil(text, now: now)).flatMap { $0 } != nil
    }

    /// Whose notifications a socket hears that presents `text`: a token of a QuickDapp account, or a token or ticket of ours, which
    /// must name a user of this server. With what says so.
    func account(_ text: String, now: Timestamp) throws(KitError) -> (id: AccountID, proof: Proof) {
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
            return account.id
        }
        return try account(of: callerIdentity(.bearer(text), now: now)).id
    }

    /// Nil when another key has to say.
    private func foreignAccountOrNil(_ text: String, now: Timestamp) throws(KitError) -> (id: AccountID, proof: Proof)?
    {
        let token: QuickdappToken
        do throws(KitError) {
            token = try QuickdappToken(accounts.payload(of: text), now: now)
        } catch {
            // Right key, wrong time: no other key will do better.
            guard error.code != .expired else { throw error }
            return nil
        }
        let proof = token.proof(of: text)
        try revocations.check(proof, of: nil, token.account)
        return (token.account, proof)
    }

    private func account(of identity: Identity) throws(KitError) -> (id: AccountID, proof: Proof) {
        guard let user = directory.user(identity.user) else {
            throw KitError(.unauthorized, "the credential's user does not exist here")
        }
        return (user.key, identity.proof)
    }

    /// Who joins a namespace of the dashboards with `text`: a tenant's token, signed with the shared secret or by the issuer whose key
    /// is configured; or a token or ticket of ours, whose user's record has the tenant.
    ///
    /// - Throws: `.expired`, `.forbidden` when it names no tenant, `.unauthorized`.
    func dashboardIdentity(_ text: String, now: Timestamp) throws(KitError) -> Identity {
        guard case .token = Credential.bearer(text) else {
            let identity = try socketIdentity(.bearer(text), now: now)
            return try home(of: identity)
        }
        if let token = try dashboardToken(text, now: now) { return try tenant(token, proof: token.proof(of: text)) }
        return try home(of: socketIdentity(.token(text), now: now))
    }

    private func home(of identity: Identity) throws(KitError) -> Identity {
        guard identity.organization != nil else { throw KitError(.forbidden, "the credential's user has no tenant") }
        return identity
    }

    /// Nil for a token of ours.
    ///
    /// - Parameter now: Nil reads it whenever it is good.
    func dashboardToken(_ text: String, now: Timestamp?) throws(KitError) -> DashboardToken? {
        let foreign = dashboards.flatMap { try? $0.payload(of: text) }
        guard let json = try? JSON(parsing: foreign ?? tokens.payload(of: text)) else { throw TokenKey.refused }
        guard foreign != nil || DashboardToken.isOne(json) else { return nil }
        return try DashboardToken(json, now: now)
    }

    private func tenant(_ token: DashboardToken, proof: Proof) throws(KitError) -> Identity {
        let own = directory.organization
        return try admit(
            Identity(
                user: UserID(named: token.subject), name: token.subject, scope: .user,
                organization: token.tenant == own.tenant ? own.id : token.tenant, roles: token.roles,
                expiresAt: token.expiresAt, proof: proof))
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
            return identity(of: user, scope: key.scope, proof: Proof(credentials: [key.credential]))
        case .token(let text):
            let claims = try tokens.verify(text, now: now)
            guard let id = UserID(claims.userID), let user = directory.user(id) else {
                throw KitError(.unauthorized, "the token's user does not exist")
            }
            return try admit(
                identity(
                    of: user, scope: claims.scope ?? user.scope, expiresAt: claims.expiresAt,
                    proof: claims.proof(of: text)))
        case .ticket, .realtime, .none:
            throw KitError(.unauthorized, "a ticket opens a socket; REST takes an API key or a token")
        }
    }

    /// Burns the ticket the live page was opened with.
    func startIdentity(_ text: String, now: Timestamp) throws(KitError) -> Identity {
        try redeem(text, for: .start, now: now)
    }

    func makeToken(for identity: Identity, ttl: Duration, now: Timestamp) throws(KitError) -> String {
        try tokens.sign(
            for: identity.user, scope: identity.scope, expiresAt: now + ttl, now: now,
            bought: identity.proof.credentials)
    }

    /// What somebody gets who has proved who they are: a token to act with, and one to get the next with.
    func makeSession(
        for user: User, access: Duration, refresh: Duration, now: Timestamp
    ) throws(KitError) -> (access: String, refresh: String) {
        let text = try tokens.sign(
            for: user.id, type: "refresh", scope: user.scope, expiresAt: now + refresh, now: now)
        return (try refreshed(text, access: access, now: now), text)
    }

    /// Another token to act with, bought with a refresh token.
    func refreshed(_ text: String, access: Duration, now: Timestamp) throws(KitError) -> String {
        let claims = try tokens.verify(text, type: "refresh", now: now)
        guard let id = UserID(claims.userID), let user = directory.user(id) else {
            throw KitError(.unauthorized, "the token's user does not exist")
        }
        let proof = claims.proof(of: text)
        try revocations.check(proof, of: id)
        return try tokens.sign(
            for: id, scope: user.scope, expiresAt: now + access, now: now, bought: proof.credentials)
    }

    func makeTicket(for use: Ticket.Use, _ identity: Identity, ttl: Duration, now: Timestamp) -> String {
        Ticket(use: use, identity: identity, now: now, ttl: ttl).text(signedBy: tickets)
    }

    /// Who `id` is: a user's record gives scope and organization; an unknown user has neither.
    func identity(of id: UserID, proof: Proof = Proof()) -> Identity {
        guard let user = directory.user(id) else { return Identity(user: id, scope: .user, proof: proof) }
        return identity(of: user, scope: user.scope, proof: proof)
    }

    /// - Throws: `.unauthorized` when what it was verified from has been revoked.
    private func admit(_ identity: Identity) throws(KitError) -> Identity {
        try revocations.check(identity.proof, of: identity.user)
        return identity
    }

    private func identity(
        of user: User, scope: Scope, expiresAt: Timestamp? = nil, proof: Proof = Proof()
    ) -> Identity {
        Identity(
            user: user.id, scope: user.scope.narrowed(to: scope), organization: directory.organization.id,
            roles: user.scope == .admin ? ["owner"] : ["member"], expiresAt: expiresAt, proof: proof)
    }

    private func redeem(_ text: String, for use: Ticket.Use, now: Timestamp) throws(KitError) -> Identity {
        let ticket = try Ticket(text, signedBy: tickets, now: now)
        guard ticket.use == use || (use == .realtime && ticket.use == .socket) else {
            throw KitError(.unauthorized, "the ticket is for another purpose")
        }
        try revocations.check(ticket.proof, of: ticket.user)
        if ticket.use != .realtime || isRealtimeSingleUse { try used.use(ticket, now: now) }
        let known = identity(of: ticket.user)
        return Identity(
            user: ticket.user, name: ticket.use == .realtime ? ticket.name : nil, scope: known.scope,
            organization: ticket.organization,
            roles: ticket.roles, proof: ticket.proof)
    }
}
