import NIOCore
import NIOHTTP1

/// `/api/v1/keys`: the caller's API keys. Their secrets are shown once, when they are made.
enum KeyRoutes {
    /// Good keys of one user at most.
    private static let most = 100

    static func create(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        struct Request: Decodable {
            let label: String?
            let scope: String?
        }
        let (caller, owner) = try LinkRoutes.owner(call)
        let request = try call.body(Request.self)
        let label = request.label ?? ""
        guard label.unicodeScalars.count <= 100 else { throw KitError(.invalid, "a label has at most 100 characters") }
        var scope: Scope = caller.isAdmin ? .admin : .user
        if let text = request.scope {
            guard let asked = Scope(rawValue: text), asked != .observer else {
                throw KitError(.invalid, "scope must be admin or user")
            }
            guard asked == .user || caller.isAdmin else {
                throw KitError(.forbidden, "only an administrator makes an administrator's key")
            }
            scope = asked
        }
        guard call.services.directory.keys(of: owner.id).count(where: { $0.revokedAt == nil }) < most else {
            throw KitError(.conflict, "you have \(most) keys; revoke one first")
        }
        let (key, text) = APIKey.make(for: owner.id, scope: scope, label: label, now: call.now)
        return store(key, call).map { _ in
            guard case .object(var view) = key.json else { return HTTPResponse(key.json) }
            view.members.insert(("key", .string(text)), at: 1)
            return HTTPResponse(status: .created, .object(view))
        }
    }

    static func list(_ call: Call) throws(KitError) -> HTTPResponse {
        let (_, owner) = try LinkRoutes.owner(call)
        let keys = call.services.directory.keys(of: owner.id).sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        return HTTPResponse(.array(keys.map(\.json)))
    }

    /// It lets nobody in any more, and the sockets opened with what it bought are closed. A revoked one can be revoked again.
    static func revoke(_ id: String, _ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        let (caller, owner) = try LinkRoutes.owner(call)
        guard let key = call.services.directory.key(id), key.user == owner.id else {
            throw KitError(.forbidden, "no key of yours has this id")
        }
        guard key.revokedAt == nil else { return call.answer(HTTPResponse(.null)) }
        let services = call.services
        let loop = call.server.loop
        let withdrawal = Withdrawal(
            kind: .key, name: owner.id.description, owner: owner.id,
            revocations: [Revocation(subject: .credential(key.credential), at: call.now)], keys: [key])
        let revoked = try services.authenticator.apply(withdrawal, by: caller, now: call.now)
        let closed = services.endRevoked(answeringOn: loop)
        let stored = revoked.map { services.recorder.apply(.key($0), on: loop) }
        return EventLoopFuture.andAllSucceed(stored, on: loop).flatMap { closed }.map { _ in HTTPResponse(.null) }
    }

    private static func store(_ key: APIKey, _ call: Call) -> EventLoopFuture<Void> {
        call.services.recorder.apply(.key(key), on: call.server.loop).map { call.services.directory.set(key) }
    }
}

extension APIKey {
    fileprivate var json: JSON {
        [
            "id": .string(id), "label": .string(label), "scope": .string(scope.rawValue),
            "createdAt": .string(createdAt.secondsDescription),
            "revokedAt": revokedAt.map { .string($0.secondsDescription) } ?? .null,
        ]
    }
}
