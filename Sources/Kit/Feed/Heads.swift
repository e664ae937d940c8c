extension Sequencer {
    /// Where numbering goes on: what is durable.
    struct Heads: Sendable, Equatable {
        /// The current life of the log, from 1.
        var epoch: Int32
        /// Last number given, by `User.key` and by `Link.key`.
        var owners: [Int64]
        var links: [Int64]
    }
}

extension Sequencer.Heads {
    /// Counts a click that is in the log.
    mutating func raise(by click: Click) {
        Self.raise(&owners, at: Int(click.ownerKey), to: click.ownerNumber)
        Self.raise(&links, at: Int(click.link), to: click.linkNumber)
    }

    static func raise(_ numbers: inout [Int64], at key: Int, to number: Int64) {
        if key >= numbers.count { numbers += repeatElement(0, count: key + 1 - numbers.count) }
        numbers[key] = max(numbers[key], number)
    }
}
