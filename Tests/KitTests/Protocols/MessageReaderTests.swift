import NIOCore
import Testing

@testable import Kit

struct MessageReaderTests {
    private static func client(_ opcode: WebSocketFrame.Opcode, _ text: String) -> ByteBuffer {
        .maskedFrame(opcode, ByteBuffer(string: text), mask: 0x1234_5678)
    }

    private static func read(_ bytes: ByteBuffer, maximumMessage: Int = 1_024) throws -> [MessageReader.Message] {
        var reader = MessageReader(role: .server, maximumMessage: maximumMessage)
        var bytes = bytes
        var messages: [MessageReader.Message] = []
        while let message = try reader.next(from: &bytes) { messages.append(message) }
        return messages
    }

    @Test func `messages are whole wherever the reads are cut`() throws {
        var bytes = Self.client(.text, "first")
        bytes.writeImmutableBuffer(Self.client(.ping, "p"))
        bytes.writeImmutableBuffer(Self.client(.text, String(repeating: "x", count: 300)))
        bytes.writeImmutableBuffer(.maskedFrame(.close, ByteBuffer(integer: UInt16(1000)), mask: 9))
        let whole = try Self.read(bytes)
        #expect(whole.count == 4)
        for cut in 0...bytes.readableBytes {
            var reader = MessageReader(role: .server, maximumMessage: 1_024)
            var messages: [MessageReader.Message] = []
            var unread = ByteBuffer()
            for part in [
                bytes.getSlice(at: 0, length: cut)!, bytes.getSlice(at: cut, length: bytes.readableBytes - cut)!,
            ] {
                unread.writeImmutableBuffer(part)
                while let message = try reader.next(from: &unread) { messages.append(message) }
            }
            #expect(messages == whole)
        }
    }

    @Test func `fragments join, with control frames between them`() throws {
        var bytes = Self.client(.text, "one ")
        bytes.setInteger(UInt8(0x01), at: 0)
        bytes.writeImmutableBuffer(Self.client(.ping, ""))
        bytes.writeImmutableBuffer(Self.client(.continuation, "two"))
        #expect(try Self.read(bytes) == [.ping(ByteBuffer()), .text(ByteBuffer(string: "one two"))])
    }

    /// First bytes of frames no client may send, and the close code each earns.
    static let violations: [(bytes: [UInt8], code: CloseCode)] = [
        ([0x81, 0x01, 0x61], .protocolError),  // without a mask
        ([0xc1, 0x80, 0, 0, 0, 0], .protocolError),  // reserved bit
        ([0x83, 0x80, 0, 0, 0, 0], .protocolError),  // reserved opcode
        ([0x09, 0x80, 0, 0, 0, 0], .protocolError),  // fragmented ping
        ([0x89, 0xfe, 0, 126], .protocolError),  // ping of 126 bytes
        ([0x80, 0x80, 0, 0, 0, 0], .protocolError),  // continuation of nothing
        ([0x88, 0x81, 0, 0, 0, 0, 1], .protocolError),  // close code of one byte
        ([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xee], .protocolError),  // close code 1006
        ([0x81, 0xfe, 0x04, 0x01], .tooBig),  // 1,025 bytes, from the header alone
        ([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], .tooBig),  // 2^63 bytes
        ([0x81, 0x81, 0, 0, 0, 0, 0xff], .notText),  // not UTF-8
    ]

    @Test(arguments: violations.indices)
    func `what no client may send is refused with the right code`(index: Int) {
        let (bytes, code) = Self.violations[index]
        #expect { try Self.read(ByteBuffer(bytes: bytes)) } throws: { ($0 as? FrameError)?.code == code }
    }

    @Test func `the handshake answers the RFC's key with the RFC's digest`() {
        #expect(WebSocketAccept.value(for: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test func `fragments together are held to the limit`() {
        var bytes = Self.client(.text, String(repeating: "x", count: 900))
        bytes.setInteger(UInt8(0x01), at: 0)
        bytes.writeImmutableBuffer(Self.client(.continuation, String(repeating: "x", count: 200)))
        #expect { try Self.read(bytes) } throws: { ($0 as? FrameError)?.code == .tooBig }
    }

    @Test func `random bytes end in a message, a refusal or a wait, never in a crash`() {
        var generator = SeededGenerator(state: 42)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                UInt8.random(in: .min ... .max, using: &generator)
            }
            _ = try? Self.read(ByteBuffer(bytes: bytes))
        }
    }

    @Test(arguments: [0, 1, 125, 126, 65_535, 65_536])
    func `a server's frame is read back by a client`(size: Int) throws {
        let payload = ByteBuffer(repeating: UInt8(ascii: "a"), count: size)
        var frame = ByteBuffer.frame(.text, payload)
        var reader = MessageReader(role: .client, maximumMessage: 100_000)
        #expect(try reader.next(from: &frame) == .text(payload))
        #expect(frame.readableBytes == 0)
    }
}
