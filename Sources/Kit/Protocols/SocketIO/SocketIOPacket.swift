import NIOCore

/// One packet of Socket.IO 5 (socket.io/docs/v4/socket-io-protocol): the data of an Engine.IO message.
struct SocketIOPacket: Equatable {
    enum Kind: UInt8, CaseIterable {
        case connect = 0
        case disconnect, event, ack, connectError, binaryEvent, binaryAck

        var isBinary: Bool { self == .binaryEvent || self == .binaryAck }
    }

    /// What is no packet, or none that may come: the connection ends.
    struct Mistake: Error, Equatable {
        let words: String
    }

    /// Events of the library's own, which nobody may send.
    static let reserved: Set<String> = [
        "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
    ]
    static let maximumAttachments = 10

    var kind: Kind
    /// `/`, or what stands between that and a comma.
    var namespace = "/"
    /// Whoever asks for an answer names it by this.
    var id: Int?
    var payload: JSON?
    /// Binary messages that belong to it and come behind it.
    var attachments = 0

    init(_ kind: Kind, in namespace: String = "/", id: Int? = nil, _ payload: JSON? = nil) {
        (self.kind, self.namespace, self.id, self.payload) = (kind, namespace, id, payload)
    }

    /// `["name",…]`
    static func event(_ name: String, _ argument: JSON, in namespace: String) -> SocketIOPacket {
        SocketIOPacket(.event, in: namespace, [.string(name), argument])
    }

    init(_ text: ByteBuffer) throws(Mistake) {
        var rest = text.readableBytesView
        guard let first = rest.popFirst(), let kind = Kind(rawValue: first &- UInt8(ascii: "0")) else {
            throw Mistake(words: "unknown packet type")
        }
        self.kind = kind
        if kind.isBinary {
            guard let count = try Self.digits(&rest), rest.popFirst() == UInt8(ascii: "-") else {
                throw Mistake(words: "no number of attachments")
            }
            guard count <= Self.maximumAttachments else { throw Mistake(words: "too many attachments") }
            attachments = count
        }
        if rest.first == UInt8(ascii: "/") {
            let name = rest.prefix { $0 != UInt8(ascii: ",") }
            namespace = String(decoding: name, as: UTF8.self)
            rest = rest.dropFirst(name.count + 1)
        }
        id = try Self.digits(&rest)
        if !rest.isEmpty {
            do throws(KitError) { payload = try JSON(parsing: rest) } catch {
                throw Mistake(words: "invalid payload")
            }
        }
        guard hasValidPayload else { throw Mistake(words: "invalid payload") }
    }

    /// Nil when there is none.
    private static func digits(_ rest: inout ByteBufferView) throws(Mistake) -> Int? {
        let digits = rest.prefix { $0 &- 0x30 < 10 }
        guard !digits.isEmpty else { return nil }
        rest = rest.dropFirst(digits.count)
        guard digits.count <= 15, let number = Int(String(decoding: digits, as: UTF8.self)) else {
            throw Mistake(words: "a number above what JavaScript counts")
        }
        return number
    }

    private var hasValidPayload: Bool {
        switch (kind, payload) {
        case (.connect, nil), (.connect, .object?): true
        case (.disconnect, nil): true
        case (.connectError, .object?), (.connectError, .string?): true
        case (.event, .array(let arguments)?), (.binaryEvent, .array(let arguments)?):
            switch arguments.first {
            case .string(let name): !Self.reserved.contains(name)
            case .int, .number: true
            default: false
            }
        case (.ack, .array?), (.binaryAck, .array?): id != nil
        default: false
        }
    }

    var text: String {
        var text = "\(kind.rawValue)"
        if kind.isBinary { text += "\(attachments)-" }
        if namespace != "/" { text += namespace + "," }
        if let id { text += "\(id)" }
        return text + (payload?.text ?? "")
    }

    var bytes: ByteBuffer { ByteBuffer(string: text) }
}

/// Puts packets and their attachments together.
///
/// Bounded: ten attachments of a payload's size together.
struct SocketIOReader {
    struct Message: Equatable {
        let packet: SocketIOPacket
        var attachments: [ByteBuffer] = []
    }

    static let maximumBytes = 1_000_000

    private var incomplete: Message?
    private var size = 0

    /// - Throws: when this is no packet, or when attachments should come.
    mutating func text(_ text: ByteBuffer) throws(SocketIOPacket.Mistake) -> Message? {
        guard incomplete == nil else { throw .init(words: "text where an attachment should come") }
        let message = Message(packet: try SocketIOPacket(text))
        guard message.packet.attachments > 0 else { return try checked(message) }
        (incomplete, size) = (message, 0)
        return nil
    }

    /// - Throws: when no attachment should come.
    mutating func binary(_ data: ByteBuffer) throws(SocketIOPacket.Mistake) -> Message? {
        guard var message = incomplete else { throw .init(words: "an attachment of nothing") }
        size += data.readableBytes
        guard size <= Self.maximumBytes else { throw .init(words: "attachments above \(Self.maximumBytes) bytes") }
        message.attachments.append(data)
        incomplete = message.attachments.count < message.packet.attachments ? message : nil
        return incomplete == nil ? try checked(message) : nil
    }

    /// Every placeholder stands for an attachment that is there.
    private func checked(_ message: Message) throws(SocketIOPacket.Mistake) -> Message {
        if message.packet.kind.isBinary, let payload = message.packet.payload,
            !Self.isFilled(payload, by: message.attachments.count)
        {
            throw .init(words: "illegal attachments")
        }
        return message
    }

    private static func isFilled(_ value: JSON, by count: Int) -> Bool {
        switch value {
        case .array(let values): return values.allSatisfy { isFilled($0, by: count) }
        case .object(let pairs):
            guard value["_placeholder"] == true else {
                return pairs.members.allSatisfy { isFilled($0.value, by: count) }
            }
            guard case .int(let number)? = value["num"] else { return false }
            return (0..<count).contains(number)
        default: return true
        }
    }
}
