/// What a group of clicks adds to the rollups: both stores count by this.
///
/// Clicks that are alike are counted once, by their number: a busy link's group comes to a few dozen counters.
struct RollupDelta {
    struct Key: Hashable {
        let feed: Feed
        let span: RollupSpan
        let bucket: Int32
        let fact: RollupFact
    }

    /// Someone who clicked.
    struct Visit: Hashable {
        let feed: Feed
        let day: Int32
        let visitor: UInt64
    }

    private(set) var counters: [Key: Int] = [:]
    /// Who clicked, and in which hour first. Whether they are new today the store knows, and says with `count`.
    private(set) var visits: [Visit: Int32] = [:]

    /// - Parameter names: Domains by the numbers clicks carry; nil when nobody numbered any.
    init(_ clicks: [Click], names: Referrers?) {
        var shapes: [Shape: Int] = [:]
        var current: (shape: Shape, count: Int)?
        var last: Visitor?
        for click in clicks {
            let shape = Shape(click)
            if current?.shape == shape {
                current?.count += 1
            } else {
                if let current { shapes[current.shape, default: 0] += current.count }
                current = (shape, 1)
            }
            guard click.visitor != 0, !click.details.isBot else { continue }
            let visitor = Visitor(owner: click.ownerKey, link: click.link, hour: shape.hour, hash: click.visitor)
            if visitor != last { note(visitor, at: click.at) }
            last = visitor
        }
        if let current { shapes[current.shape, default: 0] += current.count }
        for (shape, count) in shapes { add(shape, count, names) }
    }

    /// The store has not seen this visitor today.
    mutating func count(_ visit: Visit, firstIn hour: Int32) {
        counters[Key(feed: visit.feed, span: .hour, bucket: hour, fact: .visitor), default: 0] += 1
        counters[Key(feed: visit.feed, span: .day, bucket: visit.day, fact: .visitor), default: 0] += 1
    }

    /// All that rollups tell clicks apart by.
    private struct Shape: Hashable {
        let owner: Int32
        let link: Int32
        let hour: Int32
        let referrer: UInt32
        let details: ClickDetails

        init(_ click: Click) {
            (owner, link, referrer, details) = (click.ownerKey, click.link, click.referrer, click.details)
            hour = RollupSpan.hour.bucket(of: click.at)
        }
    }

    private struct Visitor: Equatable {
        let owner: Int32
        let link: Int32
        let hour: Int32
        let hash: UInt64
    }

    private mutating func note(_ visitor: Visitor, at time: Timestamp) {
        let day = RollupSpan.day.bucket(of: time)
        for feed in [Feed.owner(visitor.owner), .link(visitor.link)] {
            let visit = Visit(feed: feed, day: day, visitor: visitor.hash)
            visits[visit] = min(visits[visit] ?? visitor.hour, visitor.hour)
        }
    }

    private mutating func add(_ shape: Shape, _ count: Int, _ names: Referrers?) {
        let start = RollupSpan.hour.start(of: shape.hour)
        let day = RollupSpan.day.bucket(of: start)
        var facts = [RollupFact.agent(AgentClass(shape.details)), .country(shape.details.country)]
        if let domain = names?.name(shape.referrer, at: start) { facts.append(.referrer(domain)) }
        for feed in [Feed.owner(shape.owner), .link(shape.link)] {
            for fact in facts {
                counters[Key(feed: feed, span: .hour, bucket: shape.hour, fact: fact), default: 0] += count
                counters[Key(feed: feed, span: .day, bucket: day, fact: fact), default: 0] += count
            }
        }
    }
}
