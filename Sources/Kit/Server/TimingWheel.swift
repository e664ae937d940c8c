import NIOCore

/// Something with a deadline, checked by its loop's wheel.
protocol Timed: AnyObject {
    /// Called when the deadline has come. Returns when to be called next; nil ends it.
    func deadlineReached(_ now: NIODeadline) -> NIODeadline?
}

/// Deadlines of one loop's connections: one timer a second for all of them, none per connection.
///
/// Late by up to one tick, a second unless said otherwise, never early. A deadline further away than the wheel goes round is looked at once a round.
/// An entry is dropped on its next visit once its connection has gone.
final class TimingWheel {
    let tick: TimeAmount
    private static let size = 64

    private struct Entry {
        weak var timed: (any Timed)?
        var due: NIODeadline
    }

    private var slots: [[Entry]] = Array(repeating: [], count: size)
    private var position = 0
    private var now: NIODeadline

    init(now: NIODeadline, tick: TimeAmount = .seconds(1)) { (self.now, self.tick) = (now, tick) }

    func add(_ timed: some Timed, due: NIODeadline) { insert(Entry(timed: timed, due: due)) }

    private func insert(_ entry: Entry) {
        let ticks = Int((entry.due - now).nanoseconds / tick.nanoseconds) + 1
        slots[(position + min(max(ticks, 1), Self.size - 1)) % Self.size].append(entry)
    }

    /// Visits what is due. Called once a tick.
    func advance(to now: NIODeadline) {
        self.now = now
        position = (position + 1) % Self.size
        let entries = exchange(&slots[position], with: [])
        for var entry in entries {
            guard let timed = entry.timed else { continue }
            if entry.due <= now {
                guard let next = timed.deadlineReached(now) else { continue }
                entry.due = next
            }
            insert(entry)
        }
    }
}
