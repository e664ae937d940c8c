import Synchronization

/// A store that lives as long as its object: for tests and for trying things out.
final class MemoryStore: Store {
    private struct State {
        var contents: StoreContents?
        var isOpen = false
        /// Of each feed, in order.
        var clicks: [Feed: [Click]] = [:]
        var holes: [Feed: [Hole]] = [:]
        /// Of each account, the oldest first.
        var notifications: [AccountID: [AccountNotification]] = [:]
        var rollups = MemoryRollups()
        /// Domains by the place of their click.
        var referrers: [Feed: [Position: String]] = [:]
    }
    private let state = Guarded(State())

    func open(now: Timestamp) throws(KitError) -> StoreContents {
        state.withLock { state in
            var contents =
                state.contents
                ?? StoreContents(
                    directory: .first(now: now), links: [],
                    heads: .init(epoch: 1, owners: [], links: []))
            contents.revocations.removeAll { revocation in revocation.until.map { $0 < now } ?? false }
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
            let answers = group.changes.map { change in contents.apply(change, &state.notifications) }
            for click in group.clicks {
                contents.heads.raise(by: click)
                state.clicks[.owner(click.ownerKey), default: []].append(click)
                state.clicks[.link(click.link), default: []].append(click)
                guard let domain = group.referrers?.name(click.referrer, at: click.at) else { continue }
                for feed in [Feed.owner(click.ownerKey), .link(click.link)] {
                    state.referrers[feed, default: [:]][click.position(in: feed)] = domain
                }
            }
            state.rollups.add(group.clicks, names: group.referrers)
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

    func statistics(of feed: Feed, _ range: StatisticsRange, now: Timestamp) throws(KitError) -> Statistics {
        state.withLock { state in
            let heads = state.contents?.heads
            let position = Position(epoch: heads?.epoch ?? 0, number: heads?.number(of: feed) ?? 0)
            var statistics = Statistics(range, now: now, position: position)
            state.rollups.read(feed, into: &statistics)
            return statistics
        }
    }

    func referrers(of feed: Feed, after first: Position, through last: Position) throws(KitError) -> [Position: String]
    {
        state.withLock { state in (state.referrers[feed] ?? [:]).filter { $0.key > first && $0.key <= last } }
    }

    func links(_ query: LinkQuery) throws(KitError) -> LinkPage {
        state.withLock { state in
            let found = (state.contents?.links ?? []).map(\.link).filter(query.matches).sorted { $0.key > $1.key }
            return LinkPage(codes: found.dropFirst(query.offset).prefix(query.limit).map(\.code), total: found.count)
        }
    }

    func code(of link: LinkID) throws(KitError) -> ShortCode? {
        state.withLock { $0.contents?.links.first { $0.link.id == link }?.link.code }
    }

    func notifications(of account: AccountID, from start: Int, limit: Int) throws(KitError) -> NotificationPage {
        state.withLock { state in
            let all = state.notifications[account, default: []]
            return NotificationPage(
                notifications: Array(all.reversed().dropFirst(start).prefix(limit)), total: all.count,
                unread: all.count { !$0.isRead })
        }
    }

    func close(now: Timestamp, isComplete: Bool) throws(KitError) {
        state.withLock { $0.isOpen = !isComplete }
    }
}

extension StoreContents {
    fileprivate mutating func apply(
        _ change: CommitGroup.Change, _ notifications: inout [AccountID: [AccountNotification]]
    ) -> Result<Void, KitError> {
        switch change {
        case .link(let link):
            guard !links.contains(where: { $0.link.code == link.code }) else {
                return .failure(KitError(.conflict, "this code is taken"))
            }
            links.append(LinkTable.Entry(link))
            lastLink = max(lastLink, link.key)
            deleted[link.code] = nil
        case .changed(let link):
            guard let place = links.firstIndex(where: { $0.link.key == link.key }) else { break }
            if links[place].link.revision < link.revision { links[place] = LinkTable.Entry(link) }
        case .deleted(let link, _):
            guard let place = links.firstIndex(where: { $0.link.key == link.key }) else { break }
            deleted[link.code] = links.remove(at: place).link.ownerKey
        case .account(let user, let password):
            if !directory.users.contains(where: { $0.key == user.key }) { directory.users.append(user) }
            directory.passwords[user.id] = password
        case .key(let key):
            directory.keys.removeAll { $0.id == key.id }
            directory.keys.append(key)
        case .revocation(let revocation):
            revocations.removeAll { $0.subject == revocation.subject }
            revocations.append(revocation)
        case .notification(let notification, let most):
            lastNotification = max(lastNotification, notification.id)
            var kept = notifications[notification.account, default: []] + [notification]
            while kept.count > most { kept.remove(at: kept.firstIndex(where: \.isRead) ?? 0) }
            notifications[notification.account] = kept
        case .read(let account, let id):
            let places = notifications[account, default: []].indices.filter { place in
                id == nil || notifications[account]?[place].id == id
            }
            guard id == nil || !places.isEmpty else { return .failure(.noNotification) }
            for place in places { notifications[account]?[place].isRead = true }
        case .dashboard(let tenant, let dashboard):
            dashboards.dashboards[tenant, default: []].removeAll { $0.id == dashboard.id }
            dashboards.dashboards[tenant, default: []].append(dashboard)
        case .metric(let tenant, let metric):
            dashboards.metrics[tenant, default: []].removeAll { $0.entity == metric.entity && $0.name == metric.name }
            dashboards.metrics[tenant, default: []].append(metric)
        }
        return .success(())
    }
}

extension LinkQuery {
    fileprivate func matches(_ link: Link) -> Bool {
        guard link.ownerKey == owner, isActive.map({ $0 == link.isActive }) ?? true,
            tag.map(link.tags.contains) ?? true, before.map({ link.key < $0 }) ?? true
        else { return false }
        guard let search else { return true }
        return [link.code.description, link.destination.description].contains { text in
            text.asciiLowercased.firstRange(of: search.asciiLowercased) != nil
        }
    }
}

extension String {
    /// As SQLite's `lower` does it.
    fileprivate var asciiLowercased: String {
        String(decoding: utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
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

extension KitError {
    /// Foreign ones are answered like absent ones: nobody learns which exist.
    static var noNotification: KitError { KitError(.notFound, "no notification of yours has this id") }
}
