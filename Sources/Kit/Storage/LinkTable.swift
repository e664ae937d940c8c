import Synchronization

/// All links, in memory: an unknown code is known to be unknown without asking the store.
///
/// Measured (docs/performance.md): about 490 bytes a link with a 60-byte destination. Sixteen stripes, a lock each, held
/// for a dictionary access.
final class LinkTable: Sendable {
    /// A link as a redirect needs it; immutable, replaced when the link changes.
    final class Entry: Sendable {
        let link: Link

        init(_ link: Link) { self.link = link }
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
    }

    private let stripes = (0..<16).map { _ in Stripe() }
    private let state: Guarded<State>

    init(_ entries: [Entry]) {
        var tables: [[ShortCode: Entry]] = Array(repeating: [:], count: stripes.count)
        for place in tables.indices { tables[place].reserveCapacity(entries.count / stripes.count * 9 / 8) }
        var state = State(nextKey: 1)
        for entry in entries {
            let link = entry.link
            tables[Int(link.code.stripe)][link.code] = entry
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
    func reserve(_ code: ShortCode) -> Int? {
        state.withLock { state in
            guard entry(code) == nil, state.reserved.insert(code).inserted else { return nil }
            defer { state.nextKey += 1 }
            return state.nextKey
        }
    }

    /// The store has the link: from now on its code redirects.
    func confirm(_ link: Link) {
        let entry = Entry(link)
        stripe(link.code).entries.withLock { $0[link.code] = entry }
        state.withLock { state in
            state.reserved.remove(link.code)
            if link.isActive { state.active[link.ownerKey, default: 0] += 1 }
        }
    }

    /// The store refused the link: its code is free again.
    func release(_ code: ShortCode) {
        state.withLock { _ = $0.reserved.remove(code) }
    }

    var count: Int { stripes.reduce(0) { $0 + $1.entries.withLock(\.count) } }

    /// The active links of one owner, by `User.key`.
    func activeCount(ownedBy key: Int) -> Int { state.withLock { $0.active[key] ?? 0 } }

    @inline(__always)
    private func stripe(_ code: ShortCode) -> Stripe {
        stripes[Int(code.stripe)]
    }
}
