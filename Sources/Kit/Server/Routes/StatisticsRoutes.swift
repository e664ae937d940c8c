import NIOCore
import NIOHTTP1

/// `/api/v1/analytics/stats`: what the clicks on the caller's links were, all together or on one of them.
enum StatisticsRoutes {
    /// With `room` and `position`: a client that adds the events of the room behind the position has what this would answer later.
    static func show(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        let question = try Question(call)
        return question.ask(call).map { statistics in
            HTTPResponse([
                "range": .string(statistics.range.rawValue), "stats": json(statistics, now: call.now),
                "room": .string(question.room.description), "position": .string(statistics.position.description),
                "from": .string(statistics.from.secondsDescription),
            ])
        }
    }

    /// The original's CSV.
    static func export(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        let question = try Question(call)
        return question.ask(call).map { statistics in
            var response = HTTPResponse(
                status: .ok, body: ByteBuffer(string: StatisticsCSV.text(of: statistics, now: call.now)))
            response.headers += [
                ("Content-Type", "text/csv; charset=utf-8"),
                (
                    "Content-Disposition",
                    "attachment; filename=\"stats-\(question.name)-\(statistics.range.rawValue).csv\""
                ),
                ("X-Quikko-Position", statistics.position.description),
            ]
            return response
        }
    }

    private struct Question {
        let room: Room
        let feed: Feed
        /// The code asked for, or `overview`.
        let name: String
        let range: StatisticsRange

        init(_ call: Call) throws(KitError) {
            let (_, owner) = try LinkRoutes.owner(call)
            range = try call.query("range").map { text throws(KitError) in try StatisticsRange(text: text) } ?? .day
            if let code = call.query("shortCode") {
                let link = try LinkRoutes.entry(code, of: owner, call).link
                (room, feed, name) = (.link(link.code), .link(Int32(link.key)), code)
            } else {
                (room, feed, name) = (.user(owner.id), .owner(Int32(owner.key)), "overview")
            }
        }

        func ask(_ call: Call) -> EventLoopFuture<Statistics> {
            call.services.reader.statistics(
                of: feed, range, now: call.now, names: call.services.referrers, on: call.server.loop)
        }
    }

    private static func json(_ statistics: Statistics, now: Timestamp) -> JSON {
        [
            "totalClicks": .int(statistics.total),
            "clicksByCountry": counts(statistics.countries), "clicksByDevice": counts(statistics.devices),
            "clicksByBrowser": counts(statistics.browsers),
            "clicksOverTime": .array(
                statistics.timeline(now: now).map { point in
                    ["timestamp": .string(point.end.secondsDescription), "count": .int(point.clicks)]
                }),
            "clicksByReferrer": counts(statistics.referrers), "people": .int(statistics.people),
            "bots": .int(statistics.bots), "previews": .int(statistics.previews),
            "visitors": .int(statistics.visitors),
        ]
    }

    private static func counts(_ counts: [String: Int]) -> JSON {
        .object(.init(StatisticsCSV.sorted(counts).map { ($0.key, .int($0.value)) }))
    }
}
