import Foundation
import NIOCore

/// One packet of Engine.IO 4 (socket.io/docs/v4/engine-io-protocol): a digit, then data; a binary one is data alone.
enum EnginePacket: Equatable {
    case open(ByteBuffer)
    case close
    case ping(ByteBuffer)
    case pong
    case message(ByteBuffer)
    case binary(ByteBuffer)
    case upgrade
    case noop

    /// Reads what a text message of a WebSocket, or a piece of a payload, says; nil when its first character is no type.
    init?(text: ByteBuffer) {
        var data = text
        switch data.readInteger(as: UInt8.self) {
        case UInt8(ascii: "0"): self = .open(data)
        case UInt8(ascii: "1"): self = .close
        case UInt8(ascii: "2"): self = .ping(data)
        case UInt8(ascii: "3"): self = .pong
        case UInt8(ascii: "4"): self = .message(data)
        case UInt8(ascii: "5"): self = .upgrade
        case UInt8(ascii: "6"): self = .noop
        default: return nil
        }
    }
}

/// The body of a polling request or its answer: packets, with 0x1E between two, binary ones as `b` and base64 (RFC 4648 §4).
enum EnginePayload {
    static let separator: UInt8 = 0x1E

    /// The packets of a request's body; nil when one of them is none, or when it is not UTF-8. Linear in its bytes.
    static func packets(in body: ByteBuffer) -> [EnginePacket]? {
        guard body.isValidUTF8 else { return nil }
        var packets: [EnginePacket] = []
        for piece in body.readableBytesView.split(separator: separator, omittingEmptySubsequences: false) {
            if piece.first == UInt8(ascii: "b") {
                guard let data = Data(base64Encoded: Data(piece.dropFirst())) else { return nil }
                packets.append(.binary(ByteBuffer(bytes: data)))
            } else {
                guard let packet = EnginePacket(text: ByteBuffer(piece)) else { return nil }
                packets.append(packet)
            }
        }
        return packets
    }

    /// Appends the messages of whole frames, as a server sends them, to a payload.
    static func append(_ frames: ByteBuffer, to payload: inout ByteBuffer) {
        var frames = frames
        while let (isBinary, message) = frames.readServerFrame() {
            if payload.readableBytes > 0 { payload.writeInteger(separator) }
            if isBinary {
                payload.writeString("b" + Data(message.readableBytesView).base64EncodedString())
            } else {
                payload.writeImmutableBuffer(message)
            }
        }
    }
}

extension ByteBuffer {
    /// A text frame of one Engine.IO packet, as a server sends it.
    static func enginePacket(_ text: String) -> ByteBuffer { .frame(.text, ByteBuffer(string: text)) }

    /// Reads a frame we made ourselves: final, without a mask.
    fileprivate mutating func readServerFrame() -> (isBinary: Bool, ByteBuffer)? {
        guard let first = readInteger(as: UInt8.self), let short = readInteger(as: UInt8.self) else { return nil }
        let length: Int? =
            switch short {
            case 126: readInteger(as: UInt16.self).map(Int.init)
            case 127: readInteger(as: UInt64.self).map { Int(clamping: $0) }
            default: Int(short)
            }
        guard let length, let payload = readSlice(length: length) else { return nil }
        return (first & 0x0F == WebSocketFrame.Opcode.binary.rawValue, payload)
    }
}
