/// What the query of an Engine.IO request asks for.
struct EngineRequest: Equatable {
    enum Transport: String { case polling, websocket }

    /// Why a request is refused: the numbers and words its clients know (engine.io, lib/server.ts).
    enum Refusal: Error, Equatable {
        case unknownTransport, unknownSession, badMethod, badRequest, forbidden, unsupportedVersion

        var code: Int {
            switch self {
            case .unknownTransport: 0
            case .unknownSession: 1
            case .badMethod: 2
            case .badRequest: 3
            case .forbidden: 4
            case .unsupportedVersion: 5
            }
        }

        var message: String {
            switch self {
            case .unknownTransport: "Transport unknown"
            case .unknownSession: "Session ID unknown"
            case .badMethod: "Bad handshake method"
            case .badRequest: "Bad request"
            case .forbidden: "Forbidden"
            case .unsupportedVersion: "Unsupported protocol version"
            }
        }

        var json: JSON { ["code": .int(code), "message": .string(message)] }
    }

    let transport: Transport
    /// Nil opens a session.
    let session: String?

    init(_ request: UpgradeRequest) throws(Refusal) {
        guard let transport = request.value("transport").flatMap(Transport.init) else { throw .unknownTransport }
        self.transport = transport
        session = request.value("sid")
        guard session != nil || request.value("EIO") == "4" else { throw .unsupportedVersion }
    }
}
