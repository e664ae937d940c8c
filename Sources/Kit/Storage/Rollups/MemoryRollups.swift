/// Rollups in memory, for `MemoryStore`.
struct MemoryRollups {
    private struct Place: Hashable {
        let feed: Feed
        let span: RollupSpan
        let bucket: Int32
    }

    private var places: [Place: [RollupFact: Int]] = [:]
    private var visits: Set<RollupDelta.Visit> = []

    mutating func add(_ clicks: [Click], names: Referrers?) {
        var delta = RollupDelta(clicks, names: names)
        for (visit, hour) in delta.visits where visits.insert(visit).inserted { delta.count(visit, firstIn: hour) }
        for (key, count) in delta.counters {
            places[Place(feed: key.feed, span: key.span, bucket: key.bucket), default: [:]][key.fact, default: 0] +=
                count
        }
    }

    func read(_ feed: Feed, into statistics: inout Statistics) {
        for bucket in statistics.buckets {
            let place = Place(feed: feed, span: statistics.range.span, bucket: bucket)
            for (fact, count) in places[place] ?? [:] { statistics.add(fact, count, in: bucket) }
        }
    }
}
