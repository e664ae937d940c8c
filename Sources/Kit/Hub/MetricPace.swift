import NIOCore

/// How often the values of one metric are told at most, and who waits. One for each shard; confined to its loop.
final class MetricRhythm {
    /// Between two values of a metric for the same subscribers; zero for each value by itself.
    let interval: TimeAmount
    /// Bounded: each membership once.
    private var waiting: [ObjectIdentifier: Membership] = [:]
    private var due: NIODeadline?

    init(interval: TimeAmount) { self.interval = interval }

    /// - Parameter schedule: Called when nothing is to happen by then yet.
    func wait(_ membership: Membership, until due: NIODeadline, _ schedule: (NIODeadline) -> Void) {
        waiting[ObjectIdentifier(membership)] = membership
        guard self.due.map({ due < $0 }) ?? true else { return }
        self.due = due
        schedule(due)
    }

    func takeWaiting() -> [Membership] {
        due = nil
        return Array(exchange(&waiting, with: [:]).values)
    }
}

/// The first value of a metric goes out at once; of those that come within the interval behind it only the newest, when the interval
/// is over. Confined to its shard's loop.
final class MetricPace {
    private struct Slot {
        var next: NIODeadline
        var waiting: Event?
    }

    private let rhythm: MetricRhythm
    private let schedule: (NIODeadline) -> Void
    /// By metric: no more than one entity has.
    private var slots: [String: Slot] = [:]
    private weak var membership: Membership?
    private(set) var superseded = 0

    init(_ rhythm: MetricRhythm, schedule: @escaping (NIODeadline) -> Void) {
        (self.rhythm, self.schedule) = (rhythm, schedule)
    }

    /// False for a value that has to wait.
    func admits(_ event: Event, to membership: Membership) -> Bool {
        guard let name = event.metricName else { return true }
        let now = NIODeadline.now()
        guard let slot = slots[name], slot.next > now || slot.waiting != nil else {
            slots[name] = Slot(next: now + rhythm.interval)
            return true
        }
        if slot.waiting != nil { superseded += 1 }
        slots[name]?.waiting = event
        self.membership = membership
        if slot.waiting == nil { rhythm.wait(membership, until: slot.next, schedule) }
        return false
    }

    /// What has waited long enough.
    func release(_ now: NIODeadline) -> [Event] {
        var events: [Event] = []
        for (name, slot) in slots {
            guard let event = slot.waiting else {
                // What is quiet need not be remembered.
                if slot.next <= now { slots[name] = nil }
                continue
            }
            if slot.next <= now {
                events.append(event)
                slots[name] = Slot(next: now + rhythm.interval)
            } else if let membership {
                rhythm.wait(membership, until: slot.next, schedule)
            }
        }
        return events
    }
}
