/// A server's WebSocket frames (RFC 6455 §5.2), handed on message by message straight from the receive buffer.
///
/// Nothing is copied but a frame that a read cut, and the parts of a fragmented message. Bounded: a message above 16 MiB
/// ends the connection.
struct FrameReader {
    enum Opcode: UInt8 {
        case continuation = 0x0
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA
    }

    /// Why a peer's bytes are not WebSocket.
    struct Broken: Error {
        let reason: String
    }

    private static let longestMessage = 1 << 24
    /// The beginning of a frame that a read cut; empty nearly always.
    private var carry: [UInt8] = []
    /// A message whose final frame has not come.
    private var fragments: [UInt8] = []
    private var isFragmented = false

    mutating func reset() { self = FrameReader() }

    /// Calls `hear` for each whole message or control frame; the bytes are only good during the call.
    @inline(__always)
    mutating func read(
        _ bytes: UnsafeRawBufferPointer, _ hear: (Opcode, UnsafeRawBufferPointer) -> Void
    ) throws {
        var at = 0
        while !carry.isEmpty, at < bytes.count {
            // A cut frame is completed with no more than it needs, then the rest is read where it lies.
            let missing = try carry.withUnsafeBytes({ try Self.length(of: $0) }) - carry.count
            let step = min(max(missing, 1), bytes.count - at)
            carry.append(contentsOf: bytes[at..<at + step])
            at += step
            let held = carry
            let used = try held.withUnsafeBytes { try take($0, hear) }
            guard used > 0 else { continue }
            carry.removeAll(keepingCapacity: false)
        }
        while at < bytes.count {
            let used = try take(UnsafeRawBufferPointer(rebasing: bytes[at...]), hear)
            guard used > 0 else {
                carry.append(contentsOf: bytes[at...])
                return
            }
            at += used
        }
    }

    /// Reads the frame at the front; 0 when it is not whole.
    @inline(__always)
    private mutating func take(
        _ bytes: UnsafeRawBufferPointer, _ hear: (Opcode, UnsafeRawBufferPointer) -> Void
    ) throws -> Int {
        let length = try Self.length(of: bytes)
        guard bytes.count >= length else { return 0 }
        let payload = UnsafeRawBufferPointer(rebasing: bytes[Self.headerLength(bytes[1])..<length])
        guard bytes[0] & 0x70 == 0, let opcode = Opcode(rawValue: bytes[0] & 0x0F) else {
            throw Broken(reason: "reserved bits or opcode")
        }
        let isFinal = bytes[0] & 0x80 != 0
        // RFC 6455 §5.5.
        guard opcode.rawValue < 8 || bytes[1] < 126 && isFinal else {
            throw Broken(reason: "a control frame too long or cut")
        }
        switch opcode {
        case .text where isFinal && !isFragmented, .binary where isFinal && !isFragmented: hear(opcode, payload)
        case .text, .binary:
            guard !isFragmented else { throw Broken(reason: "a new message inside a fragmented one") }
            isFragmented = true
            fragments.append(contentsOf: payload)
        case .continuation:
            guard isFragmented else { throw Broken(reason: "a continuation of nothing") }
            guard fragments.count + payload.count <= Self.longestMessage else { throw Self.tooLong }
            fragments.append(contentsOf: payload)
            guard isFinal else { break }
            fragments.withUnsafeBytes { hear(.text, $0) }
            fragments.removeAll(keepingCapacity: false)
            isFragmented = false
        case .close, .ping, .pong: hear(opcode, payload)
        }
        return length
    }

    private static var tooLong: Broken { Broken(reason: "a message above 16 MiB") }

    @inline(__always)
    private static func headerLength(_ second: UInt8) -> Int {
        second < 126 ? 2 : second == 126 ? 4 : 10
    }

    /// Of the frame that begins here, with its header; more than there is while the header is not whole.
    @inline(__always)
    private static func length(of bytes: UnsafeRawBufferPointer) throws -> Int {
        guard bytes.count >= 2 else { return 2 }
        // Mask bits are forbidden from servers (RFC 6455 §5.1).
        guard bytes[1] < 0x80 else { throw Broken(reason: "a masked frame") }
        let header = headerLength(bytes[1])
        guard bytes.count >= header else { return header }
        switch bytes[1] {
        case 126: return header + (Int(bytes[2]) << 8 | Int(bytes[3]))
        case 127:
            let length = bytes[2..<10].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard length <= UInt64(longestMessage) else { throw tooLong }
            return header + Int(length)
        default: return header + Int(bytes[1])
        }
    }
}

/// A client's frame: always masked (RFC 6455 §5.3).
enum ClientFrame {
    /// - Parameter key: Four bytes nobody could foresee; they keep hostile pages from choosing what proxies see.
    static func bytes(_ opcode: FrameReader.Opcode, _ payload: some Collection<UInt8>, key: UInt32) -> [UInt8] {
        var frame: [UInt8] = [0x80 | opcode.rawValue]
        switch payload.count {
        case 0..<126: frame.append(0x80 | UInt8(payload.count))
        case 126..<65_536: frame += [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default:
            frame.append(0xFF)
            frame += (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        let mask = (0..<4).map { UInt8(truncatingIfNeeded: key >> (8 * $0)) }
        frame += mask
        frame += payload.enumerated().map { $1 ^ mask[$0 & 3] }
        return frame
    }
}
