/// What waits for the log, in order: clicks, and between them the holes of clicks that could not wait.
struct Segment: Sendable {
    var clicks: [Click] = []
    /// Numbers lost behind `clicks` and before the next segment's.
    var holes: [FeedHole] = []
}

/// A hole and whose it is.
struct FeedHole: Sendable, Equatable {
    let feed: Feed
    let hole: Hole
}

/// Numbered clicks in the order of their numbers, until they are durable.
///
/// Bounded: at `capacity` clicks every further one is lost to the log, until half of them are durable; so a slow disk costs
/// one range of numbers per feed and not every second click. What was lost stands in its place in the order, as a hole.
struct Backlog {
    private static let segmentSize = 1_024

    private let capacity: Int
    private let epoch: Int32
    private var segments: [Segment] = []
    /// Segments the recorder is writing; they are the first and do not change any more.
    private var handedOut = 0
    private(set) var count = 0
    /// Clicks not handed out.
    private(set) var waiting = 0
    /// What this loss has cost each feed so far; nil while nothing is lost. No larger than the table of heads.
    private var losing: [Feed: ClosedRange<Int64>]?

    init(capacity: Int, epoch: Int32) {
        self.capacity = capacity
        self.epoch = epoch
    }

    var isLosing: Bool { losing != nil }
    var oldest: Timestamp? { segments.first?.clicks.first?.at }
    var isEmpty: Bool { segments.isEmpty }

    /// False when the clicks were lost.
    mutating func append(_ clicks: [Click]) -> Bool {
        let fits = count + clicks.count <= capacity
        if fits, count <= capacity / 2 { endLoss() }
        guard fits, losing == nil else {
            for click in clicks { lose(click) }
            return false
        }
        count += clicks.count
        waiting += clicks.count
        if segments.count > handedOut, let last = segments.last, last.holes.isEmpty,
            last.clicks.count + clicks.count <= Self.segmentSize
        {
            segments[segments.count - 1].clicks.append(contentsOf: clicks)
        } else {
            segments.append(Segment(clicks: clicks))
        }
        return true
    }

    private mutating func lose(_ click: Click) {
        if losing == nil { losing = [:] }
        lose(click.ownerNumber, of: .owner(click.ownerKey))
        lose(click.linkNumber, of: .link(click.link))
    }

    private mutating func lose(_ number: Int64, of feed: Feed) {
        let first = losing?[feed]?.lowerBound ?? number
        losing?[feed] = first...number
    }

    /// The loss is over: it takes its place behind what was queued before it.
    private mutating func endLoss() {
        let lost = exchange(&losing, with: nil) ?? [:]
        guard !lost.isEmpty else { return }
        segments.append(Segment(holes: lost.map { FeedHole(feed: $0.key, hole: hole($0.value)) }))
    }

    private func hole(_ numbers: ClosedRange<Int64>) -> Hole {
        Hole(epoch: epoch, from: numbers.lowerBound, to: numbers.upperBound, reason: .overflow)
    }

    /// Everything not handed out yet; `logged` gives it back.
    mutating func take(isLast: Bool) -> [Segment] {
        // When nothing follows, a loss still under way has reached its end. And once everything else is written it has too.
        if isLast || segments.isEmpty { endLoss() }
        let taken = Array(segments[handedOut...])
        handedOut = segments.count
        waiting = 0
        return taken
    }

    /// The oldest `segments` handed out are durable.
    mutating func logged(_ segments: [Segment]) {
        self.segments.removeFirst(segments.count)
        handedOut -= segments.count
        count -= segments.reduce(0) { $0 + $1.clicks.count }
    }

    func tail(of feed: Feed, head: Int64, start: Int64, isNewEpoch: Bool) -> Tail {
        Tail(
            feed: feed, head: Position(epoch: epoch, number: head), start: start, base: isNewEpoch ? start : nil,
            segments: segments, losing: losing?[feed].map(hole))
    }
}
