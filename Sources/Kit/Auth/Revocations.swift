import Synchronization

/// What has been revoked, in memory; the store has the same.
///
/// Asked with every credential, so held for a few look-ups. Bounded: at 1,000,000 entries further ones are refused
/// (`.limitExceeded`), for others than administrators at half of that.
final class Revocations: Sendable {
    static let capacity = 1_000_000

    private struct State {
        /// Of single credentials, with when each may be forgotten.
        var credentials: [CredentialID: Timestamp] = [:]
        var users: [UserID: Timestamp] = [:]
        var accounts: [AccountID: Timestamp] = [:]
        var nextSweep = Timestamp(seconds: 0)

        var count: Int { credentials.count + users.count + accounts.count }

        mutating func add(_ revocation: Revocation) {
            switch revocation.subject {
            case .credential(let id): credentials[id] = revocation.until ?? Timestamp(microseconds: .max)
            case .user(let id): users[id] = max(users[id] ?? revocation.at, revocation.at)
            case .account(let id): accounts[id] = max(accounts[id] ?? revocation.at, revocation.at)
            }
        }
    }

    private let state: Guarded<State>

    init(_ revocations: [Revocation] = [], keys: [APIKey] = []) {
        var state = State()
        for revocation in revocations { state.add(revocation) }
        for key in keys {
            if let at = key.revokedAt { state.add(Revocation(subject: .credential(key.credential), at: at)) }
        }
        self.state = Guarded(state)
    }

    /// From now on these are refused.
    ///
    /// - Throws: `.limitExceeded` when there are too many to remember; then none is added.
    func add(_ revocations: [Revocation], byAdmin isAdmin: Bool, now: Timestamp) throws(KitError) {
        let isFull = state.withLock { state in
            if now >= state.nextSweep {
                state.credentials = state.credentials.filter { $0.value > now }
                state.nextSweep = now + .seconds(60)
            }
            let capacity = isAdmin ? Self.capacity : Self.capacity / 2
            guard state.count + revocations.count <= capacity else { return true }
            for revocation in revocations { state.add(revocation) }
            return false
        }
        if isFull { throw KitError(.limitExceeded, "too many revocations at a time; try again when older ones ended") }
    }

    /// Whether what somebody was let in by has been revoked since.
    func covers(_ proof: Proof, of user: UserID? = nil, _ account: AccountID? = nil) -> Bool {
        state.withLock { state in
            // What does not say when it was issued may be from before.
            func isBefore(_ moment: Timestamp?) -> Bool {
                guard let moment else { return false }
                return proof.issuedAt.map { $0 <= moment } ?? true
            }
            return proof.credentials.contains { state.credentials[$0] != nil }
                || isBefore(user.flatMap { state.users[$0] }) || isBefore(account.flatMap { state.accounts[$0] })
        }
    }

    /// - Throws: `.unauthorized` when it has been revoked.
    func check(_ proof: Proof, of user: UserID? = nil, _ account: AccountID? = nil) throws(KitError) {
        guard !covers(proof, of: user, account) else {
            throw KitError(.unauthorized, "the credential was revoked; get a new one")
        }
    }
}
