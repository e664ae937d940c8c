/// Counts the text messages in what one WebSocket client receives, however the reads cut it.
///
/// Looks at headers only and steps over payloads, so a delivery costs the driver some nanoseconds. Keeps no bytes but
/// a ping's: that must be answered with the same payload (RFC 6455 §5.5.3).
struct FrameCounter {
    /// The server sent a close frame; nothing after it is looked at.
    private(set) var isClosed = false
    /// The server broke the protocol: a masked frame, or one longer than 16 MiB.
    private(set) var isBroken = false
    /// Masked pongs to be sent; whoever sends them empties it.
    var replies: [UInt8] = []

    private enum Stage { case opcode, length, extendedLength, payload }
    private enum Opcode { static let continuation: UInt8 = 0, text: UInt8 = 1, close: UInt8 = 8, ping: UInt8 = 9 }
    private static let longestPayload: UInt64 = 1 << 24
    private static let final: UInt8 = 0x80

    private var stage = Stage.opcode
    private var first: UInt8 = 0
    private var lengthBytesLeft = 0
    private var payloadLeft: UInt64 = 0
    /// A text message began in an earlier frame and goes on (RFC 6455 §5.4).
    private var isTextOpen = false
    private var pingPayload: [UInt8] = []

    private var opcode: UInt8 { first & 0x0F }

    /// - Returns: how many text messages were completed by `bytes`.
    mutating func count(_ bytes: UnsafeRawBufferPointer) -> Int {
        var messages = 0
        var at = 0
        while at < bytes.count, !isClosed, !isBroken {
            switch stage {
            case .opcode:
                first = bytes[at]
                at += 1
                stage = .length
            case .length:
                messages += beginLength(bytes[at])
                at += 1
            case .extendedLength:
                payloadLeft = payloadLeft << 8 | UInt64(bytes[at])
                at += 1
                lengthBytesLeft -= 1
                if lengthBytesLeft == 0 { messages += beginPayload() }
            case .payload:
                let step = Int(min(payloadLeft, UInt64(bytes.count - at)))
                if opcode == Opcode.ping { pingPayload.append(contentsOf: bytes[at..<at + step]) }
                at += step
                payloadLeft -= UInt64(step)
                if payloadLeft == 0 { messages += endFrame() }
            }
        }
        return messages
    }

    private mutating func beginLength(_ byte: UInt8) -> Int {
        payloadLeft = 0
        lengthBytesLeft = 0
        switch byte {
        case 126: lengthBytesLeft = 2
        case 127: lengthBytesLeft = 8
        case 0..<126: payloadLeft = UInt64(byte)
        default:
            // Mask bits are forbidden from servers (RFC 6455 §5.1).
            isBroken = true
            return 0
        }
        if lengthBytesLeft == 0 { return beginPayload() }
        stage = .extendedLength
        return 0
    }

    private mutating func beginPayload() -> Int {
        guard payloadLeft <= Self.longestPayload else {
            isBroken = true
            return 0
        }
        if payloadLeft == 0 { return endFrame() }
        stage = .payload
        return 0
    }

    /// - Returns: 1 when this frame completed a text message.
    private mutating func endFrame() -> Int {
        stage = .opcode
        let isFinal = first & Self.final != 0
        switch opcode {
        case Opcode.text:
            isTextOpen = !isFinal
            return isFinal ? 1 : 0
        case Opcode.continuation:
            guard isTextOpen, isFinal else { return 0 }
            isTextOpen = false
            return 1
        case Opcode.close:
            isClosed = true
        case Opcode.ping:
            appendPong()
        default:
            break
        }
        return 0
    }

    private mutating func appendPong() {
        // A fixed key will do: masking protects proxies from hostile pages, and there are neither here.
        let key: [UInt8] = [0x5A, 0xA5, 0x3C, 0xC3]
        let payload = pingPayload.prefix(125)
        replies += [Self.final | 0x0A, 0x80 | UInt8(payload.count)] + key
        for (index, byte) in payload.enumerated() { replies.append(byte ^ key[index % 4]) }
        pingPayload.removeAll(keepingCapacity: true)
    }
}
