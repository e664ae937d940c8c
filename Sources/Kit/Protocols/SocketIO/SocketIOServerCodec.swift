import NIOCore

/// The dashboards' sockets, server half (EventZR analytics-svc): Socket.IO 5 with two namespaces, each joined with a token of its own.
struct SocketIOServerCodec: ServerCodec {
    /// Of one Engine.IO packet.
    static let maximumMessage = 1_000_000
    static let maximumSubscriptions = 100
    /// Its sessions ask in packets of their own; this is their rhythm.
    static let liveness = Liveness(ping: .seconds(25), silence: .seconds(45))
    private static let longestName = 256

    private struct Joined {
        let tenant: OrganizationKey
        /// Rooms of each entity, by what the client calls it.
        var subscriptions: [String: [Room]] = [:]
    }

    private let settings: ProtocolSettings
    /// What the handshake presented, for packets that present nothing.
    private let handshakeToken: String?
    private var reader = SocketIOReader()
    private var namespaces: [MetricSubject.Namespace: Joined] = [:]
    /// The main namespace has no events.
    private var isInMain = false

    init(_ request: UpgradeRequest, _ settings: ProtocolSettings) throws(KitError) {
        self.settings = settings
        handshakeToken = request.authorization ?? request.value("token")
    }

    static func claims(
        _ request: UpgradeRequest, _ settings: ProtocolSettings, namesAccount: (String) -> Bool
    ) -> Bool { request.path == "/socket.io/" || request.path == "/socket.io" }

    static func carrier(of request: UpgradeRequest) -> Carrier { .engine }

    /// Each namespace asks by itself.
    static func credential(in request: UpgradeRequest) throws(KitError) -> Credential { .none }

    var following: Following? { nil }
    var isEstablished: Bool { isInMain || !namespaces.isEmpty }

    func audience(of identity: Identity) throws(KitError) -> Audience { Audience(wire: .socketio) }

    /// The server says nothing before the client's first packet.
    mutating func opened(_ identity: Identity) -> [Action] { [] }

    // MARK: In

    mutating func receive(_ message: ByteBuffer) -> [Action] {
        do throws(SocketIOPacket.Mistake) {
            return try reader.text(message).map { message throws(SocketIOPacket.Mistake) in try handle(message) } ?? []
        } catch {
            return [.end(.protocolError, reason: error.words)]
        }
    }

    mutating func receiveBinary(_ message: ByteBuffer) -> [Action] {
        do throws(SocketIOPacket.Mistake) {
            return try reader.binary(message).map { message throws(SocketIOPacket.Mistake) in try handle(message) }
                ?? []
        } catch {
            return [.end(.protocolError, reason: error.words)]
        }
    }

    private mutating func handle(_ message: SocketIOReader.Message) throws(SocketIOPacket.Mistake) -> [Action] {
        let packet = message.packet
        switch packet.kind {
        case .connect: return try connect(packet)
        case .disconnect: return try disconnect(packet.namespace)
        case .connectError: throw .init(words: "only a server refuses")
        case .ack, .binaryAck:
            // Nothing is asked of clients; an answer is harmless where they are.
            try requireJoined(packet.namespace)
            return []
        case .event, .binaryEvent: return try event(packet)
        }
    }

    private func requireJoined(_ namespace: String) throws(SocketIOPacket.Mistake) {
        let isJoined =
            namespace == "/" ? isInMain : MetricSubject.Namespace(rawValue: namespace).map { namespaces[$0] != nil }
        guard isJoined == true else { throw .init(words: "a namespace that was not joined") }
    }

    // MARK: Namespaces

    private mutating func connect(_ packet: SocketIOPacket) throws(SocketIOPacket.Mistake) -> [Action] {
        if packet.namespace == "/" {
            guard !exchange(&isInMain, with: true) else { throw .init(words: "a namespace joined twice") }
            return [accept("/")]
        }
        guard let namespace = MetricSubject.Namespace(rawValue: packet.namespace) else {
            return [refuse(packet.namespace, "Invalid namespace", nil)]
        }
        guard namespaces[namespace] == nil else { throw .init(words: "a namespace joined twice") }
        var token = handshakeToken
        if case .string(let text)? = packet.payload?["token"], !text.isEmpty { token = text }
        guard let token, !token.isEmpty else {
            return [refuse(packet.namespace, "Unauthorized", "missing token")]
        }
        return [.authenticate(token.strippingBearer, for: namespace.rawValue)]
    }

    mutating func authenticated(for namespace: String, _ result: Result<Identity, KitError>) -> [Action] {
        guard let known = MetricSubject.Namespace(rawValue: namespace), namespaces[known] == nil else { return [] }
        switch result {
        case .success(let identity):
            guard let organization = identity.organization else {
                return [refuse(namespace, "Tenant missing", "the token names no tenant")]
            }
            let tenant = settings.key(of: organization)
            namespaces[known] = Joined(tenant: tenant)
            let joining: [Action] =
                known == .analytics ? [.joinAs(.dashboards(tenant), audience(MetricSubject(.analytics)))] : []
            return [accept(namespace)] + joining
        case .failure(let error):
            let message =
                switch error.code {
                case .expired: "Token expired"
                case .forbidden: "Tenant missing"
                default: "Unauthorized"
                }
            return [refuse(namespace, message, error.message)]
        }
    }

    private func accept(_ namespace: String) -> Action {
        .send(SocketIOPacket(.connect, in: namespace, ["sid": .string(SocketIOID.make())]).bytes)
    }

    private func refuse(_ namespace: String, _ message: String, _ reason: String?) -> Action {
        let data: [(String, JSON)] =
            reason.map { [("data", ["code": "UNAUTHORIZED", "reason": .string($0)])] } ?? []
        return .send(
            SocketIOPacket(.connectError, in: namespace, .object(.init([("message", .string(message))] + data))).bytes)
    }

    private mutating func disconnect(_ namespace: String) throws(SocketIOPacket.Mistake) -> [Action] {
        try requireJoined(namespace)
        guard let known = MetricSubject.Namespace(rawValue: namespace) else {
            isInMain = false
            return []
        }
        guard let joined = namespaces.removeValue(forKey: known) else { return [] }
        var actions = joined.subscriptions.flatMap { entity, rooms in leaving(entity, rooms, known) }
        if known == .analytics {
            actions.append(.leaveAs(.dashboards(joined.tenant), audience(MetricSubject(.analytics))))
        }
        return actions
    }

    // MARK: Events

    private mutating func event(_ packet: SocketIOPacket) throws(SocketIOPacket.Mistake) -> [Action] {
        try requireJoined(packet.namespace)
        guard case .array(let arguments)? = packet.payload,
            let namespace = MetricSubject.Namespace(rawValue: packet.namespace), let joined = namespaces[namespace]
        else { return [] }
        let argument = arguments.count > 1 ? arguments[1] : .null
        switch arguments.first {
        case "subscribe":
            guard let entity = entity(in: argument), let type = type(in: argument) else {
                return refuse(.notFound, namespace, packet.id)
            }
            guard joined.subscriptions[entity] != nil || joined.subscriptions.count < Self.maximumSubscriptions else {
                let words = "at most \(Self.maximumSubscriptions) subscriptions on one socket; unsubscribe first"
                return refuse(AnalyticsError(.limitExceeded, words), namespace, packet.id)
            }
            return [
                .describe(
                    EntityQuestion(
                        tenant: joined.tenant, entity: entity, type: type, namespace: namespace, ack: packet.id))
            ]
        case "unsubscribe":
            guard let entity = entity(in: argument) else { return refuse(.notFound, namespace, packet.id) }
            let rooms = namespaces[namespace]?.subscriptions.removeValue(forKey: entity) ?? []
            return leaving(entity, rooms, namespace) + acknowledge(entity, namespace, packet.id)
        // The original ignores what it does not know.
        default: return []
        }
    }

    private func entity(in argument: JSON) -> String? {
        guard case .string(let entity)? = argument["entityId"], (1...Self.longestName).contains(entity.utf8.count)
        else { return nil }
        return entity
    }

    private func type(in argument: JSON) -> String? {
        switch argument["entityType"] {
        case nil: "event"
        case .string(let type) where (1...Self.longestName).contains(type.utf8.count): type
        default: nil
        }
    }

    mutating func described(_ question: EntityQuestion, _ result: Result<EntityReport, AnalyticsError>) -> [Action] {
        guard let joined = namespaces[question.namespace] else { return [] }
        switch result {
        case .failure(let error): return refuse(error, question.namespace, question.ack)
        case .success(let report):
            let initial = SocketIOPacket.event(
                "dashboard:initial", report.json(question), in: question.namespace.rawValue)
            // Whoever asks again is told again, and hears each value once.
            let isNew = joined.subscriptions[question.entity] == nil
            if isNew { namespaces[question.namespace]?.subscriptions[question.entity] = report.rooms }
            let audience = audience(subject(question.entity, question.namespace))
            let joining = isNew ? report.rooms.map { Action.joinAs($0, audience) } : []
            return [.send(initial.bytes)] + joining + acknowledge(question.entity, question.namespace, question.ack)
        }
    }

    private func subject(_ entity: String, _ namespace: MetricSubject.Namespace) -> MetricSubject {
        MetricSubject(namespace, entity: entity, clickNames: settings.clickNames)
    }

    private func audience(_ subject: MetricSubject) -> Audience { Audience(wire: .socketio, subject: subject) }

    private func leaving(_ entity: String, _ rooms: [Room], _ namespace: MetricSubject.Namespace) -> [Action] {
        let audience = audience(subject(entity, namespace))
        return rooms.map { .leaveAs($0, audience) }
    }

    private func acknowledge(_ entity: String, _ namespace: MetricSubject.Namespace, _ id: Int?) -> [Action] {
        answer(["success": true, "entityId": .string(entity)], namespace, id)
    }

    private func answer(_ answer: JSON, _ namespace: MetricSubject.Namespace, _ id: Int?) -> [Action] {
        id.map { [.send(SocketIOPacket(.ack, in: namespace.rawValue, id: $0, [answer]).bytes)] } ?? []
    }

    private func refuse(_ error: AnalyticsError, _ namespace: MetricSubject.Namespace, _ id: Int?) -> [Action] {
        [.send(SocketIOPacket.event("error", error.json, in: namespace.rawValue).bytes)]
            + answer(["success": false, "error": error.json], namespace, id)
    }
}

extension String {
    /// Without the scheme some clients put before a token.
    var strippingBearer: String {
        lowercased().hasPrefix("bearer ") ? String(dropFirst(7).drop { $0 == " " }) : self
    }
}
