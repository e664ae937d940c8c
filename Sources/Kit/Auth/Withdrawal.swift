/// What somebody wants revoked: a credential, or all of a user's.
struct Withdrawal: Sendable, Equatable {
    enum Kind: String, Sendable { case ticket, token, session, key, user }

    let kind: Kind
    /// Whose, as they are called.
    let name: String
    /// Who may ask for it besides administrators; nil: nobody.
    let owner: UserID?
    let revocations: [Revocation]
    /// API keys that end with it.
    var keys: [APIKey] = []
}

extension Authenticator {
    /// Nothing bought with a credential outlives it by more: a session's longest life.
    private static let longestLife = Duration.seconds(604_800)

    /// Reads what a credential would have to be refused by, whether or not it has expired: sockets outlive what opened them.
    ///
    /// - Throws: `.invalid` when it is none of this server's.
    func withdrawal(of text: String, now: Timestamp) throws(KitError) -> Withdrawal {
        switch Credential.bearer(text) {
        case .key:
            guard let parts = APIKey.parts(of: text), let key = directory.key(parts.id), key.isSecret(parts.secret)
            else { throw Self.unknown }
            return Withdrawal(
                kind: .key, name: key.user.description, owner: key.user,
                revocations: [Revocation(subject: .credential(key.credential), at: now)], keys: [key])
        case .ticket, .realtime:
            guard let ticket = try? Ticket(text, signedBy: tickets, now: nil) else { throw Self.unknown }
            return withdrawal(.ticket, ticket.proof, ticket.name, ticket.user, ticket.expiresAt, now)
        case .token, .none: return try token(text, now)
        }
    }

    private func token(_ text: String, _ now: Timestamp) throws(KitError) -> Withdrawal {
        let ours = try? tokens.verify(text, now: nil)
        if let claims = ours ?? (try? tokens.verify(text, type: "refresh", now: nil)), let user = UserID(claims.userID)
        {
            return withdrawal(.token, claims.proof(of: text), user.description, user, claims.expiresAt, now)
        }
        if let payload = try? sessions.payload(of: text), let session = try? QuickbackSession(payload, now: nil) {
            let user = UserID(named: session.subject)
            return withdrawal(.session, session.proof(of: text), session.subject, user, session.expiresAt, now)
        }
        if let token = try? dashboardToken(text, now: nil) {
            let user = UserID(named: token.subject)
            return withdrawal(.token, token.proof(of: text), token.subject, user, token.expiresAt, now)
        }
        guard let payload = try? accounts.payload(of: text), let token = try? QuickdappToken(payload, now: nil) else {
            throw Self.unknown
        }
        return withdrawal(
            .token, token.proof(of: text), "\(token.account)", directory.user(numbered: token.account)?.id,
            token.expiresAt, now)
    }

    private func withdrawal(
        _ kind: Withdrawal.Kind, _ proof: Proof, _ name: String, _ owner: UserID?, _ expiry: Timestamp,
        _ now: Timestamp
    ) -> Withdrawal {
        let until = max(expiry, now) + Self.longestLife
        return Withdrawal(
            kind: kind, name: name, owner: owner,
            revocations: proof.credentials.prefix(1).map {
                Revocation(subject: .credential($0), at: now, until: until)
            })
    }

    /// Everything of one user: who is named by 24 digits, by what another system calls them, or by the number of their account.
    ///
    /// - Parameter caller: Whoever asks keeps the API key they ask with.
    func withdrawal(ofUser name: String, by caller: Identity, now: Timestamp) -> Withdrawal {
        let number = Int(name).flatMap { $0 == 0 ? nil : $0 }
        let known = directory.user(UserID(named: name)) ?? number.flatMap(directory.user(numbered:))
        let users = Set([UserID(named: name)] + (known.map { [$0.id] } ?? []))
        let accounts = Set((known.map { [$0.key] } ?? []) + (number.map { [$0] } ?? []))
        return Withdrawal(
            kind: .user, name: name, owner: known?.id,
            revocations: users.map { Revocation(subject: .user($0), at: now) }
                + accounts.map { Revocation(subject: .account($0), at: now) },
            keys: (known.map { directory.activeKeys(of: $0.id) } ?? []).filter {
                !caller.proof.credentials.contains($0.credential)
            })
    }

    private static var unknown: KitError {
        KitError(.invalid, "this is no ticket, token or API key of this server; there is nothing to revoke")
    }

    /// Refuses it from now on.
    ///
    /// - Returns: the keys' new state, which is to be stored with the revocations.
    func apply(_ withdrawal: Withdrawal, by caller: Identity, now: Timestamp) throws(KitError) -> [APIKey] {
        let keys = withdrawal.keys.filter { $0.revokedAt == nil }.map { key in
            var key = key
            key.revokedAt = now
            return key
        }
        let revoked = keys.map { Revocation(subject: .credential($0.credential), at: now) }
        try revocations.add(withdrawal.revocations + revoked, byAdmin: caller.isAdmin, now: now)
        for key in keys { directory.set(key) }
        return keys
    }

    /// Whether what a connection was opened by, or has presented since, has been revoked.
    func isRevoked(_ proof: Proof, of user: UserID? = nil, _ account: AccountID? = nil) -> Bool {
        revocations.covers(proof, of: user, account)
    }
}
