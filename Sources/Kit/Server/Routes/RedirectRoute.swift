import NIOCore
import NIOHTTP1

/// `GET /{code}` for requests the fast path leaves alone: with credentials, with HEAD, of browsers on shared connections.
enum RedirectRoute {
    /// 302 for an active link, recorded unless it is a HEAD; otherwise 404 or 410. Strict servers answer once the click is
    /// durable, and 503 when it cannot be made so.
    static func follow(_ segment: String, _ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        let missing = KitError(.notFound, "no link has this code")
        guard let code = try? ShortCode(segment), let entry = call.services.links.entry(code) else {
            return call.answer(failure(missing, page: "link-no-encontrado", call))
        }
        let honoured = try isHonoured(call, for: entry.link)
        let isTrusted = honoured || call.services.configuration.trustsProxy
        guard call.services.redirectLimit.allows(call.client(isTrusted: isTrusted), now: call.now) else {
            throw .tooManyRedirects
        }
        // What asks without clicking takes nothing of a link's maximum.
        let isClick = call.request.head.method == .GET
        guard entry.isOpen(at: call.now), entry.budget.map({ isClick ? $0.take() : !$0.isSpent }) ?? true else {
            return call.answer(failure(closed(entry, call), page: "link-inactivo", call))
        }
        var response = HTTPResponse(status: .found, headers: RedirectReply.fixedHeaders)
        response.headers.insert(("Location", entry.link.destination.description), at: 0)
        guard isClick else { return call.answer(response) }
        let click = click(of: entry.link, call, isTrusted: isTrusted)
        let (numbered, receipt) = call.server.recordNow(click)
        if honoured { response.headers.append(("X-Quikko-Position", "\(numbered.epoch):\(numbered.ownerNumber)")) }
        guard call.services.configuration.isStrict else { return call.answer(response) }
        guard let receipt else {
            throw KitError(.unavailable, "the click cannot be recorded now; try again in a moment")
        }
        return call.services.recorder.whenDurable(receipt, on: call.server.loop).map { [response] in response }
    }

    /// Whether the caller may say where a click comes from and see its number: the link's owner and administrators.
    /// Anyone else's credential is no reason to refuse a redirect.
    private static func isHonoured(_ call: Call, for link: Link) throws(KitError) -> Bool {
        guard call.request.head.headers.contains(name: "authorization"), let caller = try? call.caller() else {
            return false
        }
        return caller.isAdmin || caller.user == link.owner
    }

    private static func closed(_ entry: LinkTable.Entry, _ call: Call) -> KitError {
        switch LinkView.status(of: entry, now: call.now) {
        case "paused": KitError(.inactive, "this link is switched off")
        case "expired": KitError(.inactive, "this link has expired")
        default: KitError(.inactive, "this link has had all the clicks it was made for")
        }
    }

    private static func click(of link: Link, _ call: Call, isTrusted: Bool) -> Click {
        let headers = call.request.head.headers
        var agent = headers.first(name: "user-agent") ?? ""
        var referer = headers.first(name: "referer") ?? ""
        let country = headers.first(name: "cf-ipcountry") ?? headers.first(name: "x-country")
        return agent.withUTF8 { agent in
            referer.withUTF8 { referer in
                call.server.click(
                    of: link, from: call.client(isTrusted: isTrusted),
                    agent: UserAgent.look(at: UnsafeRawBufferPointer(agent)),
                    country: isTrusted ? country.flatMap(Country.init) : nil,
                    referer: UnsafeRawBufferPointer(referer), at: call.now)
            }
        }
    }

    /// The original sends browsers to a page of its dashboard; programs get the envelope.
    private static func failure(_ error: KitError, page: String, _ call: Call) -> HTTPResponse {
        guard let frontend = call.services.configuration.frontendURL,
            call.request.head.headers.first(name: "accept")?.contains("text/html") == true
        else { return HTTPResponse(error) }
        var response = HTTPResponse(status: .found, headers: RedirectReply.fixedHeaders)
        response.headers.insert(("Location", "\(frontend)/\(page)"), at: 0)
        return response
    }
}
