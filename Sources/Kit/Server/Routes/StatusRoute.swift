import NIOCore
import NIOHTTP1
import Synchronization

/// `/health`, `/health/ready`, `/metrics`, `/api/v1/server…`.
enum StatusRoute {
    /// Exactly `{"status":"ok"}` when all is well.
    static func health(_ call: Call) -> HTTPResponse {
        let complaints = call.services.complaints
        guard !complaints.isEmpty else { return HTTPResponse(plain: ["status": "ok"]) }
        return HTTPResponse(plain: ["status": "degraded", "reasons": .array(complaints.map(JSON.string))])
    }

    /// With what an original's clients look for besides.
    static func detailedHealth(_ call: Call) -> HTTPResponse {
        let complaints = call.services.complaints
        var members: [(String, JSON)] = [
            ("status", complaints.isEmpty ? "ok" : "degraded"),
            ("timestamp", .string(call.now.millisecondsDescription)),
            ("version", .string(Kit.version)), ("name", "quikko"), ("environment", "production"),
        ]
        if !complaints.isEmpty { members.append(("reasons", .array(complaints.map(JSON.string)))) }
        return HTTPResponse(plain: .object(.init(members)))
    }

    /// 503 while it should get no new traffic.
    static func ready(_ call: Call) -> HTTPResponse {
        guard call.services.isStopping else { return HTTPResponse(plain: ["status": "ready"]) }
        return HTTPResponse(status: .serviceUnavailable, plain: ["status": "stopping"])
    }

    /// Totals of the running server, for administrators.
    static func server(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        try requireObserver(call)
        return report(call).map { HTTPResponse(json($0, call)) }
    }

    /// The books of each connection, open or lately closed, those that lost most first; for administrators.
    static func connections(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        try requireObserver(call)
        let state = call.query("state")
        guard state.map({ ["open", "closed", "slow", "replaying"].contains($0) }) ?? true else {
            throw KitError(.invalid, "state is open, closed, slow or replaying")
        }
        let limit = try call.number("limit", usual: 100, 1...10_000)
        let now = NIODeadline.now()
        // Each loop sends no more than can be asked for.
        let records = call.services.loops.map { server in
            server.loop.submit { worst(server.records(now).filter { $0.isIn(state) }, limit) }
        }
        return EventLoopFuture.whenAllSucceed(records, on: call.server.loop).map { records in
            let chosen = worst(records.flatMap { $0 }, limit)
            return HTTPResponse(.array(chosen.map { $0.json(call.services, now: now, clock: call.now) }))
        }
    }

    /// Those that lost most, the newest first among equals.
    private static func worst(_ records: [ConnectionRecord], _ limit: Int) -> [ConnectionRecord] {
        Array(
            records.sorted {
                ($0.books.unheard, $0.number) > ($1.books.unheard, $1.number)
            }.prefix(limit))
    }

    /// Prometheus' text format; for administrators unless the configuration opens it.
    static func metrics(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        if !call.services.configuration.opensMetrics { try requireObserver(call) }
        return report(call).map { report in
            var response = HTTPResponse(
                status: .ok, body: ByteBuffer(string: ServerMetrics.text(report, call.services, now: call.now)))
            response.headers.append(("Content-Type", PrometheusText.contentType))
            return response
        }
    }

    private static func requireObserver(_ call: Call) throws(KitError) {
        guard try call.caller().seesServer else {
            throw KitError(.forbidden, "only administrators see the server's books")
        }
    }

    private static func report(_ call: Call) -> EventLoopFuture<LoopReport> {
        let reports = call.services.loops.map { server in server.loop.submit { LoopReport(server) } }
        return EventLoopFuture.whenAllSucceed(reports, on: call.server.loop).map { reports in
            reports.dropFirst().reduce(into: reports[0]) { $0 += $1 }
        }
    }

    private static func json(_ report: LoopReport, _ call: Call) -> JSON {
        let services = call.services
        let clicks = services.sequencer.counters
        let milliseconds = { (microseconds: Int64) in JSON.double(Double(microseconds) / 1_000) }
        return [
            "version": .string(Kit.version), "epoch": .int(Int(services.sequencer.epoch)),
            "uptimeSeconds": .int(Int(call.now.seconds - services.startedAt.seconds)),
            "connections": .int(services.connectionCount.load(ordering: .relaxed)),
            "replaying": .int(report.replaying), "slow": .int(report.slow), "rooms": .int(report.rooms),
            "links": .int(services.links.count), "memoryBytes": .int(ServerMetrics.residentBytes),
            "reasons": .array(services.complaints.map(JSON.string)),
            "clicks": [
                "numbered": .int(clicks.clicks), "unlogged": .int(services.sequencer.unlogged),
                "lost": .int(clicks.lost), "undelivered": .int(clicks.undelivered),
            ],
            "log": [
                "failing": .bool(services.recorder.isFailing),
                "oldestMilliseconds": .int(age(services.sequencer.oldestUnlogged, call.now)),
                "commits": .int(services.recorder.commits), "holes": .int(services.recorder.holes),
            ],
            "messages": .object(
                .init(
                    report.books.members + [
                        ("pending", .int(report.pending)), ("deferred", .int(report.books.deferred)),
                    ])),
            "notices": [
                "gaps": .int(report.books.gaps), "announced": .int(report.books.announced),
                "positions": .int(report.counters.positions),
            ],
            "slowConsumers": [
                "dropping": .int(report.counters.slow), "replayed": .int(report.counters.replayed),
                "stalled": .int(report.counters.stalled),
            ],
            "oldestMilliseconds": .int(age(report.oldest, call.now)),
            "latency": [
                "count": .int(report.latency.count), "p50": milliseconds(report.latency.percentile(50)),
                "p99": milliseconds(report.latency.percentile(99)),
                "p999": milliseconds(report.latency.percentile(99.9)), "max": milliseconds(report.latency.max),
            ],
        ]
    }

    fileprivate static func age(_ time: Timestamp?, _ now: Timestamp) -> Int {
        time.map { max(0, Int((now.microseconds - $0.microseconds) / 1_000)) } ?? 0
    }
}

extension Outbox.Books {
    fileprivate var unheard: Int { droppedFull + droppedOverload }

    fileprivate var members: [(String, JSON)] {
        [
            ("accepted", .int(accepted)), ("delivered", .int(delivered)),
            (
                "dropped",
                [
                    "full": .int(droppedFull), "closed": .int(droppedClosed), "overload": .int(droppedOverload),
                    "conflated": .int(droppedConflated),
                ]
            ),
        ]
    }
}

extension ConnectionRecord {
    fileprivate func isIn(_ state: String?) -> Bool {
        switch state {
        case nil: true
        case "closed": closedAt != nil
        case "open": closedAt == nil
        default: closedAt == nil && condition.rawValue == state
        }
    }

    fileprivate func json(_ services: Services, now: NIODeadline, clock: Timestamp) -> JSON {
        let seconds = { (since: NIODeadline) in JSON.int(Int((now - since).nanoseconds / 1_000_000_000)) }
        let members: [(String, JSON)] =
            [
                ("id", .string(services.name(ofNumber: number))), ("user", .string(user.description)),
                ("protocol", .string(audience.wire.rawValue)), ("variant", .string("\(audience.variant)")),
                ("state", .string(closedAt == nil ? condition.rawValue : "closed")),
                ("openedSeconds", seconds(openedAt)),
                ("closedSeconds", closedAt.map(seconds) ?? .null),
                ("closeCode", closeCode.map { .int(Int($0.rawValue)) } ?? .null),
            ] + books.members + [
                ("pending", .int(pending)), ("deferred", .int(books.deferred)), ("announced", .int(books.announced)),
                ("oldestMilliseconds", .int(StatusRoute.age(oldest, clock))),
            ]
        return .object(.init(members))
    }
}
