import Synchronization

/// A store that lives as long as its object: for tests and for trying things out.
final class MemoryStore: Store {
    private struct State {
        var contents: StoreContents?
        var isOpen = false
        /// Of each feed, in order.
        var clicks: [Feed: [Click]] = [:]
        var holes: [Feed: [Hole]] = [:]
    }
    private let state = Guarded(State())

    func open(now: Timestamp) throws(KitError) -> StoreContents {
        state.withLock { state in
            var contents =
                state.contents
                ?? StoreContents(
                    directory: .first(now: now), links: [],
                    heads: .init(epoch: 1, owners: [], links: []))
            contents.heads.isNew = state.isOpen || state.contents == nil
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
            for click in group.clicks {
                contents.heads.raise(by: click)
                state.clicks[.owner(click.ownerKey), default: []].append(click)
                state.clicks[.link(click.link), default: []].append(click)
            }
            for each in group.holes {
                contents.heads.raise(each.feed, to: each.hole.to ?? 0)
                state.holes[each.feed, default: []].append(each.hole)
            }
            contents.holes += group.holes.count
            state.contents = contents
            return answers
        }
    }

    func page(of feed: Feed, after position: Position, limit: Int) throws(KitError) -> LogPage {
        state.withLock { state in
            let clicks = state.clicks[feed, default: []]
            let first = clicks.partitioningIndex { $0.position(in: feed) > position }
            var page = LogPage(clicks: Array(clicks[first...].prefix(limit)))
            page.isFull = clicks.count - first > limit
            page.holes = state.holes[feed, default: []].filter { hole in
                Position(epoch: hole.epoch, number: hole.to ?? .max) > position
                    && (!page.isFull
                        || Position(epoch: hole.epoch, number: hole.from) < page.clicks.last!.position(in: feed))
            }
            return page
        }
    }

    func position(in feed: Feed, at time: Timestamp) throws(KitError) -> Position? {
        state.withLock { state in
            let clicks = state.clicks[feed, default: []]
            let first = clicks.partitioningIndex { $0.at >= time }
            return first < clicks.count ? clicks[first].positionBefore(in: feed) : nil
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
            guard !links.contains(where: { $0.link.code == link.code }) else {
                return .failure(KitError(.conflict, "this code is taken"))
            }
            links.append(LinkTable.Entry(link))
        case .key(let key):
            directory.keys.removeAll { $0.id == key.id }
            directory.keys.append(key)
        }
        return .success(())
    }
}

extension [Click] {
    /// The first index whose click satisfies `isBehind`, which holds for every later one too.
    fileprivate func partitioningIndex(_ isBehind: (Click) -> Bool) -> Int {
        var range = 0..<count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = isBehind(self[middle]) ? range.lowerBound..<middle : (middle + 1)..<range.upperBound
        }
        return range.lowerBound
    }
}
