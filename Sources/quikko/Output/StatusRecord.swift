import Kit

extension Record {
    /// What `--fields` may name: the server's words, and those inside others with a dot.
    static let statusFields = Self.statusMembers(.init(), []).flatMap { member in
        [member.name] + Self.leaves(member).map(\.name).filter { $0 != member.name }
    }

    /// The server's own object, in its order, with the connections that lose.
    init(
        _ server: APIClient.ServerAnswer, losing: [APIClient.ConnectionAnswer], for options: OutputOptions
    ) {
        let verdict = server.problems.isEmpty ? "ok" : "degraded"
        let members = Self.statusMembers(server, losing)
        let leaves = members.flatMap(Self.leaves)
        let fields: [(name: String, value: JSON)]
        if options.fields.isEmpty {
            fields = options.output == .csv ? leaves : members
        } else {
            fields = members + leaves
        }
        self.init(fields: fields, line: verdict, identifier: verdict)
    }

    private static func statusMembers(
        _ server: APIClient.ServerAnswer, _ losing: [APIClient.ConnectionAnswer]
    ) -> [(name: String, value: JSON)] {
        [
            ("version", .string(server.version)), ("epoch", .int(server.epoch)),
            ("uptimeSeconds", .int(server.uptimeSeconds)), ("connections", .int(server.connections)),
            ("replaying", .int(server.replaying)), ("slow", .int(server.slow)), ("rooms", .int(server.rooms)),
            ("links", .int(server.links)), ("memoryBytes", .int(server.memoryBytes)),
            ("reasons", .array(server.reasons.map(JSON.string))),
            (
                "clicks",
                [
                    "numbered": .int(server.clicks.numbered), "unlogged": .int(server.clicks.unlogged),
                    "lost": .int(server.clicks.lost), "undelivered": .int(server.clicks.undelivered),
                ]
            ),
            (
                "log",
                [
                    "failing": .bool(server.log.failing), "oldestMilliseconds": .int(server.log.oldestMilliseconds),
                    "commits": .int(server.log.commits), "holes": .int(server.log.holes),
                ]
            ),
            (
                "messages",
                [
                    "accepted": .int(server.messages.accepted), "delivered": .int(server.messages.delivered),
                    "dropped": dropped(server.messages.dropped), "pending": .int(server.messages.pending),
                    "deferred": .int(server.messages.deferred),
                ]
            ),
            (
                "notices",
                [
                    "gaps": .int(server.notices.gaps), "announced": .int(server.notices.announced),
                    "positions": .int(server.notices.positions),
                ]
            ),
            (
                "slowConsumers",
                [
                    "dropping": .int(server.slowConsumers.dropping), "replayed": .int(server.slowConsumers.replayed),
                    "stalled": .int(server.slowConsumers.stalled),
                ]
            ),
            ("oldestMilliseconds", .int(server.oldestMilliseconds)),
            (
                "latency",
                [
                    "count": .int(server.latency.count), "p50": .double(server.latency.p50),
                    "p99": .double(server.latency.p99), "p999": .double(server.latency.p999),
                    "max": .double(server.latency.max),
                ]
            ),
            ("connectionsLosing", .array(losing.filter { $0.dropped.total > 0 }.map(connection))),
        ]
    }

    private static func dropped(_ dropped: APIClient.Dropped) -> JSON {
        [
            "full": .int(dropped.full), "closed": .int(dropped.closed), "overload": .int(dropped.overload),
            "conflated": .int(dropped.conflated ?? 0),
        ]
    }

    private static func connection(_ connection: APIClient.ConnectionAnswer) -> JSON {
        [
            "id": .string(connection.id), "user": .string(connection.user), "protocol": .string(connection.protocol),
            "variant": connection.variant.map(JSON.string) ?? .null, "state": .string(connection.state),
            "openedSeconds": .int(connection.openedSeconds),
            "closedSeconds": connection.closedSeconds.map(JSON.int) ?? .null,
            "closeCode": connection.closeCode.map(JSON.int) ?? .null, "accepted": .int(connection.accepted),
            "delivered": .int(connection.delivered), "dropped": dropped(connection.dropped),
            "pending": .int(connection.pending), "deferred": .int(connection.deferred),
            "announced": .int(connection.announced), "oldestMilliseconds": .int(connection.oldestMilliseconds),
        ]
    }

    /// The values inside, each named by its whole way; a list has none.
    private static func leaves(_ member: (name: String, value: JSON)) -> [(name: String, value: JSON)] {
        switch member.value {
        case .object(let pairs): pairs.members.flatMap { leaves(("\(member.name).\($0.key)", $0.value)) }
        case .array: []
        default: [member]
        }
    }
}
