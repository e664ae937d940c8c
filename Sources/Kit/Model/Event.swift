/// Something that happened, in domain terms.
///
/// A publication is an event addressed to its rooms; the rooms follow from the event.
public enum Event: Sendable, Equatable {
    case click(Click)

    /// Calls `body` for each room this event is addressed to, the owner's first.
    @inline(__always)
    func forEachRoom(_ body: (Room) -> Void) {
        switch self {
        case .click(let click):
            body(.user(click.owner))
            body(.link(click.code))
        }
    }

    /// Its number in the feed that `room` hears; 0 for an event without one.
    @inline(__always)
    func number(in room: Room) -> Int64 {
        switch self {
        case .click(let click): click.number(in: room)
        }
    }

    /// When it happened.
    @inline(__always)
    var at: Timestamp {
        switch self {
        case .click(let click): click.at
        }
    }
}
