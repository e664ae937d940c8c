extension Outbox {
    /// What became of the messages for one connection, or for all: `accepted == delivered + dropped + deferred + pending`, at
    /// every moment.
    struct Books: Sendable, Equatable {
        /// Messages addressed to this connection.
        var accepted = 0
        /// Messages handed to the kernel.
        var delivered = 0
        /// Messages that found the outbox full.
        var droppedFull = 0
        /// Messages that were waiting, or arrived, when the connection had gone.
        var droppedClosed = 0
        /// Messages that never reached the connection because its loop's inbox was full.
        var droppedOverload = 0
        /// Values of a metric that a newer one has taken the place of.
        var droppedConflated = 0
        /// Messages that found the outbox full and are read from the log instead; accepted a second time when they are.
        var deferred = 0
        /// Gap notices sent or waiting, and the numbers they name.
        var gaps = 0
        var announced = 0

        var dropped: Int { droppedFull + droppedClosed + droppedOverload + droppedConflated }

        static func += (total: inout Books, books: Books) {
            total.accepted += books.accepted
            total.delivered += books.delivered
            total.droppedFull += books.droppedFull
            total.droppedClosed += books.droppedClosed
            total.droppedOverload += books.droppedOverload
            total.droppedConflated += books.droppedConflated
            total.deferred += books.deferred
            total.gaps += books.gaps
            total.announced += books.announced
        }
    }
}
