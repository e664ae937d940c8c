import NIOCore
import NIOHTTP1

/// `POST /api/v1/tickets/revoke`: takes credentials back, for good, and closes the sockets opened with them.
enum RevocationRoute {
    private struct Request: Decodable {
        /// A ticket, a token or an API key.
        let credential: String?
        /// Or everything of this user.
        let user: String?
    }

    /// Administrators revoke any, others their own. In force at once; answered when it is durable.
    static func revoke(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        let caller = try call.caller()
        let withdrawal = try withdrawal(call.body(Request.self), caller, call)
        guard caller.isAdmin || withdrawal.owner == caller.user else {
            throw KitError(.forbidden, "only an administrator revokes someone else's credentials")
        }
        let services = call.services
        let keys = try services.authenticator.apply(withdrawal, by: caller, now: call.now)
        let loop = call.server.loop
        let closed = services.endRevoked(answeringOn: loop)
        // Keys are stored as such; their own revocation follows from that.
        let changes =
            keys.map { CommitGroup.Change.key($0) }
            + (withdrawal.kind == .key ? [] : withdrawal.revocations.map { .revocation($0) })
        return EventLoopFuture.andAllSucceed(changes.map { services.recorder.apply($0, on: loop) }, on: loop)
            .flatMap { closed }
            .map {
                HTTPResponse([
                    "revoked": .string(withdrawal.kind.rawValue), "user": .string(withdrawal.name), "closed": .int($0),
                ])
            }
    }

    private static func withdrawal(
        _ request: Request, _ caller: Identity, _ call: Call
    ) throws(KitError) -> Withdrawal {
        let authenticator = call.services.authenticator
        switch (request.credential, request.user) {
        case (let text?, nil): return try authenticator.withdrawal(of: text, now: call.now)
        case (nil, let name?) where (1...256).contains(name.utf8.count):
            return authenticator.withdrawal(ofUser: name, by: caller, now: call.now)
        default: throw KitError(.invalid, "name either a credential or a user, of 1 to 256 bytes")
        }
    }
}
