import Glibc

/// The subscribers of a fan-out and the one connection that clicks for them.
struct Crowd {
    let subscribers: SubscriberPool
    /// How many of the subscribers hear of a click.
    let audience: Int

    private static let settling = 0.2
    private static let patience = 30.0
    private static let clickerTag = UInt32.max
    private let poller: Poller
    private let clicker: ClickConnection
    private let unread: [UnreadSocket]

    /// Opens them all and waits 0.2 s, for greetings and for the server to come to rest.
    ///
    /// - Parameters:
    ///   - isApart: Each has the room of a link of its own.
    ///   - unread: Subscribers besides, that never read a byte once they are open.
    init(of count: Int, isApart: Bool = false, unread: Int = 0, at endpoint: BenchEndpoint) throws {
        poller = try Poller(check: BenchInterrupt.check)
        subscribers = SubscriberPool(of: endpoint, capacity: count, poller: poller)
        audience = isApart ? 1 : count
        try subscribers.open(count)
        self.unread = try (0..<unread).map { _ in try UnreadSocket(at: endpoint) }
        clicker = try ClickConnection(to: endpoint, poller: poller, tag: Self.clickerTag, isRound: isApart)
        let deadline = MonotonicClock.after(seconds: Self.settling)
        while MonotonicClock.now() < deadline { try poll { _, _ in } }
        let greeted = MonotonicClock.after(seconds: Self.patience)
        while subscribers.received < count * endpoint.greetings {
            try poll { _, _ in }
            guard MonotonicClock.now() < greeted else {
                throw SystemError.failed("\(subscribers.received) of \(count * endpoint.greetings) greetings came")
            }
        }
        subscribers.resetCounts()
    }

    /// So many clicks, all of one link, or of the links in turn.
    func click(_ count: Int) throws { try clicker.send(count) }
    /// Clicks sent and not answered.
    var unanswered: Int { clicker.outstanding }

    /// Handles what is there, waiting at most 10 ms for it; `received` hears of each subscriber's count before and now.
    @inline(__always)
    func poll(_ received: (Int, Int) -> Void) throws {
        try poll(nanoseconds: 10_000_000, received)
    }

    @inline(__always)
    func poll(nanoseconds: Int64, _ received: (Int, Int) -> Void) throws {
        try poller.poll(nanoseconds: nanoseconds) { tag, ready in
            guard tag != Self.clickerTag else {
                _ = try clicker.handle(ready)
                return
            }
            let (before, after) = try subscribers.handle(tag, ready)
            if after > before { received(before, after) }
        }
    }

    func missing(expected: Int, after wait: String) -> SystemError {
        let missing = expected - subscribers.received
        guard missing > 0 else { return .failed("\(unanswered) clicks not answered after \(wait)") }
        return .failed("\(missing) of \(expected) messages missing after \(wait)")
    }

    func tooMany(expected: Int) -> SystemError {
        .failed("\(subscribers.received - expected) more messages than the \(expected) that were due")
    }
}
