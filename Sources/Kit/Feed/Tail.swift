/// The newest part of one feed, seen at one moment: what is numbered and not yet durable.
struct Tail: Sendable {
    let feed: Feed
    /// Last number given.
    let head: Position
    /// Last number before this run of the server.
    let start: Int64
    /// Last number before this epoch; nil when it began in an earlier run.
    let base: Int64?
    /// Shared with the sequencer; of all feeds.
    let segments: [Segment]
    /// Numbers being lost at this moment.
    let losing: Hole?

    /// The feed's clicks behind `number`, in order, at most `limit`.
    func clicks(after number: Int64, limit: Int = .max) -> [Click] {
        guard number < head.number else { return [] }
        var found: [Click] = []
        for segment in segments[segment(before: number)...] {
            for click in segment.clicks where click.belongs(to: feed) && click.number(in: feed) > number {
                guard found.count < limit else { return found }
                found.append(click)
            }
        }
        return found
    }

    /// The first of the feed's clicks that was served at `time` or later.
    func firstClick(at time: Timestamp) -> Click? {
        for segment in segments {
            if let click = segment.clicks.first(where: { $0.belongs(to: feed) && $0.at >= time }) { return click }
        }
        return nil
    }

    /// A segment with nothing of the feed behind `number` before it: found by bisection, since a busy feed is in nearly every
    /// segment and a page must not cost a walk through all of them.
    private func segment(before number: Int64) -> Int {
        var found = 0
        var range = segments.indices
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            let next = range.suffix(from: middle).lazy.compactMap { index in
                segments[index].clicks.first { $0.belongs(to: feed) }.map { (index, $0.number(in: feed)) }
            }.first
            guard let next, next.1 <= number else {
                range = range.lowerBound..<middle
                continue
            }
            found = next.0
            range = next.0 + 1..<range.upperBound
        }
        return found
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
