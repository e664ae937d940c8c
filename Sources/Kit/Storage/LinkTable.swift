import Synchronization

/// All links, in memory: an unknown code is known to be unknown without asking the store.
///
/// Measured (docs/performance.md): about 490 bytes a link with a 60-byte destination. Sixteen stripes, a lock each, held
/// for a dictionary access.
final class LinkTable: Sendable {
    /// A link as a redirect needs it; immutable, replaced when the link changes.
    final class Entry: Sendable {
        let link: Link
        /// Of a link with a maximum; what replaces this entry goes on with the same one.
        let budget: ClickBudget?
        /// Until then it redirects, in microseconds since the Unix epoch.
        private let end: Int64

        init(_ link: Link, budget: ClickBudget? = nil) {
            self.link = link
            self.budget = budget
            end = link.isActive ? link.expiresAt?.microseconds ?? .max : .min
        }

        /// Whether it is switched on and not over.
        @inline(__always)
        func isOpen(at now: Timestamp) -> Bool { now.microseconds < end }
    }

    private final class Stripe: Sendable {
        let entries = Guarded<[ShortCode: Entry]>([:])
    }

    private struct State {
        var nextKey: Int
        /// Codes promised to links the store has not confirmed.
        var reserved: Set<ShortCode> = []
        /// Active links by `User.key`.
        var active: [Int: Int] = [:]
        /// Codes of deleted links, which only their owners may use again: whoever follows one must not be led to someone else's.
        var deleted: [ShortCode: Int] = [:]
    }

    private let stripes = (0..<16).map { _ in Stripe() }
    private let state: Guarded<State>

    /// - Parameters:
    ///   - deleted: Codes of deleted links, with their owners by `User.key`.
    ///   - lastKey: The largest key a link ever had.
    ///   - clicks: A link's clicks so far, by its key: of links with a maximum the rest is left.
    init(
        _ entries: [Entry], deleted: [ShortCode: Int] = [:], lastKey: Int = 0, clicks: (Int) -> Int64 = { _ in 0 }
    ) {
        var tables: [[ShortCode: Entry]] = Array(repeating: [:], count: stripes.count)
        for place in tables.indices { tables[place].reserveCapacity(entries.count / stripes.count * 9 / 8) }
        var state = State(nextKey: lastKey + 1, deleted: deleted)
        for entry in entries {
            let link = entry.link
            let limited = link.maxClicks.map { most in
                Entry(link, budget: ClickBudget(most - Int(clicks(link.key))))
            }
            tables[Int(link.code.stripe)][link.code] = limited ?? entry
            state.nextKey = max(state.nextKey, link.key + 1)
            if link.isActive { state.active[link.ownerKey, default: 0] += 1 }
        }
        self.state = Guarded(state)
        for (stripe, table) in zip(stripes, tables) { stripe.entries.withLock { $0 = table } }
    }

    /// The link of a code, active or not.
    @inline(__always)
    func entry(_ code: ShortCode) -> Entry? {
        stripe(code).entries.withLock { $0[code] }
    }

    /// Promises `code` to one caller until `confirm` or `release`, and gives the link its key; nil when it is taken.
    ///
    /// - Parameter owner: `User.key`.
    func reserve(_ code: ShortCode, for owner: Int) -> Int? {
        state.withLock { state in
            guard entry(code) == nil, state.deleted[code] ?? owner == owner, state.reserved.insert(code).inserted else {
                return nil
            }
            defer { state.nextKey += 1 }
            return state.nextKey
        }
    }

    /// The store has the link: from now on its code redirects.
    func confirm(_ link: Link) {
        let entry = Entry(link, budget: link.maxClicks.map { ClickBudget($0) })
        stripe(link.code).entries.withLock { $0[link.code] = entry }
        state.withLock { state in
            state.reserved.remove(link.code)
            state.deleted[link.code] = nil
            if link.isActive { state.active[link.ownerKey, default: 0] += 1 }
        }
    }

    /// The store refused the link: its code is free again.
    func release(_ code: ShortCode) {
        state.withLock { _ = $0.reserved.remove(code) }
    }

    /// Whether this user may make a link with this code.
    func isFree(_ code: ShortCode, for owner: Int) -> Bool {
        state.withLock { state in
            entry(code) == nil && !state.reserved.contains(code) && state.deleted[code] ?? owner == owner
        }
    }

    /// Changes a link; from now on its code redirects as the answer says. Nil when it is gone.
    ///
    /// - Parameter clicks: The link's clicks so far, for one that gets a maximum.
    func change(_ code: ShortCode, clicks: Int64, _ body: (inout Link) -> Void) -> Link? {
        let change = stripe(code).entries.withLock { entries -> (old: Link, new: Link)? in
            guard let entry = entries[code] else { return nil }
            var link = entry.link
            body(&link)
            link.revision += 1
            entries[code] = Entry(link, budget: Self.budget(of: link, after: entry, clicks: clicks))
            return (entry.link, link)
        }
        guard let change else { return nil }
        let difference = (change.new.isActive ? 1 : 0) - (change.old.isActive ? 1 : 0)
        if difference != 0 { state.withLock { $0.active[change.new.ownerKey, default: 0] += difference } }
        return change.new
    }

    /// Clicks under way are counted by the budget there is; only a link without one has to ask how many it had.
    private static func budget(of link: Link, after entry: Entry, clicks: Int64) -> ClickBudget? {
        guard let most = link.maxClicks else { return nil }
        guard let budget = entry.budget, let before = entry.link.maxClicks else {
            return ClickBudget(most - Int(clicks))
        }
        budget.add(most - before)
        return budget
    }

    /// The store has deleted the link: its code is unknown from now on.
    func remove(_ link: Link) {
        let removed = stripe(link.code).entries.withLock { entries -> Link? in
            guard entries[link.code]?.link.key == link.key else { return nil }
            return entries.removeValue(forKey: link.code)?.link
        }
        guard let removed else { return }
        state.withLock { state in
            state.deleted[removed.code] = removed.ownerKey
            if removed.isActive { state.active[removed.ownerKey, default: 0] -= 1 }
        }
    }

    var count: Int { stripes.reduce(0) { $0 + $1.entries.withLock(\.count) } }

    /// The active links of one owner, by `User.key`.
    func activeCount(ownedBy key: Int) -> Int { state.withLock { $0.active[key] ?? 0 } }

    @inline(__always)
    private func stripe(_ code: ShortCode) -> Stripe {
        stripes[Int(code.stripe)]
    }
}
