import NIOCore
import NIOHTTP1

/// Polling: the HTTP half of Engine.IO 4, wherever a protocol travels in it.
enum EngineRoutes {
    /// Nil for what is no address of such a protocol.
    static func respond(_ call: Call) -> EventLoopFuture<HTTPResponse>? {
        var request = UpgradeRequest(target: call.request.target, at: call.request.entrance)
        guard let codec = Handshake.codec(of: request, call.services, call.now), codec.carrier(of: request) == .engine
        else { return nil }
        request.authorization = try? call.bearer()
        do throws(EngineRequest.Refusal) {
            return try respond(call, request, codec)
        } catch {
            return call.answer(.engine(error))
        }
    }

    private static func respond(
        _ call: Call, _ request: UpgradeRequest, _ codec: any ServerCodec.Type
    ) throws(EngineRequest.Refusal) -> EventLoopFuture<HTTPResponse> {
        let wish = try EngineRequest(request)
        // A WebSocket begins with an upgrade.
        guard wish.transport == .polling else { throw .badRequest }
        let origin = call.request.head.headers.first(name: "origin")
        guard OriginRule(call.services.configuration, at: call.request.entrance).allows(origin, host: call.request.host)
        else {
            throw .forbidden
        }
        guard let id = wish.session else {
            guard call.request.head.method == .GET else { throw .badMethod }
            return open(call, request, codec)
        }
        guard let home = call.services.engines.home(of: id) else { throw .unknownSession }
        let body = call.request.body
        switch call.request.head.method {
        case .GET: return asking(home, id, call) { $0.poll() }
        case .POST:
            guard body.readableBytes <= EngineSession.maximumPayload else {
                return call.answer(
                    HTTPResponse(KitError(.tooLarge, "a payload has at most \(EngineSession.maximumPayload) bytes")))
            }
            let type = call.request.head.headers.first(name: "content-type")
            guard type?.hasPrefix("application/octet-stream") != true else { throw .badRequest }
            return asking(home, id, call) { session in
                session.server.loop.makeSucceededFuture(session.post(body))
            }
        default: throw .badRequest
        }
    }

    /// On the session's loop.
    private static func asking(
        _ home: ServerLoop, _ id: String, _ call: Call,
        _ body: @escaping @Sendable (EngineSession) -> EventLoopFuture<HTTPResponse>
    ) -> EventLoopFuture<HTTPResponse> {
        home.loop.flatSubmit {
            home.engines[id].map(body) ?? home.loop.makeSucceededFuture(.engine(EngineRequest.Refusal.unknownSession))
        }.hop(to: call.server.loop)
    }

    /// A session on the next loop in turn; the answer has its first packet.
    private static func open(
        _ call: Call, _ request: UpgradeRequest, _ type: any ServerCodec.Type
    ) -> EventLoopFuture<HTTPResponse> {
        let services = call.services
        do throws(KitError) {
            let codec = try type.init(request, services.protocols)
            try Admission.check(services)
            let identity = try services.authenticator.socketIdentity(type.credential(in: request), now: call.now)
            let admission = try Admission(
                nil, identity: identity, audience: codec.audience(of: identity), services: services, now: call.now)
            let home = services.nextSocketLoop()
            return home.loop.flatSubmit {
                let session = EngineSession(server: home, admission: admission, codec: codec)
                session.open(on: nil)
                return session.poll()
            }.hop(to: call.server.loop)
        } catch {
            return call.answer(HTTPResponse(error))
        }
    }
}
