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
        guard entry.link.isActive else {
            return call.answer(failure(KitError(.inactive, "this link is switched off"), page: "link-inactivo", call))
        }
        var response = HTTPResponse(status: .found, headers: RedirectReply.fixedHeaders)
        response.headers.insert(("Location", entry.link.destination.description), at: 0)
        guard call.request.head.method == .GET else { return call.answer(response) }
        let honoured = try isHonoured(call, for: entry.link)
        let click = Click(of: entry.link, details: details(call, honoured: honoured), at: call.now)
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

    private static func details(_ call: Call, honoured: Bool) -> ClickDetails {
        let headers = call.request.head.headers
        var agent = headers.first(name: "user-agent") ?? ""
        var details = agent.withUTF8 { UserAgent.details(of: UnsafeRawBufferPointer($0)) }
        guard honoured || call.services.configuration.trustsProxy else { return details }
        let country = headers.first(name: "cf-ipcountry") ?? headers.first(name: "x-country")
        if let country = country.flatMap(Country.init) { details.country = country }
        return details
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
