import Foundation
import NIOCore

@testable import Kit

/// What a stub server answers to one request: the real server's shapes.
struct StubRoutes {
    let hub: StubHub
    let request: StubRequest

    private struct Creation: Decodable {
        let originalUrl: String
        let customAlias: String?
    }

    private struct TicketRequest: Decodable {
        let kind: String?
        let user: String?
    }

    /// Whose a credential is: ours end in `.` and a user, all others are the first user's.
    static func user(of credential: String) -> UserID {
        UserID(credential.split(separator: ".").last ?? "") ?? HexID(high: 0, low: 1)
    }

    func answer() -> ByteBuffer {
        do throws(KitError) {
            if request.method == "GET", let link = hub.links[String(request.path.dropFirst())] {
                return redirect(link.link, try hub.click(link))
            }
            switch (request.method, request.path) {
            case ("GET", "/health"): return Self.answer("200 OK", body: #"{"status":"ok"}"#)
            case ("POST", "/api/v1/urls"): return Self.answer("201 Created", data: try makeLink())
            case ("POST", "/api/v1/tickets"): return Self.answer("201 Created", data: try makeTicket())
            case ("GET", "/api/v1/events"): return Self.answer("200 OK", body: try events())
            case ("GET", "/api/v1/server"): return Self.answer("200 OK", data: StubBooks(hub).totals)
            case ("GET", "/api/v1/server/connections"): return Self.answer("200 OK", data: connections())
            default: throw KitError(.notFound, "no link has this code")
            }
        } catch {
            return Self.refusal(error)
        }
    }

    static func refusal(_ error: KitError) -> ByteBuffer {
        let status =
            switch error.code {
            case .invalid, .invalidURL: "400 Bad Request"
            case .forbidden: "403 Forbidden"
            case .notFound: "404 Not Found"
            case .conflict: "409 Conflict"
            default: "500 Internal Server Error"
            }
        let failure: JSON = ["code": .string(error.code.wireName), "message": .string(error.message)]
        let envelope: JSON = ["success": false, "data": nil, "error": failure]
        return answer(status, body: envelope.text)
    }

    private static func answer(_ status: String, data: JSON) -> ByteBuffer {
        let envelope: JSON = ["success": true, "data": data, "error": nil]
        return answer(status, body: envelope.text)
    }

    private static func answer(_ status: String, body: String) -> ByteBuffer {
        let head = "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        return ByteBuffer(string: head + body)
    }

    private func redirect(_ link: Link, _ position: Position) -> ByteBuffer {
        // Only who presents something may see the number.
        let number = request.value("authorization") == nil ? "" : "X-Quikko-Position: \(position)\r\n"
        return ByteBuffer(
            string: "HTTP/1.1 302 Found\r\nLocation: \(link.destination)\r\nCache-Control: no-store\r\n"
                + "Content-Length: 0\r\n\(number)\r\n")
    }

    private var caller: UserID { Self.user(of: request.value("authorization") ?? "") }

    private func body<Body: Decodable>(_ type: Body.Type) throws(KitError) -> Body {
        guard let body = try? JSONDecoder().decode(type, from: Data(request.body.readableBytesView)) else {
            throw KitError(.invalid, "the body is not what this address takes")
        }
        return body
    }

    private func makeLink() throws(KitError) -> JSON {
        let creation = try body(Creation.self)
        var generator = SystemRandomNumberGenerator()
        let code = try creation.customAlias.map { text throws(KitError) in try ShortCode(text) }
        let link = try hub.makeLink(
            code ?? .random(using: &generator), to: try Destination(creation.originalUrl), isCustom: code != nil,
            owner: caller)
        return [
            "id": .string("\(link.id)"), "shortCode": .string("\(link.code)"),
            "shortUrl": .string("\(hub.url)/\(link.code)"), "originalUrl": .string("\(link.destination)"),
            "isCustomAlias": .bool(link.isCustom), "isActive": true,
            "createdAt": .string(link.createdAt.secondsDescription), "totalClicks": 0, "qrCodeBase64": "",
        ]
    }

    private func makeTicket() throws(KitError) -> JSON {
        let asked = try body(TicketRequest.self)
        let user = asked.user.flatMap { UserID($0) } ?? caller
        let expiry = JSON.string((StubHub.now + .seconds(900)).secondsDescription)
        switch asked.kind ?? "ticket" {
        case "session": return ["kind": "session", "token": .string("stub.session.\(user)"), "expiresAt": expiry]
        case let kind:
            return ["kind": .string(kind), "ticket": .string("stub.\(user)"), "expiresIn": 900, "expiresAt": expiry]
        }
    }

    private func events() throws(KitError) -> String {
        let query = UpgradeRequest(target: request.target)
        let room = try hub.room(
            try query.value("room").map { text throws(KitError) in try Room(text) } ?? .user(caller))
        let since = try query.value("since").map { text throws(KitError) in try Following.Since(text) }
        var start = room.number(since ?? .position(.start))
        if let from = try query.value("from").map({ text throws(KitError) in try Position(text) }) {
            start = min(max(from.number - 1, 0), room.head.number)
        }
        let to = try query.value("to").map { text throws(KitError) in try Position(text).number } ?? .max
        let limit = query.value("limit").flatMap { Int($0) } ?? 100
        let page = room.log[Int(start)...].prefix { $0.number(in: room.room) <= to }.prefix(limit)
        let end = start + Int64(page.count)
        var texts = ByteBuffer()
        for click in page {
            if texts.readableBytes > 0 { texts.writeString(",") }
            QuikkoServerCodec.writeText(of: click, in: room.room, to: &texts)
        }
        let next = limit == 0 || end >= min(to, room.head.number) ? "null" : "\"1:\(end)\""
        return
            #"{"success":true,"data":{"room":"\#(room.room)","head":"\#(room.head)","events":[\#(String(buffer: texts))]"#
            + #","holes":[],"next":\#(next)},"error":null}"#
    }

    private func connections() -> JSON {
        let query = UpgradeRequest(target: request.target)
        let limit = query.value("limit").flatMap { Int($0) } ?? 100
        return StubBooks(hub).connections(in: query.value("state"), limit: limit)
    }
}
