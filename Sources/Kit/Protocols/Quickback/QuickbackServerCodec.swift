import NIOCore

/// Quickback's broadcast socket, server half (docs.quickback.dev, realtime): a ticket opens it, then the client only listens to its
/// organization.
struct QuickbackServerCodec: ServerCodec {
    static let maximumMessage = 4_096
    /// Two pings without an answer.
    static let liveness = Liveness(ping: .seconds(30), silence: .seconds(90))
    private static let paths: Set<String> = ["/realtime/v1/websocket", "/broadcast/v1/websocket"]

    private let settings: ProtocolSettings
    /// As the address names it; nil when it does not.
    private let organization: String?

    init(_ request: UpgradeRequest, _ settings: ProtocolSettings) throws(KitError) {
        self.settings = settings
        organization = request.value("organizationId").flatMap { $0.isEmpty ? nil : $0 }
    }

    static func claims(
        _ request: UpgradeRequest, _ settings: ProtocolSettings, namesAccount: (String) -> Bool
    ) -> Bool { paths.contains(request.path) }

    static func credential(in request: UpgradeRequest) throws(KitError) -> Credential {
        guard let ticket = request.value("ws_ticket"), !ticket.isEmpty else {
            throw KitError(
                .unauthorized, "open this socket with ?ws_ticket= and a ticket from POST /realtime/v1/ws-ticket")
        }
        return .realtime(ticket)
    }

    static func refusal(_ error: KitError, of request: UpgradeRequest) -> JSON? {
        let isMissing = request.value("ws_ticket")?.isEmpty ?? true
        return (isMissing && error.code == .unauthorized ? .missing : QuickbackError(error)).json
    }

    var following: Following? { nil }

    func audience(of identity: Identity) throws(KitError) -> Audience {
        guard let own = identity.organization else {
            throw KitError(.forbidden, "the ticket names no organization")
        }
        guard organization == nil || organization == own else {
            throw KitError(.forbidden, "the ticket is for another organization")
        }
        return Audience(wire: .quickback, view: settings.quickback.views.view(of: identity.roles))
    }

    mutating func opened(_ identity: Identity) -> [Action] {
        guard let organization = identity.organization else { return [] }
        let key = settings.key(of: organization)
        return [.join(.organization(key)), .join(.member(key, identity.user))]
    }

    /// The official client sends nothing but perhaps the bare word `ping`.
    mutating func receive(_ message: ByteBuffer) -> [Action] {
        message.readableBytesView.elementsEqual("ping".utf8) ? [.send(ByteBuffer(string: "pong"))] : []
    }
}

/// What the codec needs to know of this server.
struct QuickbackSettings: Sendable {
    let policy: RowPolicy
    let views: RoleViews

    init(_ policy: RowPolicy) {
        self.policy = policy
        views = RoleViews(policy)
    }
}
