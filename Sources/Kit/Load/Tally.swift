/// What one client was owed, number by number, and what became of each.
///
/// Exact as long as no more than a thousand separate stretches are missing at once; past that the oldest stay missing.
struct Tally {
    private static let maximumStretches = 1_000

    /// Where owing begins: the number before the first that is owed. Nil before the server has said.
    private(set) var start: Position?
    /// Up to where everything has come, was named, or is in `missing`.
    private(set) var last = Position.start
    private(set) var first: Int64?
    private(set) var received = 0
    private(set) var named = 0
    private(set) var inHoles = 0
    /// Left by connections that could not be resumed.
    private(set) var inDoubt = 0
    private(set) var duplicates = 0
    private(set) var orderViolations = 0
    /// Notices that name what had come already.
    private(set) var falselyNamed = 0
    /// Passed over and neither received nor named so far.
    private var missing: [ClosedRange<Int64>] = []
    /// The connection before was lost and could not be resumed: what lies between its last event and the next is in doubt.
    private var isBlind = false
    /// Its position was unknown to the server: what lies between that and the next is not the server's to explain.
    private var isAdrift = false

    /// Numbers that are simply not there.
    var unexplained: Int { missing.reduce(0) { $0 + $1.count } }
    /// Every number from the start on.
    var owed: Int { received + named + inHoles + inDoubt + unexplained }

    /// The server owes what follows `position`.
    mutating func begin(at position: Position) {
        guard start == nil else { return }
        (start, last) = (position, position)
    }

    /// An event came. True when it is the first time.
    @inline(__always)
    mutating func receive(_ epoch: Int32, _ number: Int64) -> Bool {
        if number == last.number + 1, epoch == last.epoch {
            last = Position(epoch: epoch, number: number)
            received += 1
            isBlind = false
            if first == nil { first = number }
            return true
        }
        return receiveOutOfTurn(epoch, number)
    }

    private mutating func receiveOutOfTurn(_ epoch: Int32, _ number: Int64) -> Bool {
        if start == nil { begin(at: Position(epoch: epoch, number: number - 1)) }
        if isBlind, number > last.number {
            isBlind = false
            inDoubt += Int(number - last.number - 1)
            last = Position(epoch: epoch, number: number)
            received += 1
            return true
        }
        guard epoch == last.epoch else {
            // Another epoch's numbers go on from what was durable: at most one behind what was seen.
            pass(to: number - 1)
            last = Position(epoch: epoch, number: number)
            received += 1
            return true
        }
        guard number <= last.number else {
            pass(to: number - 1)
            last = Position(epoch: epoch, number: number)
            received += 1
            if first == nil { first = number }
            return true
        }
        guard remove(number...number) == 1 else {
            duplicates += 1
            return false
        }
        orderViolations += 1
        received += 1
        return true
    }

    /// These will not come by themselves, says the server.
    mutating func name(_ epoch: Int32, _ numbers: ClosedRange<Int64>) {
        let explained = explain(epoch, numbers)
        named += explained
        falselyNamed += numbers.count - explained
    }

    /// An event of this number is there, and what lies before it is worth nothing any more: named, as far as it has not come.
    ///
    /// - Returns: how many.
    mutating func supersede(before number: Int64) -> Int {
        guard start != nil, !isBlind, number > last.number + 1 else { return 0 }
        let explained = explain(last.epoch, last.number + 1...number - 1)
        named += explained
        return explained
    }

    /// There were so many when a connection began: of totals that says all that was missed before it.
    mutating func begin(atTotal number: Int64, epoch: Int32) {
        begin(at: Position(epoch: epoch, number: number))
        isBlind = false
        guard number > last.number else { return }
        named += explain(last.epoch, last.number + 1...number)
    }

    /// The log lacks these.
    mutating func hole(_ hole: Hole) {
        if hole.reason == .unknown { isAdrift = true }
        // An epoch that ended early takes back what it gave out after that: its numbers are given anew.
        guard let to = hole.to, to >= hole.from else { return }
        inHoles += explain(hole.epoch, hole.from...to)
    }

    /// Everything up to here has been sent or named.
    mutating func reach(_ position: Position) {
        if start == nil { begin(at: position) }
        if isAdrift {
            isAdrift = false
            inDoubt += Int(max(0, position.number - last.number))
        } else {
            // Never back: what was there already would come again and count as new.
            guard position > last || position.epoch > last.epoch else { return }
            pass(to: position.number)
        }
        last = position
    }

    /// This number was never an event: nobody owes it.
    mutating func excuse(_ number: Int64) { _ = remove(number...number) }

    /// The connection was lost and another one made, which says nothing about what came in between.
    mutating func resumeBlindly() { isBlind = true }

    /// This is the last number; what has not come of it was lost with a connection, or is missing.
    mutating func end(at position: Position) {
        guard isBlind, position.number > last.number else { return }
        inDoubt += Int(position.number - last.number)
        last = position
    }

    /// Numbers up to here are owed, and those that have not come are missing.
    private mutating func pass(to number: Int64) {
        guard number > last.number else { return }
        missing.append(last.number + 1...number)
        if missing.count > Self.maximumStretches {
            // Counts stay true; only which ones they were is forgotten.
            let merged =
                missing[0].lowerBound...(missing[0].lowerBound + Int64(missing[0].count + missing[1].count) - 1)
            missing.replaceSubrange(0..<2, with: [merged])
        }
        last = Position(epoch: last.epoch, number: number)
    }

    /// - Returns: how many of them had neither come nor been explained.
    private mutating func explain(_ epoch: Int32, _ numbers: ClosedRange<Int64>) -> Int {
        if start == nil { begin(at: Position(epoch: epoch, number: numbers.lowerBound - 1)) }
        pass(to: numbers.lowerBound - 1)
        var explained = remove(numbers)
        if numbers.upperBound > last.number {
            explained += Int(numbers.upperBound - max(last.number, numbers.lowerBound - 1))
            last = Position(epoch: epoch, number: numbers.upperBound)
        } else if epoch > last.epoch {
            last = Position(epoch: epoch, number: last.number)
        }
        return explained
    }

    /// Takes these out of what is missing; how many there were.
    private mutating func remove(_ numbers: ClosedRange<Int64>) -> Int {
        guard !missing.isEmpty else { return 0 }
        var removed = 0
        var left: [ClosedRange<Int64>] = []
        for stretch in missing {
            guard stretch.overlaps(numbers) else {
                left.append(stretch)
                continue
            }
            removed += stretch.clamped(to: numbers).count
            if stretch.lowerBound < numbers.lowerBound { left.append(stretch.lowerBound...numbers.lowerBound - 1) }
            if stretch.upperBound > numbers.upperBound { left.append(numbers.upperBound + 1...stretch.upperBound) }
        }
        missing = left
        return removed
    }
}
