/// The newest part of one feed, seen at one moment: what is numbered and not yet durable.
struct Tail: Sendable {
    let feed: Feed
    /// Last number given.
    let head: Position
    /// Last number of the epochs before this one: where this epoch's numbers began.
    let start: Int64
    /// Shared with the sequencer; of all feeds.
    let segments: [Segment]
    /// Numbers being lost at this moment.
    let losing: Hole?

    /// The feed's clicks behind `number`, in order. Looks at no more of the tail than it must.
    func clicks(after number: Int64) -> [Click] {
        guard number < head.number else { return [] }
        var found: [Click] = []
        search: for segment in segments.reversed() {
            for click in segment.clicks.reversed() where click.belongs(to: feed) {
                guard click.number(in: feed) > number else { break search }
                found.append(click)
            }
        }
        return found.reversed()
    }

    /// The feed's holes that reach behind `number`, in order.
    func holes(after number: Int64) -> [Hole] {
        var found: [Hole] = []
        for segment in segments where !segment.holes.isEmpty {
            for each in segment.holes where each.feed == feed { found.append(each.hole) }
        }
        if let losing { found.append(losing) }
        return found.filter { $0.to ?? .max > number }
    }
}
