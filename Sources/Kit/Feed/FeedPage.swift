/// A stretch of a feed, read from the log joined with its unflushed tail.
struct FeedPage: Sendable, Equatable {
    /// In the order of their positions.
    var clicks: [Click] = []
    /// What lies between them and is not there.
    var holes: [Hole] = []
    /// Everything up to here is in this page or before it.
    var end: Position
    /// Whether there was nothing behind it when it was read.
    var isAtHead: Bool
}

extension FeedPage {
    /// Joins what was durable with what was not.
    ///
    /// - Parameters:
    ///   - tail: Seen before `log` was read: what became durable in between is in both.
    ///   - limit: Clicks in a page.
    init(after position: Position, log: LogPage, tail: Tail, limit: Int) {
        self.init(end: position, isAtHead: false)
        guard position <= tail.head else {
            holes = [Hole(epoch: position.epoch, from: position.number + 1, to: nil, reason: .unknown)]
            (end, isAtHead) = (tail.head, true)
            return
        }
        // Behind a number that lies before this epoch's first is behind the one right before it.
        if end.epoch == tail.head.epoch, let base = tail.base {
            end = Position(epoch: end.epoch, number: max(end.number, base))
        }
        join(log.clicks, log.holes, tail)
        guard !log.isFull else { return }
        // The tail is this epoch's; a position in an older one has seen none of it.
        let seen = end.epoch == tail.head.epoch ? end.number : tail.start
        let room = max(limit - clicks.count, 0)
        let rest = tail.clicks(after: seen, limit: room == .max ? room : room + 1)
        let last = rest.count > room ? rest.prefix(room).last?.number(in: tail.feed) ?? seen : nil
        let nearHoles = tail.holes(after: seen).filter { last == nil || $0.from <= last! }
        join(Array(rest.prefix(room)), nearHoles, tail)
        guard last == nil else { return }
        cross(to: tail.head.epoch, before: tail.head.number + 1)
        miss(through: tail.head.number)
        // What was numbered and became durable after the tail was seen may lie behind its head.
        (end, isAtHead) = (max(end, tail.head), true)
    }

    private mutating func join(_ clicks: [Click], _ holes: [Hole], _ tail: Tail) {
        var holes = holes[...]
        for click in clicks {
            let position = click.position(in: tail.feed)
            while let hole = holes.first, Position(epoch: hole.epoch, number: hole.from) < position {
                holes.removeFirst()
                add(hole)
            }
            guard position > end else { continue }
            cross(to: position.epoch, before: position.number)
            if position.epoch == tail.head.epoch || isFounded { miss(through: position.number - 1) }
            self.clicks.append(click)
            end = position
        }
        for hole in holes { add(hole) }
    }

    /// Whether `end` is a number this page knows. In an older epoch the asker may have made it up, below that epoch's first:
    /// then only what follows the first click must be without a gap.
    private var isFounded: Bool { !clicks.isEmpty || !holes.isEmpty }

    private mutating func add(_ hole: Hole) {
        guard let to = hole.to, Position(epoch: hole.epoch, number: to) > end else { return }
        cross(to: hole.epoch, before: hole.from)
        let from = hole.epoch == end.epoch ? max(hole.from, end.number + 1) : hole.from
        miss(through: from - 1)
        append(Hole(epoch: hole.epoch, from: from, to: to, reason: hole.reason))
        end = Position(epoch: hole.epoch, number: to)
    }

    /// Every epoch that has another behind it was cut short: its end is where the next one's numbers begin.
    private mutating func cross(to epoch: Int32, before first: Int64) {
        if end.epoch > 0, end.epoch < epoch, isFounded { miss(through: first - 1) }
        while end.epoch < epoch {
            if end.epoch > 0 { holes.append(Hole(epoch: end.epoch, from: first, to: nil, reason: .crash)) }
            end = Position(epoch: end.epoch + 1, number: first - 1)
        }
    }

    /// Numbers that should be here and are not, for a reason nobody recorded.
    private mutating func miss(through number: Int64) {
        guard end.number < number else { return }
        append(Hole(epoch: end.epoch, from: end.number + 1, to: number, reason: .missing))
        end = Position(epoch: end.epoch, number: number)
    }

    /// Holes that touch are one.
    private mutating func append(_ hole: Hole) {
        if let last = holes.last, last.epoch == hole.epoch, last.reason == hole.reason, last.to == hole.from - 1 {
            holes[holes.count - 1] = Hole(epoch: last.epoch, from: last.from, to: hole.to, reason: last.reason)
        } else {
            holes.append(hole)
        }
    }
}
