/// What a load test measures and a threshold may be held against. The raw value is its name there and in the report.
enum LoadMetric: String, Sendable, CaseIterable {
    /// From when an event was due until a client had it.
    case e2e
    /// From when it was sent until a client had it: what looks better than it is when the sender was held up.
    case service
    /// From when a click was due until its answer.
    case click
    case connect, upgrade
    case firstMessage = "firstmsg"
    case scheduleLag = "schedule.lag"
    case generatorLag = "gen.lag"
    /// From the first to the last client that received one event.
    case fanoutSpread = "fanout.spread"
    /// From when a stalled client read again until its first fresh event.
    case recoveryFresh = "recovery.fresh"
    /// How old what a client received was, at most.
    case staleness

    case sent, delivered, expected, errors, reconnects
    /// All of them, or with a code those: `closes[1013]`.
    case closes
    case scheduleMissed = "schedule.missed"
    /// Numbers clients lost: named in a notice, or missing without one. Holes of the log are not among them.
    case drops
    /// The same from the server's books.
    case dropsReported = "drops.reported"
    case lossUnexplained = "loss.unexplained"
    case duplicates = "dup"
    case orderViolations = "order.violations"
    case gapNoticeMismatch = "gapnotice.mismatch"

    /// Jain's index over what fast clients received; 1 is equal.
    case fairness = "fairness.jain"
    case serverMemory = "server.rss"
    /// Of one core.
    case serverProcessor = "server.cpu"
    case serverDescriptors = "server.fds"
    /// Messages pending.
    case serverQueue = "server.queue"
    case generatorProcessor = "gen.cpu"
    case generatorMemory = "gen.rss"

    enum Kind: Sendable, Equatable {
        case latency
        case counter
        case gauge(LoadUnit)
    }

    var kind: Kind {
        switch self {
        case .e2e, .service, .click, .connect, .upgrade, .firstMessage, .scheduleLag, .generatorLag, .fanoutSpread,
            .recoveryFresh, .staleness:
            .latency
        case .sent, .delivered, .expected, .errors, .reconnects, .closes, .scheduleMissed, .drops, .dropsReported,
            .lossUnexplained, .duplicates, .orderViolations, .gapNoticeMismatch:
            .counter
        case .fairness, .serverDescriptors, .serverQueue: .gauge(.one)
        case .serverMemory, .generatorMemory: .gauge(.bytes)
        case .serverProcessor, .generatorProcessor: .gauge(.percent)
        }
    }

    var unit: LoadUnit {
        switch kind {
        case .latency: .microseconds
        case .counter: .one
        case .gauge(let unit): unit
        }
    }

    /// Clients have it, so it may be asked of a role; the others are of the run.
    var isOfClients: Bool {
        switch self {
        case .e2e, .service, .connect, .upgrade, .firstMessage, .fanoutSpread, .recoveryFresh, .staleness, .delivered,
            .expected, .reconnects, .closes, .drops, .dropsReported, .lossUnexplained, .duplicates, .orderViolations,
            .gapNoticeMismatch, .fairness:
            true
        case .click, .scheduleLag, .generatorLag, .sent, .errors, .scheduleMissed, .serverMemory, .serverProcessor,
            .serverDescriptors, .serverQueue, .generatorProcessor, .generatorMemory:
            false
        }
    }

    /// The isolation test can tell its two feeds apart in it. Server and generator serve both at once.
    var hasFeeds: Bool { isOfClients || self == .click || self == .sent }

    /// Needs to know which event is whose, so there must be one clicker.
    var needsEvents: Bool { [.e2e, .service, .recoveryFresh, .staleness].contains(self) }

    /// Whose it is when a threshold does not say: what a stalled client waited for is no figure of the server's.
    var usualScope: LoadScope { [.e2e, .service, .fanoutSpread, .fairness].contains(self) ? .fast : .all }

    /// What a counter is a share of: events sent, or numbers owed to clients; nil where a share means nothing.
    var whole: LoadMetric? {
        switch self {
        case .errors, .scheduleMissed: .sent
        case .delivered, .drops, .dropsReported, .lossUnexplained, .duplicates, .orderViolations, .gapNoticeMismatch:
            .expected
        default: nil
        }
    }
}

extension LoadMetric {
    /// Those whose names are a slip or a part away, nearest first; all of them when none is.
    static func near(_ name: String) -> [LoadMetric] {
        let wanted = Array(name.lowercased().utf8)
        let ranked = allCases.map { metric -> (metric: LoadMetric, distance: Int) in
            let known = metric.rawValue
            let isPart = wanted.count > 2 && (known.contains(name.lowercased()) || name.lowercased().contains(known))
            return (metric, isPart ? 0 : distance(wanted, Array(known.utf8)))
        }
        let limit = max(wanted.count / 3, 1)
        let near = ranked.filter { $0.distance <= limit }.sorted { $0.distance < $1.distance }.map(\.metric)
        return near.isEmpty ? allCases : near
    }

    /// Letters to change, add or leave out (Levenshtein).
    private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var row = Array(0...other.count)
        for (line, letter) in one.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for (column, against) in other.enumerated() {
                let changed = diagonal + (letter == against ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, diagonal + 1, row[column] + 1)
            }
        }
        return row[other.count]
    }
}
