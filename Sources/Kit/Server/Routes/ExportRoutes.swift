import NIOCore
import NIOHTTP1

/// `/api/v1/export/…`: everything, in pages. `X-Quikko-Next` says where to go on; without it this was the last page.
enum ExportRoutes {
    private static let most = 10_000

    private enum Format: String {
        case ndjson, csv

        init(_ call: Call) throws(KitError) {
            guard let format = Format(rawValue: call.query("format") ?? "ndjson") else {
                throw KitError(.invalid, "format must be ndjson or csv")
            }
            self = format
        }

        var contentType: String { self == .csv ? "text/csv; charset=utf-8" : "application/x-ndjson" }
    }

    /// The caller's links, newest first; `before` goes on.
    static func links(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        let (_, owner) = try LinkRoutes.owner(call)
        let format = try Format(call)
        let limit = try call.number("limit", usual: most, 1...most)
        var query = LinkQuery(owner: owner.key, limit: limit)
        if call.query("before") != nil { query.before = try call.number("before", usual: 0, 1...Int.max) }
        let names = LinkView.names.filter { $0 != "qrCodeBase64" }
        let isFirst = query.before == nil
        return call.services.reader.links(query, on: call.server.loop).map { found in
            let entries = LinkRoutes.entries(found.codes, of: owner, call)
            let rows = entries.map { entry in
                let view = LinkView.json(entry, call)
                return names.map { ($0, view[$0] ?? .null) }
            }
            let next = found.total > found.codes.count ? entries.last.map { "\($0.link.key)" } : nil
            return page(
                text(rows, names: names, format, isFirst: isFirst), format, next: next)
        }
    }

    /// The clicks of `room` behind `since`, and what the log lacks. The next page's `since` is `X-Quikko-Next`, and on the last page
    /// `X-Quikko-Position`.
    static func clicks(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        let (caller, owner) = try LinkRoutes.owner(call)
        let room = try call.query("room").map { text throws(KitError) in try Room(text) } ?? .user(owner.id)
        try RoomPolicy.allows(caller, room, links: call.services.links).get()
        guard let feed = call.services.feed(of: room) else {
            throw KitError(.forbidden, "no link of yours is meant by this")
        }
        let format = try Format(call)
        let limit = try call.number("limit", usual: most, 1...most)
        let since = try call.query("since").map { text throws(KitError) in try Position(text) } ?? .start
        return call.services.reader.export(
            of: feed, after: since, limit: limit, names: call.services.referrers, on: call.server.loop
        ) { page, domains in
            (text(rows(page, domains, feed), names: columns, format, isFirst: since == .start), page.end, page.isAtHead)
        }.map { text, end, isAtHead in
            var response = page(text, format, next: isAtHead ? nil : end.description)
            response.headers.append(("X-Quikko-Position", end.description))
            return response
        }
    }

    private static let columns = [
        "type", "position", "to", "shortCode", "timestamp", "country", "deviceType", "browser", "referrer", "agent",
        "reason",
    ]

    /// Clicks and holes in the order of their positions.
    private static func rows(_ page: FeedPage, _ domains: [Position: String], _ feed: Feed) -> [[(String, JSON)]] {
        var rows: [(Position, [(String, JSON)])] = page.clicks.map { click in
            let position = click.position(in: feed)
            return (
                position,
                [
                    ("type", "click"), ("position", .string(position.description)),
                    ("shortCode", .string(click.code.description)), ("timestamp", .string(click.at.description)),
                    ("country", .string(click.details.country.description)),
                    ("deviceType", .string("\(click.details.device.name)")),
                    ("browser", .string("\(click.details.browser.name)")),
                    ("referrer", domains[position].map(JSON.string) ?? .null),
                    ("agent", .string("\(AgentClass(click.details).kind)")),
                ]
            )
        }
        rows += page.holes.map { hole in
            let from = Position(epoch: hole.epoch, number: hole.from)
            let to = hole.to.map { Position(epoch: hole.epoch, number: $0) }
            return (
                from,
                [
                    ("type", "hole"), ("position", .string(from.description)),
                    ("to", to.map { .string($0.description) } ?? .null), ("reason", .string(hole.reason.rawValue)),
                ]
            )
        }
        return rows.sorted { $0.0 < $1.0 }.map(\.1)
    }

    private static func text(
        _ rows: [[(String, JSON)]], names: [String], _ format: Format, isFirst: Bool
    ) -> String {
        switch format {
        case .ndjson: return rows.map { JSON.object(.init($0)).text + "\n" }.joined()
        case .csv:
            let lines = rows.map { row in
                names.map { name in CSVText.field(row.first { $0.0 == name }?.1 ?? .null) }.joined(separator: ",")
            }
            return ((isFirst ? [names.joined(separator: ",")] : []) + lines).map { $0 + "\r\n" }.joined()
        }
    }

    private static func page(_ text: String, _ format: Format, next: String?) -> HTTPResponse {
        var response = HTTPResponse(status: .ok, body: ByteBuffer(string: text))
        response.headers.append(("Content-Type", format.contentType))
        if let next { response.headers.append(("X-Quikko-Next", next)) }
        return response
    }
}

/// Fields of comma-separated values (RFC 4180 §2).
enum CSVText {
    static func field(_ value: JSON) -> String {
        switch value {
        case .null: ""
        case .string(let text): quoted(text)
        case .array(let values):
            quoted(values.map { if case .string(let text) = $0 { text } else { $0.text } }.joined(separator: " "))
        default: value.text
        }
    }

    private static func quoted(_ text: String) -> String {
        guard text.utf8.contains(where: { [0x22, 0x2c, 0x0a, 0x0d].contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
