/// What the outside sees of a run.
extension LoadRun {
    /// How things stand. Counts all clients, so it is not for every event.
    func view(at now: Int64) -> LoadView {
        LoadView(
            phase: phase, elapsed: milliseconds(now), phaseElapsed: Int((now - phaseBegan) / 1_000_000),
            all: clients.count, clients: clients.count - late.count,
            joined: clients.count { $0.hasJoined || $0.model.isPassing }, open: openCount,
            staying: clients.count { $0.owesItsEnd }, back: clients.count { $0.owesItsEnd && $0.stage == .open },
            sent: score.sent, acknowledged: score.acknowledged, lastAcknowledged: score.lastAcknowledged,
            outstanding: outstanding, isSettling: score.isSettling,
            missed: score.missed, fast: score.fast, slow: score.slow, named: score.named,
            errors: score.failures, settled: phase == .drain ? settled : 0,
            highest: phase == .drain && !setup.isMapped ? highest : [],
            seconds: score.seconds.count, last: score.seconds.last,
            stalled: phase == .warmup
                ? clients.filter { plan.kind == .isolation ? $0.model.isStalled : $0.model == .never }.compactMap(
                    \.connection) : [])
    }

    /// The last of each feed that anyone has.
    private var highest: [Position?] {
        setup.feeds.indices.map { feed in
            clients.lazy.filter { $0.feed == feed && $0.hasJoined }.map(\.tally.last).max()
        }
    }

    /// Clients that have everything they are owed, or are not there to have it.
    private var settled: Int {
        clients.count { client in
            guard let head = heads[client.feed] else { return false }
            return !client.owesItsEnd || client.tally.last >= head
        }
    }

}
