import Synchronization

/// A set of roles that has live subscribers, with what it may see. Two views of the same roles are the same object, so that their
/// subscribers share every frame.
final class RoleView: Sendable, Hashable {
    let roles: Set<String>
    let policy: RowPolicy

    fileprivate init(_ roles: Set<String>, _ policy: RowPolicy) {
        (self.roles, self.policy) = (roles, policy)
    }

    static func == (left: RoleView, right: RoleView) -> Bool { left === right }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }

    /// Whether these roles may hear of a row change, or of a publication for `wanted` roles.
    func allows(_ wanted: [String]) -> Bool { policy.allows(roles, wanted) }
}

/// The views of all live subscribers: what an event costs grows with their number, so it is bounded.
final class RoleViews: Sendable {
    /// Views at a time; whoever comes with yet another set of roles is shown what no role at all is.
    static let most = 64

    private struct Entry {
        weak var view: RoleView?
    }

    let policy: RowPolicy
    private let entries = Guarded<[Set<String>: Entry]>([:])
    private let without: RoleView

    init(_ policy: RowPolicy) {
        self.policy = policy
        without = RoleView([], policy)
    }

    /// The view of these roles; it lives as long as somebody has it.
    func view(of roles: [String]) -> RoleView {
        let roles = Set(roles)
        guard !roles.isEmpty else { return without }
        return entries.withLock { entries in
            if let view = entries[roles]?.view { return view }
            if entries.count >= Self.most { entries = entries.filter { $0.value.view != nil } }
            guard entries.count < Self.most else { return without }
            let view = RoleView(roles, policy)
            entries[roles] = Entry(view: view)
            return view
        }
    }
}
