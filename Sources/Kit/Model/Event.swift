/// Something that happened, in domain terms.
///
/// A publication is an event addressed to its rooms; the rooms follow from the event.
enum Event: Sendable {
    case click(Click)
    case publication(Publication)
    /// How many clicks there are on all links together, and when the last of them came.
    case total(Int64, Timestamp)

    /// Calls `body` for each room this event is addressed to, the owner's first.
    @inline(__always)
    func forEachRoom(_ body: (Room) -> Void) {
        switch self {
        case .click(let click):
            body(.user(click.owner))
            body(.link(click.code))
            // Every owner of links is a member of this server's own organization.
            body(.organization(.home))
        case .publication(let publication): body(publication.room)
        case .total: body(.totals)
        }
    }

    /// Its number in the feed that `room` hears; 0 for an event without one.
    @inline(__always)
    func number(in room: Room) -> Int64 {
        switch self {
        case .click(let click): click.number(in: room)
        case .publication, .total: 0
        }
    }

    /// When it happened.
    @inline(__always)
    var at: Timestamp {
        switch self {
        case .click(let click): click.at
        case .publication(let publication): publication.at
        case .total(_, let time): time
        }
    }

    /// What it gives a newer value of: a message of a metric makes those before it worthless. Nil for what is no metric.
    var metricName: String? {
        switch self {
        case .click, .total: Metric.clicks
        case .publication(let publication):
            if case .metric(let metric) = publication.kind { metric.name } else { nil }
        }
    }
}
