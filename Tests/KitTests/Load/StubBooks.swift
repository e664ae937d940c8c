@testable import Kit

/// A stub server's books as it shows them: with its lies, and with what it pretends.
struct StubBooks {
    private struct Figures {
        var delivered = 0, full = 0, closed = 0, deferred = 0, pending = 0, gaps = 0, announced = 0

        init() {}

        init(_ account: StubServer.Truth.Account, _ lie: StubServer.Fault.Lie) {
            delivered = max(0, account.delivered + account.silentlyDropped + account.pretended + lie.delivered)
            full = max(0, account.dropped + lie.dropped)
            (closed, deferred, pending) = (account.droppedClosed, account.deferred, account.pending)
            gaps = account.gaps.count
            announced = account.gaps.reduce(0) { $0 + $1.count }
        }

        static func + (left: Figures, right: Figures) -> Figures {
            var sum = left
            for count in [\Figures.delivered, \.full, \.closed, \.deferred, \.pending, \.gaps, \.announced] {
                sum[keyPath: count] += right[keyPath: count]
            }
            return sum
        }

        var members: [(String, JSON)] {
            [
                ("accepted", .int(delivered + full + closed + deferred + pending)), ("delivered", .int(delivered)),
                ("dropped", ["full": .int(full), "closed": .int(closed), "overload": 0]), ("pending", .int(pending)),
                ("deferred", .int(deferred)),
            ]
        }
    }

    private let hub: StubHub
    private let truth: StubServer.Truth

    init(_ hub: StubHub) {
        self.hub = hub
        truth = hub.truth
    }

    /// `GET /api/v1/server`. Memory is a round figure and what was leaked.
    var totals: JSON {
        let sum = hub.sockets.reduce(Figures()) { $0 + Figures($1.account, hub.fault.liesInBooks) }
        let states = hub.sockets.map(\.state)
        return [
            "version": "stub", "epoch": 1, "uptimeSeconds": 1, "connections": .int(states.count { $0 != "closed" }),
            "replaying": .int(states.count { $0 == "replaying" }), "slow": .int(states.count { $0 == "slow" }),
            "rooms": .int(hub.links.count), "links": .int(hub.links.count),
            "memoryBytes": .int(64_000_000 + truth.leakedBytes), "reasons": [],
            "clicks": ["numbered": .int(truth.clicks), "unlogged": 0, "lost": 0, "undelivered": 0],
            "log": ["failing": false, "oldestMilliseconds": 0, "commits": 0, "holes": 0],
            "messages": .object(.init(sum.members)),
            "notices": ["gaps": .int(sum.gaps), "announced": .int(sum.announced), "positions": 0],
            "slowConsumers": ["dropping": .int(sum.gaps), "replayed": 0, "stalled": 0], "oldestMilliseconds": 0,
            "latency": ["count": 0, "p50": 0, "p99": 0, "p999": 0, "max": 0],
        ]
    }

    /// `GET /api/v1/server/connections`: those that lost most first, the newest first among equals.
    func connections(in state: String?, limit: Int) -> JSON {
        let chosen = hub.sockets.reversed().filter { socket in
            switch state {
            case nil: true
            case "open": socket.state != "closed"
            case let state: socket.state == state
            }
        }.sorted { $0.account.dropped > $1.account.dropped }
        return .array(chosen.prefix(limit).map(json))
    }

    private func json(_ socket: StubSocket) -> JSON {
        let figures = Figures(socket.account, hub.fault.liesInBooks)
        let members: [(String, JSON)] =
            [
                ("id", .string(socket.name)), ("user", .string("\(socket.user)")), ("protocol", "quikko"),
                ("variant", "positions"), ("state", .string(socket.state)), ("openedSeconds", 1),
                ("closedSeconds", socket.isOpen ? nil : 1), ("closeCode", nil),
            ] + figures.members + [("announced", .int(figures.announced)), ("oldestMilliseconds", 0)]
        return .object(.init(members))
    }
}
