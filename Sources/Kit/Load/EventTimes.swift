/// When the events of one feed were due and sent, and when the first and the last client had them, by their number.
///
/// Bounded: a ring. What arrives after its place was given away has no latency, and is counted as `forgotten`.
struct EventTimes {
    struct Entry {
        var number: Int64 = 0
        /// Nanoseconds of the monotonic clock.
        var due: Int64 = 0
        var sent: Int64 = 0
        /// At the first and the last client that was looked at; 0 before there was one.
        var first: Int64 = 0
        var last: Int64 = 0

        fileprivate var spread: (due: Int64, spread: Int64)? { first > 0 ? (due, last - first) : nil }
    }

    private var ring: [Entry]
    private let mask: Int64
    private(set) var forgotten = 0

    /// - Parameter capacity: Rounded up to a power of two.
    init(capacity: Int) {
        let size = 1 << (Int.bitWidth - max(capacity - 1, 1).leadingZeroBitCount)
        ring = Array(repeating: Entry(), count: size)
        mask = Int64(size - 1)
    }

    /// - Returns: when the event that gave its place was due, and how far the last client was behind the first with it; nil when nobody had it.
    @inline(__always)
    mutating func set(_ number: Int64, due: Int64, sent: Int64) -> (due: Int64, spread: Int64)? {
        let place = Int(number & mask)
        let old = ring[place]
        ring[place] = Entry(number: number, due: due, sent: sent)
        return old.spread
    }

    /// An event arrived somewhere; nil when its times are not known.
    @inline(__always)
    mutating func see(_ number: Int64, at now: Int64, isCounted: Bool) -> Entry? {
        let place = Int(number & mask)
        guard ring[place].number == number else {
            if ring[place].number > number { forgotten += 1 }
            return nil
        }
        if isCounted {
            if ring[place].first == 0 { ring[place].first = now }
            ring[place].last = now
        }
        return ring[place]
    }

    func due(_ number: Int64) -> Int64? {
        let entry = ring[Int(number & mask)]
        return entry.number == number ? entry.due : nil
    }

    /// What `set` has not told yet.
    func forEachSpread(_ body: (_ due: Int64, _ spread: Int64) -> Void) {
        for entry in ring { if let (due, spread) = entry.spread { body(due, spread) } }
    }
}
