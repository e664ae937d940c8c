import NIOCore
import NIOHTTP1
import Synchronization

/// The WebSocket opening handshake, server side (RFC 6455 §4.2). Everything is decided here, before the 101: a peer that may
/// not come in gets an ordinary HTTP answer.
struct Handshake {
    enum Answer {
        /// The bytes of the 101.
        case accepted(ByteBuffer, Opening)
        case refused(HTTPResponse)
    }

    /// What the socket becomes.
    struct Opening: Sendable {
        /// The loop it belongs on; nil for any.
        var home: ServerLoop?
        let make: @Sendable (ServerLoop) -> LiveConnection
    }

    let target: String
    let entrance: Entrance
    let key: String
    let version: String
    let origin: String?
    let host: String
    /// The credential of `Authorization: Bearer`, where one was sent.
    var authorization: String?

    /// Verifies the credential and, when it is a ticket, burns it.
    func answer(by server: ServerLoop, now: Timestamp) -> Answer {
        var request = UpgradeRequest(target: target, at: entrance)
        request.authorization = authorization
        guard let type = Self.codec(of: request, server.services, now) else {
            return .refused(
                HTTPResponse(KitError(.notFound, "no WebSocket is served here; native sockets open at /ws")))
        }
        guard version == "13", Base64.isNonce(key) else { return .refused(Self.badHandshake) }
        guard OriginRule(server.services.configuration, at: entrance).allows(origin, host: host) else {
            return .refused(
                HTTPResponse(KitError(.forbidden, "this origin may not open sockets; name it in ALLOWED_ORIGINS")))
        }
        if type.carrier(of: request) == .engine {
            do throws(EngineRequest.Refusal) {
                let wish = try EngineRequest(request)
                guard wish.transport == .websocket else { throw .badRequest }
                if let id = wish.session { return try join(id, server, now) }
            } catch {
                return .refused(Self.refusal(error))
            }
        }
        do throws(KitError) {
            let credential = try type.credential(in: request)
            let codec = try type.init(request, server.services.protocols)
            // Before a ticket is burnt: whoever is turned away here may come again with it.
            try Admission.check(server.services)
            let identity = try server.services.authenticator.socketIdentity(credential, now: now)
            let audience = try codec.audience(of: identity)
            let admission = try Admission(
                codec.following, identity: identity, audience: audience, services: server.services, now: now)
            let opening =
                switch type.carrier(of: request) {
                case .webSocket:
                    Opening { WebSocketConnection(server: $0, admission: admission, codec: codec) }
                case .engine:
                    Opening { EngineSocket(server: $0, admission: admission, .opening(codec)) }
                }
            return .accepted(
                reply(
                    type.carrier(of: request) == .engine
                        ? [("X-Quikko-Connection", server.services.name(of: admission))]
                        : admission.headers(server.services)), opening)
        } catch {
            let own = type.refusal(error, of: request)
            return .refused(
                own.map { HTTPResponse(status: HTTPResponse.status(of: error.code), plain: $0) } ?? HTTPResponse(error))
        }
    }

    /// A socket for a session of Engine.IO that is there.
    private func join(
        _ id: String, _ server: ServerLoop, _ now: Timestamp
    ) throws(EngineRequest.Refusal) -> Answer {
        guard let home = server.services.engines.home(of: id),
            let admission = try? Admission(
                nil, identity: .anonymous, audience: Audience(wire: .socketio), services: server.services, now: now)
        else { throw .unknownSession }
        return .accepted(
            reply([]),
            Opening(home: home) { EngineSocket(server: $0, admission: admission, .joining(id)) })
    }

    /// The words alone, as its clients know it from an upgrade.
    private static func refusal(_ error: EngineRequest.Refusal) -> HTTPResponse {
        var response = HTTPResponse(status: .badRequest, body: ByteBuffer(string: error.message))
        response.headers.append(("Content-Type", "text/plain; charset=utf-8"))
        return response
    }

    /// Who understands what comes behind this upgrade.
    static func codec(of request: UpgradeRequest, _ services: Services, _ now: Timestamp) -> (any ServerCodec.Type)? {
        if services.configuration.isConformanceTestee {
            return ConformanceServerCodec.claims(request, services.protocols, namesAccount: { _ in false })
                ? ConformanceServerCodec.self : nil
        }
        return wire(of: request, services, now)?.serverCodec
    }

    /// The protocol whose upgrade this is.
    static func wire(of request: UpgradeRequest, _ services: Services, _ now: Timestamp) -> WireProtocol? {
        WireProtocol.claiming(request, services.protocols) { services.authenticator.namesAccount($0, now: now) }
    }

    private func reply(_ headers: [(name: String, value: String)]) -> ByteBuffer {
        var reply = ByteBuffer()
        reply.reserveCapacity(256)
        reply.writeStaticString(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ")
        reply.writeString(WebSocketAccept.value(for: key))
        reply.writeStaticString("\r\n")
        for (name, value) in headers {
            reply.writeString(name)
            reply.writeStaticString(": ")
            reply.writeString(value)
            reply.writeStaticString("\r\n")
        }
        reply.writeStaticString("\r\n")
        return reply
    }

    private static var badHandshake: HTTPResponse {
        var response = HTTPResponse(KitError(.invalid, "not a WebSocket version 13 handshake (RFC 6455 §4.2.1)"))
        response.headers.append(("Sec-WebSocket-Version", "13"))
        return response
    }
}
