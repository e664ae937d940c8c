import Synchronization

/// A store that lives as long as its object: for tests and for trying things out.
final class MemoryStore: Store {
    private struct State {
        var contents: StoreContents?
        var isOpen = false
        var clicks: [Click] = []
    }
    private let state = Mutex(State())

    func open(now: Timestamp) throws(KitError) -> StoreContents {
        state.withLock { state in
            var contents =
                state.contents
                ?? StoreContents(
                    directory: .first(now: now), links: [],
                    heads: .init(epoch: 1, owners: [], links: []))
            if state.isOpen { contents.heads.epoch += 1 }
            state.contents = contents
            state.isOpen = true
            return contents
        }
    }

    func commit(_ group: CommitGroup) throws(KitError) -> [Result<Void, KitError>] {
        state.withLock { state in
            guard var contents = state.contents else {
                return group.changes.map { _ in .failure(KitError(.unavailable, "the store is not open")) }
            }
            let answers = group.changes.map { change in contents.apply(change) }
            for click in group.clicks { contents.heads.raise(by: click) }
            state.clicks += group.clicks
            state.contents = contents
            return answers
        }
    }

    func close(now: Timestamp, isComplete: Bool) throws(KitError) {
        state.withLock { $0.isOpen = !isComplete }
    }
}

extension StoreContents {
    fileprivate mutating func apply(_ change: CommitGroup.Change) -> Result<Void, KitError> {
        switch change {
        case .link(let link):
            guard !links.contains(where: { $0.code == link.code }) else {
                return .failure(KitError(.conflict, "this code is taken"))
            }
            links.append(link)
        case .key(let key):
            directory.keys.removeAll { $0.id == key.id }
            directory.keys.append(key)
        }
        return .success(())
    }
}
