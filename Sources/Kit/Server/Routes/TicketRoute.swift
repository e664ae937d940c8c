import NIOCore
import NIOHTTP1

/// `POST /api/v1/tickets`: credentials for sockets, for the live page and for sessions.
enum TicketRoute {
    /// A credential carries the names of those it was bought with, so that revoking one of them reaches it.
    private static let mostGenerations = 8

    private struct Request: Decodable {
        /// `ticket` (default), `start` or `session`.
        let kind: String?
        /// 24 hexadecimal digits; the caller when absent.
        let user: String?
        let organization: String?
        let roles: [String]?
        /// Seconds.
        let ttl: Int?
    }

    static func create(_ call: Call) throws(KitError) -> HTTPResponse {
        let request = try call.body(Request.self)
        let kind = request.kind ?? "ticket"
        let caller = try caller(for: kind, call)
        guard caller.proof.credentials.count < mostGenerations else {
            throw KitError(.forbidden, "too many credentials were bought with one another; ask with an API key")
        }
        let identity = try subject(request, caller, call)
        switch kind {
        case "ticket": return ticket(.socket, identity, ttl: try seconds(request.ttl, usual: 60, most: 3_600), call)
        case "start": return ticket(.start, identity, ttl: try seconds(request.ttl, usual: 600, most: 3_600), call)
        case "session":
            var ttl = try seconds(request.ttl, usual: 900, most: 604_800)
            // A session bought with a session ends with it: otherwise one token would be good for ever.
            if let expiry = caller.expiresAt { ttl = min(ttl, Int(expiry.seconds - call.now.seconds)) }
            let token = try call.services.authenticator.makeToken(for: identity, ttl: .seconds(ttl), now: call.now)
            return HTTPResponse(
                status: .created,
                [
                    "kind": "session", "token": .string(token),
                    "expiresAt": .string((call.now + .seconds(ttl)).secondsDescription),
                ])
        default: throw KitError(.invalid, "kind must be ticket, start or session")
        }
    }

    /// `POST /api/v1/tickets/verify {"credential"}`: whether it would let somebody in, and whom; nothing is used up. Administrators may ask
    /// about any, others about their own.
    static func verify(_ call: Call) throws(KitError) -> HTTPResponse {
        struct Request: Decodable { let credential: String }
        let caller = try call.caller()
        let request = try call.body(Request.self)
        let identity: Identity
        do throws(KitError) {
            identity = try call.services.authenticator.check(.bearer(request.credential), now: call.now)
        } catch {
            return HTTPResponse(["valid": false, "reason": .string(error.message)])
        }
        guard caller.isAdmin || caller.user == identity.user else {
            throw KitError(.forbidden, "only an administrator asks about someone else's credentials")
        }
        return HTTPResponse([
            "valid": true, "user": .string(identity.name), "scope": .string(identity.scope.rawValue),
            "organization": identity.organization.map(JSON.string) ?? .null,
            "roles": .array(identity.roles.map(JSON.string)),
            "expiresAt": identity.expiresAt.map { .string($0.secondsDescription) } ?? .null,
        ])
    }

    /// The live page presents its start ticket, which buys one session and nothing else. An administrator's looks at the server, and
    /// changes nothing but their own links.
    private static func caller(for kind: String, _ call: Call) throws(KitError) -> Identity {
        let text = try call.bearer()
        guard kind == "session", case .ticket = Credential.bearer(text) else { return try call.caller() }
        let start = try call.services.authenticator.startIdentity(text, now: call.now)
        return Identity(
            user: start.user, scope: .observer, organization: start.organization, roles: start.roles, proof: start.proof
        )
    }

    private static func subject(_ request: Request, _ caller: Identity, _ call: Call) throws(KitError) -> Identity {
        var user = caller.user
        if let text = request.user {
            guard let id = UserID(text) else { throw KitError(.invalid, "user must be 24 hexadecimal digits") }
            user = id
        }
        let known = call.services.authenticator.identity(of: user)
        let wished = Identity(
            user: user, scope: known.scope.narrowed(to: caller.scope),
            organization: request.organization ?? known.organization,
            roles: request.roles ?? known.roles, proof: caller.proof)
        guard !caller.isAdmin else { return wished }
        guard user == caller.user, wished.organization == known.organization,
            Set(wished.roles).isSubset(of: known.roles)
        else {
            throw KitError(
                .forbidden, "only an administrator makes credentials for someone else, or with roles you do not hold")
        }
        return wished
    }

    private static func ticket(_ use: Ticket.Use, _ identity: Identity, ttl: Int, _ call: Call) -> HTTPResponse {
        let text = call.services.authenticator.makeTicket(for: use, identity, ttl: .seconds(ttl), now: call.now)
        return HTTPResponse(
            status: .created,
            [
                "kind": .string(use.rawValue), "ticket": .string(text), "expiresIn": .int(ttl),
                "expiresAt": .string((call.now + .seconds(ttl)).secondsDescription),
            ])
    }

    private static func seconds(_ asked: Int?, usual: Int, most: Int) throws(KitError) -> Int {
        guard let asked else { return usual }
        guard (1...most).contains(asked) else { throw KitError(.invalid, "ttl must be from 1 to \(most) seconds") }
        return asked
    }
}
