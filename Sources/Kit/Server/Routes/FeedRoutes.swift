import NIOCore
import NIOHTTP1

/// `/api/v1/events` and `/api/v1/feed`: the native feed over HTTP, behind and live.
enum FeedRoutes {
    /// A stretch of a feed: `{"room","head","events","holes","next"}`, events as a numbered socket gets them.
    ///
    /// `room`: the own `user:` room unless named. `from` and `to`: positions, both included; or `since`: a position, excluded,
    /// or a duration. `limit`: events, 100 unless given, at most 1,000; 0 asks for the head alone. `next` goes into `since`.
    static func events(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        let caller = try call.caller()
        let room = try call.query("room").map { text throws(KitError) in try Room(text) } ?? .user(caller.user)
        try RoomPolicy.allows(caller, room, links: call.services.links).get()
        let limit = try call.number("limit", usual: 100, 0...1_000)
        let to = try call.query("to").map { text throws(KitError) in try Position(text) }
        let start = try start(call)
        guard let feed = call.services.feed(of: room) else {
            throw KitError(.notFound, "there is no such feed here")
        }
        let sequencer = call.services.sequencer
        guard limit > 0 else {
            let head = sequencer.head(of: feed)
            return call.server.loop.makeSucceededFuture(
                HTTPResponse(json: body(FeedPage(end: head, isAtHead: true), room, head)))
        }
        // A thousand events are milliseconds of writing: not on the loop.
        return call.services.reader.page(of: feed, from: start, limit: limit, on: call.server.loop) { page in
            // Whoever goes on from the head they are told must have had all before it.
            let head = page.isAtHead ? page.end : sequencer.head(of: feed)
            return body(page.clipped(to: to, in: feed), room, head)
        }.map { HTTPResponse(json: $0) }
    }

    private static func start(_ call: Call) throws(KitError) -> FeedStart {
        switch (call.query("from"), call.query("since")) {
        case (.some, .some): throw KitError(.invalid, "from and since exclude one another")
        case (let from?, nil):
            let position = try Position(from)
            return .position(Position(epoch: position.epoch, number: max(position.number - 1, 0)))
        case (nil, let since?):
            switch try Following.Since(since) {
            case .position(let position): return .position(position)
            case .ago(let duration): return .time(call.now + (.zero - duration))
            case .now: return .position(.start)
            }
        case (nil, nil): return .position(.start)
        }
    }

    private static func body(_ page: FeedPage, _ room: Room, _ head: Position) -> ByteBuffer {
        var body = ByteBuffer()
        body.writeString(#"{"success":true,"data":{"room":"\#(room)","head":"\#(head)","events":["#)
        for (index, click) in page.clicks.enumerated() {
            if index > 0 { body.writeStaticString(",") }
            QuikkoServerCodec.writeText(of: click, in: room, to: &body)
        }
        let next = page.isAtHead ? "null" : "\"\(page.end)\""
        body.writeString(#"],"holes":\#(JSON.array(page.holes.map(\.json)).text),"next":\#(next)},"error":null}"#)
        return body
    }

    /// The live feed as server-sent events. `room` as above; `since`, or what a browser remembers in `Last-Event-ID`, resumes.
    /// Who may: a Bearer, or `ticket` or `token` in the query, where browsers cannot set headers.
    static func feed(_ call: Call) throws(KitError) -> HTTPResponse {
        var following = Following()
        switch call.query("overflow") {
        case nil, "drop": break
        case "replay": following.replays = true
        default: throw KitError(.invalid, "overflow is drop or replay")
        }
        // A browser that comes again sends the address it began with: what it remembers is newer.
        let remembered = call.request.head.headers.first(name: "last-event-id").flatMap { $0.isEmpty ? nil : $0 }
        let since = remembered ?? call.query("since")
        following.since = try since.map { text throws(KitError) in try Following.Since(text) } ?? .now
        if let room = try call.query("room").map({ text throws(KitError) in try Room(text) }) {
            following.rooms = [(room, following.since)]
        }
        try Admission.check(call.services)
        let identity = try listener(call)
        let admission = try Admission(
            following, identity: identity, audience: Audience(wire: .quikko, variant: .events),
            services: call.services, now: call.now)
        var response = HTTPResponse(status: .ok)
        response.headers += [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store")]
        response.headers += admission.headers(call.services)
        response.stream = admission
        return response
    }

    private static func listener(_ call: Call) throws(KitError) -> Identity {
        let authenticator = call.services.authenticator
        if let ticket = call.query("ticket") { return try authenticator.socketIdentity(.ticket(ticket), now: call.now) }
        if let token = call.query("token") { return try authenticator.socketIdentity(.token(token), now: call.now) }
        return try call.caller()
    }
}

extension FeedPage {
    /// The part up to `last`, which is included.
    fileprivate func clipped(to last: Position?, in feed: Feed) -> FeedPage {
        guard let last, end >= last || isAtHead else { return self }
        var page = self
        page.clicks.removeAll { $0.position(in: feed) > last }
        page.holes = holes.compactMap { hole in
            guard Position(epoch: hole.epoch, number: hole.from) <= last else { return nil }
            guard hole.epoch == last.epoch, let to = hole.to, to > last.number else { return hole }
            return Hole(epoch: hole.epoch, from: hole.from, to: last.number, reason: hole.reason)
        }
        page.isAtHead = true
        return page
    }
}
