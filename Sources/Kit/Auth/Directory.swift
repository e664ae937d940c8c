import Synchronization

/// The users, the organization and the API keys, in memory; the store has the same.
final class Directory: Sendable {
    struct Contents: Sendable {
        var organization: Organization
        var users: [User]
        var keys: [APIKey]
        var passwords: [UserID: PasswordHash] = [:]
    }

    private struct State {
        var users: [UserID: User]
        var keys: [String: APIKey]
        var passwords: [UserID: PasswordHash]
        /// Users by their address in lower case; those too whom the store has not confirmed.
        var emails: [String: UserID]
        var lastKey: Int
    }

    let organization: Organization
    private let state: Guarded<State>

    init(_ contents: Contents) {
        organization = contents.organization
        state = Guarded(
            State(
                users: Dictionary(contents.users.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first }),
                keys: Dictionary(contents.keys.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first }),
                passwords: contents.passwords,
                emails: Dictionary(
                    contents.users.map { ($0.email.lowercased(), $0.id) }, uniquingKeysWith: { first, _ in first }),
                lastKey: contents.users.map(\.key).max() ?? 0))
    }

    /// Promises an address to a new user, and gives them their number; nil when somebody has it.
    func reserve(email: String, for id: UserID) -> Int? {
        state.withLock { state in
            guard state.emails[email.lowercased()] == nil else { return nil }
            state.emails[email.lowercased()] = id
            state.lastKey += 1
            return state.lastKey
        }
    }

    /// The store refused the user.
    func release(email: String) { state.withLock { $0.emails[email.lowercased()] = nil } }

    /// The store has the user, with this password.
    func set(_ user: User, password: PasswordHash) {
        state.withLock { state in
            state.users[user.id] = user
            state.passwords[user.id] = password
        }
    }

    /// Someone with an account, and their password if they have one.
    func account(email: String) -> (user: User, password: PasswordHash?)? {
        state.withLock { state in
            guard let id = state.emails[email.lowercased()], let user = state.users[id] else { return nil }
            return (user, state.passwords[id])
        }
    }

    /// The user made at the first start.
    var administrator: User {
        state.withLock { state in
            // A store without an administrator is never opened: the first start writes one in its first transaction.
            state.users.values.filter { $0.scope == .admin }.min { $0.key < $1.key }!
        }
    }

    func user(_ id: UserID) -> User? { state.withLock { $0.users[id] } }

    func key(_ id: String) -> APIKey? { state.withLock { $0.keys[id] } }

    func keys(labelled label: String) -> [APIKey] {
        state.withLock { state in state.keys.values.filter { $0.label == label && $0.revokedAt == nil } }
    }

    /// Those that have not been revoked.
    func activeKeys(of user: UserID) -> [APIKey] {
        state.withLock { state in state.keys.values.filter { $0.user == user && $0.revokedAt == nil } }
    }

    func user(numbered key: Int) -> User? { state.withLock { $0.users.values.first { $0.key == key } } }

    func keys(of user: UserID) -> [APIKey] {
        state.withLock { state in state.keys.values.filter { $0.user == user } }
    }

    func set(_ key: APIKey) { state.withLock { $0.keys[key.id] = key } }
}
