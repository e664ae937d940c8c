@testable import Kit

extension StubServer {
    /// What is wrong with a stub server; nothing unless said.
    ///
    /// "One in n" is every n-th message that found room in an outbox, of all connections together, live ones only: what a
    /// full outbox drops is not counted, so that `Truth` has exact numbers. Of several faults on one message dropping wins.
    /// With an n that the number of clients divides, the same client is always hit.
    struct Fault: Sendable {
        struct Freeze: Sendable {
            var length: Duration
            /// From the start of one freeze to that of the next.
            var every: Duration
        }

        /// Added to what every connection's books say, and so to the totals; they still balance. Never reported below 0.
        struct Lie: Sendable {
            var delivered = 0
            var dropped = 0
        }

        /// The one thread sleeps: nothing is read, answered or delivered.
        var freezes: Freeze?
        /// Lost without a word: the books have it as delivered.
        var dropsOneIn: Int?
        /// Comes behind its neighbour in the same room; by itself, and uncounted, when there is none for 100 ms.
        var reordersOneIn: Int?
        /// Comes twice. The books have it twice.
        var duplicatesOneIn: Int?
        /// Delivery in a room is one client after the other, and at each whose socket is full it waits so long before it goes
        /// on to the next. What is clicked meanwhile waits for the next round. Other rooms are not held up.
        var blocksOnSlow: Duration?
        /// Bytes kept for ever for each message a full outbox dropped.
        var leaksPerDrop = 0
        var liesInBooks = Lie()
        /// Hangs up on each connection after so many messages, without a close frame. The books have it open, and delivered
        /// to.
        var closesSilentlyAfter: Int?
        /// Gap notices name numbers one too high, as many as were lost.
        var namesWrongGap = false
        /// Every n-th `GET /{code}` is a 500, without a number.
        var answers500OneIn: Int?
    }

    /// What a stub server really did.
    struct Truth: Sendable, Equatable {
        /// Clicks that got a number.
        var clicks = 0
        /// `GET /{code}` answered with 500.
        var refusedClicks = 0
        var freezes = 0
        var leakedBytes = 0
        /// By the name told in `X-Quikko-Connection`; closed ones too.
        var connections: [String: Account] = [:]

        /// All connections together.
        func total(_ count: KeyPath<Account, Int>) -> Int { connections.values.reduce(0) { $0 + $1[keyPath: count] } }

        /// Of one connection: `accepted` is the sum of all others but `duplicated` and `reordered`.
        struct Account: Sendable, Equatable {
            var accepted = 0
            /// Handed to the kernel, duplicates too.
            var delivered = 0
            /// Found the outbox full.
            var dropped = 0
            /// Waited, or arrived, when the peer had gone.
            var droppedClosed = 0
            /// Found the outbox full and was left to a replay.
            var deferred = 0
            var silentlyDropped = 0
            /// Addressed to a connection that was hung up on silently.
            var pretended = 0
            /// Second copies; they are part of `delivered` once they are.
            var duplicated = 0
            /// Pairs that changed places.
            var reordered = 0
            /// What gap notices should have named.
            var gaps: [Gap] = []

            var pending: Int {
                accepted - delivered - dropped - droppedClosed - deferred - silentlyDropped - pretended
            }
        }
    }
}
