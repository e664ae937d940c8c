import NIOCore

/// The native protocol, server half: the original dashboard's WebSocket.
///
/// No greeting; the own `user:` room without a message; `subscribe` and `unsubscribe` are silent when they succeed.
struct QuikkoServerCodec: ServerCodec {
    static let maximumMessage = 1_024
    static let liveness = Liveness(ping: .seconds(54), silence: .seconds(60))
    /// Link rooms one connection may remember; above it `subscribe` is refused.
    static let maximumSubscriptions = 1_024

    /// Link rooms this connection asked for. They add no delivery: each is a subset of the `user:` room it already has,
    /// and a click is delivered once per connection.
    private var subscriptions: Set<Room> = []

    let following: Following?

    init(_ request: UpgradeRequest, _ settings: ProtocolSettings) throws(KitError) {
        following = try Following(request)
    }

    func audience(of identity: Identity) -> Audience {
        Audience(wire: .quikko, variant: following == nil ? .plain : .positions)
    }

    static func claims(
        _ request: UpgradeRequest, _ settings: ProtocolSettings, namesAccount: (String) -> Bool
    ) -> Bool {
        guard request.path == "/ws" else { return false }
        if let token = request.value("token") { return !namesAccount(token) }
        return request.value("ticket") != nil || settings.refusesBareSockets
    }

    static func credential(in request: UpgradeRequest) throws(KitError) -> Credential {
        if let token = request.value("token"), !token.isEmpty { return .token(token) }
        if let ticket = request.value("ticket"), !ticket.isEmpty { return .ticket(ticket) }
        throw KitError(.unauthorized, "open this socket with ?token= or ?ticket=")
    }

    mutating func opened(_ identity: Identity) -> [Action] { following == nil ? [.join(.user(identity.user))] : [] }

    mutating func receive(_ message: ByteBuffer) -> [Action] {
        do throws(QuikkoMessage.Failure) {
            switch try QuikkoMessage(message) {
            case .subscribe where following?.rooms.isEmpty == false:
                return refuse("VALIDATION_ERROR", "this connection's rooms were named in its address")
            case .subscribe(let text):
                guard subscriptions.count < Self.maximumSubscriptions else {
                    return refuse("VALIDATION_ERROR", "too many subscriptions on one connection; unsubscribe first")
                }
                // What cannot be a code is no link of anyone's: the same answer as for a foreign one.
                guard let code = try? ShortCode(text) else { return refuseRoom() }
                return [.authorize(.link(code))]
            case .unsubscribe(let text):
                if let code = try? ShortCode(text) { subscriptions.remove(.link(code)) }
                return []
            case .clickEvent, .error, .gap, .hole, .recovered, .position, .restart:
                return refuse("VALIDATION_ERROR", "clients send subscribe or unsubscribe")
            }
        } catch {
            return refuse("VALIDATION_ERROR", error.advice)
        }
    }

    mutating func subscribed(to room: Room, _ result: Result<Void, KitError>) -> [Action] {
        guard case .success = result else { return refuseRoom() }
        subscriptions.insert(room)
        return []
    }

    private func refuseRoom() -> [Action] { refuse("FORBIDDEN", "no link of yours has this code") }

    private func refuse(_ code: String, _ message: String) -> [Action] {
        [.send(QuikkoMessage.error(code: code, message: message).bytes)]
    }
}
