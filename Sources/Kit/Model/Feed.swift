/// The clicks of one owner or of one link, in order: what numbers count. A room is where they are heard.
enum Feed: Hashable, Sendable {
    /// `User.key`.
    case owner(Int32)
    /// `Link.key`.
    case link(Int32)
}

extension Click {
    /// This click's number in one of its two feeds.
    @inline(__always)
    func number(in feed: Feed) -> Int64 {
        switch feed {
        case .owner: ownerNumber
        case .link: linkNumber
        }
    }

    /// This click's number as it is heard in one of its two rooms.
    @inline(__always)
    func number(in room: Room) -> Int64 {
        switch room {
        case .user: ownerNumber
        case .link: linkNumber
        case .organization, .member, .accounts, .account, .totals, .entity, .dashboards: 0
        }
    }

    @inline(__always)
    func belongs(to feed: Feed) -> Bool {
        switch feed {
        case .owner(let key): ownerKey == key
        case .link(let key): link == key
        }
    }

    func position(in feed: Feed) -> Position { Position(epoch: epoch, number: number(in: feed)) }

    /// The position behind which this click comes next.
    func positionBefore(in feed: Feed) -> Position { Position(epoch: epoch, number: number(in: feed) - 1) }
}
