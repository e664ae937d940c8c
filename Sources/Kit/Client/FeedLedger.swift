/// Recounts a feed from the client's side: each number of a room came as an event, was named in a notice, or is unexplained.
///
/// Bounded: one position a room, and the last hundred holes it was told of.
public struct FeedLedger: Sendable, Equatable {
    private static let maximumHoles = 100

    /// Events that came in their place.
    public private(set) var received = 0
    /// Events that had come before: never, unless the server is wrong.
    public private(set) var repeated = 0
    /// Numbers that are simply not there: never, unless the server is wrong.
    public private(set) var unexplained = 0
    /// Numbers named in gap notices.
    public private(set) var announced = 0
    /// What it was told the log lacks: the last hundred, and how many there were.
    public private(set) var holes: [Hole] = []
    public private(set) var holeCount = 0
    private var last: [Room: Position] = [:]
    /// Rooms whose position the server did not know: what lies between that and the next is not its to explain.
    private var adrift: Set<Room> = []

    public init() {}

    /// Up to where a room is accounted for; nil before anything is known of it.
    public func position(of room: Room) -> Position? { last[room] }

    /// Where each room goes on, as `since` takes it: behind what is accounted for, or `start` where nothing is known yet.
    /// Without rooms there is one, whatever its name. Nil when nothing is known and nothing was asked for.
    func starts(of rooms: [Room], otherwise start: String?) -> String? {
        guard !rooms.isEmpty else { return last.first?.value.description ?? start }
        let starts = rooms.compactMap { last[$0]?.description ?? start }
        return starts.count == rooms.count ? starts.joined(separator: ",") : nil
    }

    /// Nothing is known of any room.
    var isEmpty: Bool { last.isEmpty }

    /// The server owes this room's events behind `position`.
    public mutating func begin(_ room: Room, at position: Position) { last[room] = position }

    public mutating func note(_ event: FeedEvent) {
        switch event {
        case .click(_, let place?):
            guard last[place.room].map({ place.position > $0 }) ?? true else {
                repeated += 1
                return
            }
            received += 1
            advance(place.room, over: place.position.number...place.position.number, of: place.position.epoch)
        case .gap(let gap):
            announced += gap.count
            advance(gap.room, over: gap.numbers, of: gap.epoch)
        case .hole(let room, let hole):
            holeCount += 1
            if holes.count == Self.maximumHoles { holes.removeFirst() }
            holes.append(hole)
            if hole.reason == .unknown { adrift.insert(room) }
            if let to = hole.to { advance(room, over: hole.from...to, of: hole.epoch) }
        case .recovered(let recovery): reach(recovery.to, in: recovery.room)
        case .position(let place): reach(place.position, in: place.room)
        case .click(_, nil), .restarting, .said, .refused: break
        }
    }

    /// These numbers are accounted for; what lies between them and the last is not.
    private mutating func advance(_ room: Room, over numbers: ClosedRange<Int64>, of epoch: Int32) {
        // Another epoch's numbers go on from what was durable: at most one behind what was seen.
        if let last = last[room], numbers.lowerBound > last.number + 1 {
            unexplained += Int(numbers.lowerBound - last.number - 1)
        }
        last[room] = Position(epoch: epoch, number: numbers.upperBound)
    }

    /// The server says that everything up to here has been sent or named.
    private mutating func reach(_ position: Position, in room: Room) {
        let isAdrift = adrift.remove(room) != nil
        if let last = last[room], position.number > last.number, !isAdrift {
            unexplained += Int(position.number - last.number)
        }
        last[room] = position
    }
}
