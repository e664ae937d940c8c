import NIOCore

/// Frames of RFC 6455 §5.2, for both ends.
enum WebSocketFrame {
    enum Opcode: UInt8, Sendable {
        case continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10
    }

    /// The bytes of the length field and what precedes it, without a mask.
    @inline(__always)
    static func headerLength(for payload: Int) -> Int { payload < 126 ? 2 : payload <= 0xffff ? 4 : 10 }

    /// The header of a final, unmasked frame, as servers send it: at most 10 bytes.
    @inline(__always)
    static func writeHeader(_ opcode: Opcode, payload: Int, to out: inout ByteWriter) {
        let count = headerLength(for: payload)
        out.write(count) { bytes in
            bytes[0] = 0x80 | opcode.rawValue
            bytes[1] = count == 2 ? UInt8(payload) : count == 4 ? 126 : 127
            // Big-endian, in what is left of the header.
            for index in stride(from: 2, to: count, by: 1) {
                bytes[index] = UInt8(truncatingIfNeeded: payload >> (8 * (count - 1 - index)))
            }
        }
    }
}

extension ByteBuffer {
    /// Writes the header of a final, unmasked frame, as servers send it.
    @inline(__always)
    mutating func writeFrameHeader(_ opcode: WebSocketFrame.Opcode, payload: Int) {
        write(atMost: 10) { WebSocketFrame.writeHeader(opcode, payload: payload, to: &$0) }
    }

    /// Writes a whole text frame, as servers send it.
    mutating func writeFrame(of message: JSON) {
        var bytes: [UInt8] = []
        message.write(to: &bytes)
        writeFrameHeader(.text, payload: bytes.count)
        writeBytes(bytes)
    }

    /// A whole frame as a server sends it.
    static func frame(_ opcode: WebSocketFrame.Opcode, _ payload: ByteBuffer) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.reserveCapacity(10 + payload.readableBytes)
        frame.writeFrameHeader(opcode, payload: payload.readableBytes)
        frame.writeImmutableBuffer(payload)
        return frame
    }

    /// A whole frame as a client sends it: mask bytes are required from clients and forbidden from servers (RFC 6455 §5.1).
    static func maskedFrame(_ opcode: WebSocketFrame.Opcode, _ payload: ByteBuffer, mask: UInt32) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeFrameHeader(opcode, payload: payload.readableBytes)
        frame.setInteger(frame.getInteger(at: 1, as: UInt8.self)! | 0x80, at: 1)
        frame.writeInteger(mask)
        let start = frame.writerIndex
        frame.writeImmutableBuffer(payload)
        frame.applyMask(mask, from: start, count: payload.readableBytes)
        return frame
    }

    /// XORs `count` bytes at `start` with the mask's four bytes in turn (RFC 6455 §5.3).
    mutating func applyMask(_ mask: UInt32, from start: Int, count: Int) {
        let offset = start - readerIndex
        withUnsafeMutableReadableBytes { bytes in
            for index in 0..<count {
                bytes[offset + index] ^= UInt8(truncatingIfNeeded: mask >> (24 - 8 * UInt32(index & 3)))
            }
        }
    }
}

/// Close codes quikko sends and what each tells the peer (RFC 6455 §7.4.1 and ours from 4000).
public enum CloseCode: UInt16, Sendable, CaseIterable {
    case normal = 1000
    /// This server is stopping; connect again.
    case goingAway = 1001
    /// The peer broke the framing rules.
    case protocolError = 1002
    /// A text message that was not UTF-8.
    case notText = 1007
    /// The peer broke a rule of ours, such as never answering a ping.
    case policy = 1008
    /// A message above the size limit.
    case tooBig = 1009
    /// Something failed here.
    case internalError = 1011
    /// This server is stopping, and has said when to come back (IANA WebSocket close code registry).
    case restarting = 1012
    /// The peer took nothing for the stall timeout; connect again (IANA WebSocket close code registry).
    case tryAgainLater = 1013
    /// What the connection was opened with has been revoked (4000 to 4999 are an application's own, RFC 6455 §7.4.2).
    case revoked = 4401
}

/// Why a peer's bytes are not WebSocket; the connection is closed with `code`.
struct FrameError: Error, Equatable {
    let code: CloseCode
    let reason: String
}

/// Bytes in, whole messages out. Fed with whatever the socket gave; keeps nothing but a message under way.
///
/// Bounded: a message above `maximumMessage` bytes is refused from its header, before anything is stored.
struct MessageReader {
    enum Role { case server, client }

    enum Message: Equatable {
        case text(ByteBuffer)
        case binary(ByteBuffer)
        case ping(ByteBuffer)
        case pong
        /// nil when the peer gave no code.
        case close(code: UInt16?)
    }

    private let role: Role
    private let maximumMessage: Int
    /// A data message whose final frame has not come.
    private var fragments: (opcode: WebSocketFrame.Opcode, payload: ByteBuffer)?

    init(role: Role, maximumMessage: Int) {
        self.role = role
        self.maximumMessage = maximumMessage
    }

    /// The next whole message at the front of `buffer`; nil when more bytes are needed. What was read is consumed.
    mutating func next(from buffer: inout ByteBuffer) throws(FrameError) -> Message? {
        while let (opcode, isFinal, payload) = try nextFrame(from: &buffer) {
            switch opcode {
            case .ping: return .ping(payload)
            case .pong: return .pong
            case .close: return try close(payload)
            case .text, .binary:
                guard fragments == nil else {
                    throw FrameError(code: .protocolError, reason: "new message inside a fragmented one")
                }
                guard isFinal else {
                    fragments = (opcode, payload)
                    continue
                }
                return try message(opcode, payload)
            case .continuation:
                guard let (opcode, _) = fragments else {
                    throw FrameError(code: .protocolError, reason: "continuation without a message")
                }
                fragments?.payload.writeImmutableBuffer(payload)
                guard isFinal, let whole = fragments?.payload else { continue }
                fragments = nil
                return try message(opcode, whole)
            }
        }
        return nil
    }

    private func message(_ opcode: WebSocketFrame.Opcode, _ payload: ByteBuffer) throws(FrameError) -> Message {
        guard opcode == .text else { return .binary(payload) }
        guard payload.isValidUTF8 else { throw FrameError(code: .notText, reason: "text is not UTF-8") }
        return .text(payload)
    }

    private func close(_ payload: ByteBuffer) throws(FrameError) -> Message {
        guard payload.readableBytes > 0 else { return .close(code: nil) }
        guard let code = payload.getInteger(at: payload.readerIndex, as: UInt16.self), Self.mayBeSent(code) else {
            throw FrameError(code: .protocolError, reason: "bad close code")
        }
        guard payload.getSlice(at: payload.readerIndex + 2, length: payload.readableBytes - 2)?.isValidUTF8 == true
        else { throw FrameError(code: .notText, reason: "close reason is not UTF-8") }
        return .close(code: code)
    }

    /// RFC 6455 §7.4.2: 1004 to 1006 and 1015 are never sent, 3000 to 4999 belong to applications.
    private static func mayBeSent(_ code: UInt16) -> Bool {
        (1000...1003).contains(code) || (1007...1014).contains(code) || (3000...4999).contains(code)
    }

    private mutating func nextFrame(
        from buffer: inout ByteBuffer
    ) throws(FrameError) -> (WebSocketFrame.Opcode, isFinal: Bool, ByteBuffer)? {
        let start = buffer.readerIndex
        guard let first = buffer.getInteger(at: start, as: UInt8.self),
            let second = buffer.getInteger(at: start + 1, as: UInt8.self)
        else { return nil }
        guard first & 0x70 == 0, let opcode = WebSocketFrame.Opcode(rawValue: first & 0x0f) else {
            throw FrameError(code: .protocolError, reason: "reserved bits or opcode")
        }
        guard (second & 0x80 != 0) == (role == .server) else {
            throw FrameError(code: .protocolError, reason: role == .server ? "frame without a mask" : "masked frame")
        }
        let isFinal = first & 0x80 != 0
        var header = 2
        var length = Int(second & 0x7f)
        if opcode.rawValue >= 8, length > 125 || !isFinal {
            throw FrameError(code: .protocolError, reason: "control frame too long or fragmented")
        }
        if length == 126 {
            guard let long = buffer.getInteger(at: start + 2, as: UInt16.self) else { return nil }
            (length, header) = (Int(long), 4)
        } else if length == 127 {
            guard let long = buffer.getInteger(at: start + 2, as: UInt64.self) else { return nil }
            (length, header) = (Int(clamping: long), 10)
        }
        let gathered = opcode == .continuation ? fragments?.payload.readableBytes ?? 0 : 0
        guard opcode.rawValue >= 8 || length <= maximumMessage - gathered else {
            throw FrameError(code: .tooBig, reason: "message above \(maximumMessage) bytes")
        }
        let maskLength = role == .server ? 4 : 0
        guard buffer.readableBytes >= header + maskLength + length else { return nil }
        let mask = maskLength > 0 ? buffer.getInteger(at: start + header, as: UInt32.self)! : 0
        buffer.moveReaderIndex(forwardBy: header + maskLength)
        var payload = buffer.readSlice(length: length)!
        if mask != 0 { payload.applyMask(mask, from: payload.readerIndex, count: length) }
        return (opcode, isFinal, payload)
    }
}

extension ByteBuffer {
    var isValidUTF8: Bool {
        withUnsafeReadableBytes { String(validating: $0, as: UTF8.self) != nil }
    }
}
