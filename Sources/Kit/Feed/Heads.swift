extension Sequencer {
    /// Where numbering goes on: what is durable.
    struct Heads: Sendable, Equatable {
        /// The current life of the log, from 1.
        var epoch: Int32
        /// Whether the epoch begins here; otherwise it goes on after an orderly stop.
        var isNew = true
        /// Last number given, by `User.key` and by `Link.key`.
        var owners: [Int64]
        var links: [Int64]
    }
}

extension Sequencer.Heads {
    /// Last number given in a feed; 0 before its first click.
    func number(of feed: Feed) -> Int64 {
        let (numbers, key) =
            switch feed {
            case .owner(let key): (owners, Int(key))
            case .link(let key): (links, Int(key))
            }
        return numbers.indices.contains(key) ? numbers[key] : 0
    }

    /// Counts a click that is in the log.
    mutating func raise(by click: Click) {
        raise(.owner(click.ownerKey), to: click.ownerNumber)
        raise(.link(click.link), to: click.linkNumber)
    }

    mutating func raise(_ feed: Feed, to number: Int64) {
        switch feed {
        case .owner(let key): Self.raise(&owners, at: Int(key), to: number)
        case .link(let key): Self.raise(&links, at: Int(key), to: number)
        }
    }

    private static func raise(_ numbers: inout [Int64], at key: Int, to number: Int64) {
        if key >= numbers.count { numbers += repeatElement(0, count: key + 1 - numbers.count) }
        numbers[key] = max(numbers[key], number)
    }
}
