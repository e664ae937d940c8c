import NIOCore

/// QuickDapp's notification socket, server half (QuickDapp v3, server/ws): anybody may open it; `register` says whose it is, as often as it
/// likes.
struct QuickdappServerCodec: ServerCodec {
    static let maximumMessage = 65_536
    /// The original's framework closes after 120 s and leaves it to tabs to speak; ours do not, so they are asked.
    static let liveness = Liveness(ping: .seconds(30), silence: .seconds(120))

    /// Registered without a message: the form of the address older clients use.
    private let token: String?
    /// Whose notifications this connection hears; nil while it is anonymous.
    private var account: AccountID?

    init(_ request: UpgradeRequest, _ settings: ProtocolSettings) throws(KitError) { token = request.value("token") }

    /// `/ws` without a credential, or with a token of this protocol; at the port of its own with anything.
    static func claims(
        _ request: UpgradeRequest, _ settings: ProtocolSettings, namesAccount: (String) -> Bool
    ) -> Bool {
        guard request.path == "/ws" else { return false }
        guard request.entrance != .quickdapp else { return true }
        if let token = request.value("token") { return namesAccount(token) }
        return request.value("ticket") == nil && !settings.refusesBareSockets
    }

    static func credential(in request: UpgradeRequest) throws(KitError) -> Credential { .none }

    var following: Following? { nil }

    func audience(of identity: Identity) throws(KitError) -> Audience { Audience(wire: .quickdapp) }

    mutating func opened(_ identity: Identity) -> [Action] {
        [.send(QuickdappMessage.connected.bytes), .take(.connection)]
    }

    mutating func receive(_ message: ByteBuffer) -> [Action] {
        switch QuickdappMessage(message) {
        case .register(let token):
            let actions = forget()
            return actions + (token.map { [.verify($0)] } ?? [])
        case let other: return [.send(QuickdappMessage.validation(found: other.json).bytes)]
        }
    }

    /// The place is given back first: whoever registers again is not refused because of itself.
    private mutating func forget() -> [Action] {
        guard let account = exchange(&account, with: nil) else { return [] }
        return [.leave(.account(account)), .giveBack(.account(account)), .forgetAccount]
    }

    mutating func verified(_ account: Result<AccountID, KitError>) -> [Action] {
        switch account {
        case .success(let id): [.take(.account(id))]
        case .failure(let error):
            [.send(QuickdappMessage.error(code: "INVALID_TOKEN", message: error.message).bytes)]
        }
    }

    mutating func seated(_ seat: Seat, _ wasFree: Bool) -> [Action] {
        switch (seat, wasFree) {
        case (.connection, true): return [.join(.accounts)] + (token.map { [.verify($0)] } ?? [])
        case (.account(let id), true):
            account = id
            return [.join(.account(id)), .send(QuickdappMessage.registered(id).bytes)]
        case (.connection, false):
            return refuse(
                .tryAgainLater, "CONNECTION_LIMIT_TOTAL_EXCEEDED",
                "Server connection limit exceeded. Please try again later.")
        case (.account, false):
            return refuse(
                .policy, "CONNECTION_LIMIT_PER_USER_EXCEEDED",
                "Too many active connections for this user. Please close some connections and try again.")
        }
    }

    private func refuse(_ close: CloseCode, _ code: String, _ message: String) -> [Action] {
        [.send(QuickdappMessage.error(code: code, message: message).bytes), .end(close, reason: code)]
    }
}
