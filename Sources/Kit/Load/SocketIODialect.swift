import Glibc
import NIOCore

extension LoadTest {
    /// What clients may speak to a quikko that is loaded.
    public enum Wire: String, Sendable, CaseIterable {
        case quikko
        /// Each client watches one link's total.
        case socketio

        func dialect(token: String, links: [ShortCode]) -> any LoadDialect {
            switch self {
            case .quikko: QuikkoDialect(token: token, links: links)
            case .socketio: SocketIODialect(token: token, links: links)
            }
        }
    }
}

/// Dashboards over Socket.IO; each client watches the clicks of one link. A link's total is its feed's number.
struct SocketIODialect: LoadDialect {
    private static let namespace = MetricSubject.Namespace.dashboard
    private let token: String
    private let links: [ShortCode]
    /// How every total of a link begins, up to its value.
    private let prefixes: [[UInt8]]

    /// - Parameter token: A session token: a ticket joins one namespace, and thousands are joined here.
    init(token: String, links: [ShortCode]) {
        (self.token, self.links) = (token, links)
        prefixes = links.map {
            MetricSubject(Self.namespace, entity: $0.description, clickNames: [Metric.clicks]).clickPrefixes[0]
        }
    }

    var canResume: Bool { false }
    var isTotals: Bool { true }

    func target(of feed: Int, behind position: Position?) -> String { "/socket.io/?EIO=4&transport=websocket" }

    func hello(of feed: Int) -> [String] {
        let subscribe: JSON = ["entityId": .string(links[feed].description), "entityType": "link"]
        return [
            SocketIOPacket(.connect, in: Self.namespace.rawValue, ["token": .string(token)]),
            .event("subscribe", subscribe, in: Self.namespace.rawValue),
        ].map { "4" + $0.text }
    }

    func opened(_ feed: Int, _ headers: [(name: String, value: String)]) -> LoadOpening {
        LoadOpening(connection: headers.first { $0.name == "x-quikko-connection" }?.value)
    }

    @inline(__always)
    func read(_ message: UnsafeRawBufferPointer, of feed: Int) -> LoadMessage {
        let prefix = prefixes[feed]
        guard message.count > prefix.count, let base = message.baseAddress,
            prefix.withUnsafeBufferPointer({ memcmp(base, $0.baseAddress!, prefix.count) }) == 0
        else { return slowly(message, of: feed) }
        var at = prefix.count
        var value: Int64 = 0
        while at < message.count, message[at] &- 0x30 < 10, at - prefix.count < 17 {
            value = value * 10 + Int64(message[at] - 0x30)
            at += 1
        }
        return value > 0 ? .total(value) : .broken("a total that is no number of clicks")
    }

    /// Everything else: greetings, pings and the beginning.
    private func slowly(_ message: UnsafeRawBufferPointer, of feed: Int) -> LoadMessage {
        switch EnginePacket(text: ByteBuffer(bytes: message)) {
        case .open: return .other
        case .ping: return .asked(answer: "3")
        case .message(let data):
            guard let packet = try? SocketIOPacket(data) else { return .broken("no packet of Socket.IO") }
            return begins(packet, of: feed)
        case .close, .pong, .binary, .upgrade, .noop, nil: return .broken("a packet servers do not send")
        }
    }

    private func begins(_ packet: SocketIOPacket, of feed: Int) -> LoadMessage {
        switch (packet.kind, packet.payload) {
        case (.connect, _): return .other
        case (.event, .array(let arguments)?) where arguments.count == 2 && arguments[0] == "dashboard:initial":
            guard arguments[1]["entityId"] == .string(links[feed].description),
                case .int(let clicks)? = arguments[1]["metrics"]?[Metric.clicks]
            else { return .broken("a beginning of another link, or without its clicks") }
            return .begins(Int64(clicks))
        default: return .broken("refused: \(packet.text.prefix(120))")
        }
    }
}
