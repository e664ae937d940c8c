/// Which events are due, when, and of which feed. Times are nanoseconds of the monotonic clock.
struct LoadAgenda {
    private var pacer: Pacer?
    private var start: Int64 = 0
    /// Of the schedule.
    private var next: Int64?
    /// Events besides, at a steady rate, for one feed.
    private var filler: (feed: Int, interval: Int64, next: Int64)?
    /// Whose link is clicked in each block; empty where there is one feed.
    private var sides: [Int] = []

    /// A schedule begins, and what there was ends.
    mutating func begin(_ pacer: Pacer, sides: [Int] = [], at now: Int64) {
        (self.pacer, self.sides, start, filler) = (pacer, sides, now, nil)
        advance()
    }

    /// - Parameter rate: A second; 0 for no more.
    mutating func fill(feed: Int, rate: Double, from now: Int64) {
        filler = rate > 0 ? (feed, Int64(1e9 / rate), now) : nil
    }

    mutating func end() { self = LoadAgenda() }

    /// The schedule has events left.
    var hasMore: Bool { next != nil }

    /// When the next event is due; `.max` when there is none.
    var wake: Int64 { min(next ?? .max, filler?.next ?? .max) }

    /// The next event that is due by now; nil when there is none.
    mutating func take(until now: Int64) -> (feed: Int, due: Int64)? {
        if let due = next, due <= now {
            advance()
            return (side(of: due), due)
        }
        guard let filling = filler, filling.next <= now else { return nil }
        filler?.next += filling.interval
        return (filling.feed, filling.next)
    }

    private mutating func advance() { next = pacer?.next().map { start + $0 } }

    private func side(of due: Int64) -> Int {
        guard !sides.isEmpty else { return 0 }
        return sides[min(Int((due - start) / Scoreboard.blockLength), sides.count - 1)]
    }

    /// Which side each block belongs to: by the toss of a coin; where the stalled clients come late, to before or after, with
    /// a fifth between the two that belongs to neither, in which they fill up.
    static func sides(blocks count: Int, seed: UInt64, isBeforeAndAfter: Bool) -> [Int] {
        if isBeforeAndAfter {
            return (0..<count).map { $0 < count * 2 / 5 ? 0 : $0 < count * 3 / 5 ? Scoreboard.Block.neither : 1 }
        }
        var coin = SeededGenerator(state: seed)
        return (0..<count).map { _ in Int(coin.next() & 1) }
    }
}
