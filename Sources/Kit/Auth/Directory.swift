import Synchronization

/// The users, the organization and the API keys, in memory; the store has the same.
final class Directory: Sendable {
    struct Contents: Sendable {
        var organization: Organization
        var users: [User]
        var keys: [APIKey]
    }

    private struct State {
        var users: [UserID: User]
        var keys: [String: APIKey]
    }

    let organization: Organization
    private let state: Guarded<State>

    init(_ contents: Contents) {
        organization = contents.organization
        state = Guarded(
            State(
                users: Dictionary(contents.users.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first }),
                keys: Dictionary(contents.keys.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })))
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
    func keys(of user: UserID) -> [APIKey] {
        state.withLock { state in state.keys.values.filter { $0.user == user && $0.revokedAt == nil } }
    }

    func user(numbered key: Int) -> User? { state.withLock { $0.users.values.first { $0.key == key } } }

    func set(_ key: APIKey) { state.withLock { $0.keys[key.id] = key } }
}
