import Foundation
import NIOCore
import NIOHTTP1

/// Quickback's HTTP part: tickets, and publishing by internal calls. Its errors are in its own words.
enum QuickbackRoutes {
    private static let ticketSeconds = 60
    private static let cookies = ["better-auth.session_token", "quikko_session"]

    /// Answers the paths under `/realtime/v1/` and `/broadcast/v1/`; nil for what is not there.
    static func respond(_ call: Call) -> EventLoopFuture<HTTPResponse>? {
        let path = call.request.path
        guard let rest = ["/realtime/v1/", "/broadcast/v1/"].lazy.compactMap({ path.trimmed(of: $0) }).first else {
            return nil
        }
        switch (call.request.head.method, rest) {
        case (.POST, "ws-ticket"): return call.answer(answer { () throws(Failure) in try ticket(call) })
        case (.POST, "api/broadcast"):
            do throws(Failure) {
                return try broadcast(call)
            } catch {
                return call.answer(error.response)
            }
        case (.GET, "websocket"):
            var response = HTTPResponse(
                status: .upgradeRequired,
                plain: QuickbackError(layer: "validation", code: "VALIDATION_FAILED", "this address speaks WebSocket")
                    .json)
            response.headers.append(("Upgrade", "websocket"))
            return call.answer(response)
        case (_, "ws-ticket"), (_, "api/broadcast"), (_, "websocket"):
            return call.answer(
                HTTPResponse(
                    KitError(.invalid, "\(path) does not take \(call.request.head.method)"), status: .methodNotAllowed))
        default: return nil
        }
    }

    private struct Failure: Error {
        let response: HTTPResponse

        init(_ error: QuickbackError, _ status: HTTPResponseStatus) {
            response = HTTPResponse(status: status, plain: error.json)
        }

        init(_ error: KitError) {
            response = HTTPResponse(status: HTTPResponse.status(of: error.code), plain: QuickbackError(error).json)
        }
    }

    private static func answer(_ body: () throws(Failure) -> HTTPResponse) -> HTTPResponse {
        do throws(Failure) {
            return try body()
        } catch {
            return error.response
        }
    }

    // MARK: Tickets

    private struct TicketRequest: Decodable {
        let organizationId: String?
        let scopeKey: String?
    }

    private static func ticket(_ call: Call) throws(Failure) -> HTTPResponse {
        let session = try session(call)
        let request: TicketRequest
        do throws(KitError) {
            request = try call.body(TicketRequest.self)
        } catch {
            throw Failure(error)
        }
        guard let organization = session.organization else { throw Failure(.withoutOrganization, .forbidden) }
        guard request.organizationId == nil || request.organizationId == organization else {
            throw Failure(KitError(.forbidden, "the session's user is not in this organization"))
        }
        guard request.scopeKey == nil else {
            throw Failure(KitError(.invalid, "scopeKey is not supported by this server; leave it out"))
        }
        guard call.services.ticketLimit.allows(session.user, now: call.now) else {
            throw Failure(KitError(.limitExceeded, "too many tickets; a ticket can be used until it expires"))
        }
        let text = call.services.authenticator.makeTicket(
            for: .realtime, session, ttl: .seconds(ticketSeconds), now: call.now)
        return HTTPResponse(status: .ok, plain: ["wsTicket": .string(text), "expiresIn": .int(ticketSeconds)])
    }

    private static func session(_ call: Call) throws(Failure) -> Identity {
        let bearer: String? = (try? call.bearer()) ?? cookies.lazy.compactMap(call.cookie).first
        guard let bearer else { throw Failure(.missing, .unauthorized) }
        do throws(KitError) {
            return try call.services.authenticator.sessionIdentity(bearer, now: call.now)
        } catch {
            throw Failure(error)
        }
    }

    // MARK: Publishing

    private static func broadcast(_ call: Call) throws(Failure) -> EventLoopFuture<HTTPResponse> {
        guard isInternal(call) else {
            throw Failure(KitError(.unauthorized, "internal calls need the header X-Internal-Secret"))
        }
        let bytes = call.request.body.readableBytesView
        guard bytes.count <= PublicationRequest.maximumBytes else {
            throw Failure(KitError(.tooLarge, "a publication has at most 256 KiB"))
        }
        let request: PublicationRequest
        do {
            request = try PublicationRequest(
                try JSON(parsing: Array(bytes)), size: bytes.count, settings: call.services.protocols, now: call.now)
        } catch let refused as PublicationRequest.Refused {
            throw Failure(QuickbackError(refused.error, fields: refused.fields), .badRequest)
        } catch {
            throw Failure(error as? KitError ?? KitError(.invalid, "the body is not JSON"))
        }
        return call.services.publish(request.publication, answeringOn: call.server.loop)
            .map { HTTPResponse(status: .ok, plain: ["success": true, "delivered": .int($0)]) }
    }

    /// The shared secret, in its own header or as a bearer; administrators may as well.
    private static func isInternal(_ call: Call) -> Bool {
        let authenticator = call.services.authenticator
        if let secret = call.request.head.headers.first(name: "x-internal-secret") {
            return authenticator.isInternal(secret)
        }
        guard let bearer = try? call.bearer() else { return false }
        return authenticator.isInternal(bearer)
            || (try? authenticator.callerIdentity(.bearer(bearer), now: call.now))?.isAdmin == true
    }
}

extension String {
    /// What stands behind `prefix`; nil without it.
    fileprivate func trimmed(of prefix: String) -> String? { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil }
}
