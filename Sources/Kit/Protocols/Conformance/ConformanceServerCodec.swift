import NIOCore

/// What the protocols' own test suites expect of a server: echoes. Served by `serve --conformance` alone.
struct ConformanceServerCodec: ServerCodec {
    /// The echo of WebSocket suites; Engine.IO has a bound of its own.
    static let maximumMessage = 16_777_216
    static let liveness = Liveness(ping: .seconds(54), silence: .seconds(60))
    private static let namespaces: Set<String> = ["/", "/custom"]

    private enum Testee {
        case webSocket, engine, socketIO
    }

    private let testee: Testee
    private var reader = SocketIOReader()
    private var joined: Set<String> = []

    private static func testee(of path: String) -> Testee? {
        switch path {
        case "/echo": .webSocket
        case "/engine.io", "/engine.io/": .engine
        case "/socket.io", "/socket.io/": .socketIO
        default: nil
        }
    }

    init(_ request: UpgradeRequest, _ settings: ProtocolSettings) throws(KitError) {
        guard let testee = Self.testee(of: request.path) else { throw KitError(.notFound, "nothing is tested here") }
        self.testee = testee
    }

    static func claims(
        _ request: UpgradeRequest, _ settings: ProtocolSettings, namesAccount: (String) -> Bool
    ) -> Bool { testee(of: request.path) != nil }

    static func carrier(of request: UpgradeRequest) -> Carrier {
        testee(of: request.path) == .webSocket ? .webSocket : .engine
    }

    static func credential(in request: UpgradeRequest) throws(KitError) -> Credential { .none }
    static func encode(_ event: Event, for audience: Audience, in room: Room, into batch: inout ByteBuffer) -> Bool {
        false
    }
    static func encode(_ notice: Notice, for audience: Audience, into batch: inout ByteBuffer) -> Bool { false }

    var following: Following? { nil }
    var isEstablished: Bool { testee != .socketIO || !joined.isEmpty }

    func audience(of identity: Identity) throws(KitError) -> Audience { Audience(wire: .socketio) }
    mutating func opened(_ identity: Identity) -> [Action] { [] }

    mutating func receive(_ message: ByteBuffer) -> [Action] {
        guard testee == .socketIO else { return [.send(message)] }
        return perform { reader throws(SocketIOPacket.Mistake) in try reader.text(message) }
    }

    mutating func receiveBinary(_ message: ByteBuffer) -> [Action] {
        guard testee == .socketIO else { return [.sendBinary(message)] }
        return perform { reader throws(SocketIOPacket.Mistake) in try reader.binary(message) }
    }

    private mutating func perform(
        _ read: (inout SocketIOReader) throws(SocketIOPacket.Mistake) -> SocketIOReader.Message?
    ) -> [Action] {
        do throws(SocketIOPacket.Mistake) {
            guard let message = try read(&reader) else { return [] }
            return try handle(message)
        } catch {
            return [.end(.protocolError, reason: error.words)]
        }
    }

    private mutating func handle(_ message: SocketIOReader.Message) throws(SocketIOPacket.Mistake) -> [Action] {
        let packet = message.packet
        if packet.kind == .connect { return try connect(packet) }
        guard joined.contains(packet.namespace) else { throw .init(words: "a namespace that was not joined") }
        switch packet.kind {
        case .disconnect:
            joined.remove(packet.namespace)
            return []
        case .event, .binaryEvent: return answer(message)
        case .ack, .binaryAck: return []
        case .connect, .connectError: throw .init(words: "only a server refuses")
        }
    }

    private mutating func connect(_ packet: SocketIOPacket) throws(SocketIOPacket.Mistake) -> [Action] {
        guard Self.namespaces.contains(packet.namespace) else {
            return [
                .send(
                    SocketIOPacket(.connectError, in: packet.namespace, ["message": "Invalid namespace"]).bytes)
            ]
        }
        guard joined.insert(packet.namespace).inserted else { throw .init(words: "a namespace joined twice") }
        return [
            .send(SocketIOPacket(.connect, in: packet.namespace, ["sid": .string(SocketIOID.make())]).bytes),
            .send(SocketIOPacket.event("auth", packet.payload ?? .object([:]), in: packet.namespace).bytes),
        ]
    }

    private func answer(_ message: SocketIOReader.Message) -> [Action] {
        guard case .array(var arguments)? = message.packet.payload else { return [] }
        var answer = message.packet
        switch (arguments.first, message.packet.id) {
        case ("message", _):
            arguments[0] = "message-back"
            answer.id = nil
        case ("message-with-ack", .some):
            arguments.removeFirst()
            answer.kind = message.packet.kind == .binaryEvent ? .binaryAck : .ack
        default: return []
        }
        answer.payload = .array(arguments)
        return [.send(answer.bytes)] + message.attachments.map(Action.sendBinary)
    }
}
