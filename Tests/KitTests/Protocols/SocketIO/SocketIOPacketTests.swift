import NIOCore
import Testing

@testable import Kit

/// Packets of Socket.IO 5 and payloads of Engine.IO 4.
struct SocketIOPacketTests {
    /// Texts that are packets, written again as they came.
    static let good = [
        "0", #"0{"token":"x"}"#, "0/admin,", #"0/admin,{"sid":"a"}"#, "1", "1/admin,", #"2["a"]"#, #"2[7,null]"#,
        #"2/admin,["project:delete",123]"#, #"212["a",1]"#, #"2/admin,456["a",{"b":[true,1.50]}]"#, "3/admin,456[]",
        #"44["x"]"#, #"4/admin,{"message":"no"}"#, #"51-["a",{"_placeholder":true,"num":0}]"#,
        #"52-/admin,789["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#,
        #"61-/admin,456[{"_placeholder":true,"num":0}]"#, #"50-["a"]"#,
    ]

    @Test(arguments: good.filter { $0 != #"44["x"]"# })
    func `a packet is read and written`(text: String) throws {
        let packet = try SocketIOPacket(ByteBuffer(string: text))
        #expect(packet.text == (text == "0/admin," || text == "1/admin," ? text : text))
    }

    @Test func `the parts of a packet are where they belong`() throws {
        let packet = try SocketIOPacket(ByteBuffer(string: #"51-/admin,456["a",{"_placeholder":true,"num":0}]"#))
        #expect(packet.kind == .binaryEvent)
        #expect(packet.attachments == 1)
        #expect(packet.namespace == "/admin")
        #expect(packet.id == 456)
        #expect(try SocketIOPacket(ByteBuffer(string: "0/admin")).namespace == "/admin")
    }

    static let bad = [
        "", "7", "a", "abc", " 0", "2", "2{}", "2[]", "2[{}]", "2[null]", #"2["connect"]"#, #"2["disconnect"]"#,
        #"2["newListener",1]"#, #"2abc["a"]"#, #"2["a""#, #"2["a"]x"#, "0[]", "0null", #"0"x""#, "1{}", "3[]", "3{}",
        #"31"x""#, #"5["a"]"#, #"5-["a"]"#, #"511-["a"]"#, #"51["a"]"#, "4", "4[]", #"44["x"]"#,
        #"21234567890123456["a"]"#, #"2/a["x"]"#,
    ]

    @Test(arguments: bad) func `what is no packet is refused`(text: String) {
        #expect(throws: SocketIOPacket.Mistake.self) { try SocketIOPacket(ByteBuffer(string: text)) }
    }

    @Test func `attachments complete their packet, and nothing else may come between`() throws {
        var reader = SocketIOReader()
        let text = ByteBuffer(
            string: #"52-["a",{"_placeholder":true,"num":0},{"x":{"_placeholder":true,"num":1}}]"#)
        #expect(try reader.text(text) == nil)
        #expect(try reader.binary(ByteBuffer(bytes: [1])) == nil)
        let whole = try #require(try reader.binary(ByteBuffer(bytes: [2, 3])))
        #expect(whole.attachments == [ByteBuffer(bytes: [1]), ByteBuffer(bytes: [2, 3])])
        #expect(throws: SocketIOPacket.Mistake.self) { try reader.binary(ByteBuffer(bytes: [4])) }
        #expect(try reader.text(text) == nil)
        #expect(throws: SocketIOPacket.Mistake.self) { try reader.text(ByteBuffer(string: #"2["a"]"#)) }
    }

    @Test(arguments: [
        #"51-["a",{"_placeholder":true,"num":1}]"#, #"51-["a",{"_placeholder":true,"num":-1}]"#,
        #"51-["a",{"_placeholder":true,"num":"0"}]"#, #"51-["a",{"_placeholder":true}]"#,
    ])
    func `a placeholder without its attachment is refused`(text: String) throws {
        var reader = SocketIOReader()
        #expect(try reader.text(ByteBuffer(string: text)) == nil)
        #expect(throws: SocketIOPacket.Mistake.self) { try reader.binary(ByteBuffer(bytes: [1])) }
    }

    @Test func `attachments have a bound together`() throws {
        var reader = SocketIOReader()
        #expect(try reader.text(ByteBuffer(string: #"52-["a"]"#)) == nil)
        let half = ByteBuffer(repeating: 7, count: SocketIOReader.maximumBytes)
        #expect(try reader.binary(half) == nil)
        #expect(throws: SocketIOPacket.Mistake.self) { try reader.binary(ByteBuffer(bytes: [1])) }
    }

    // MARK: Engine.IO

    @Test func `a payload is packets with a separator between, and binary ones in base64`() throws {
        let packets = EnginePayload.packets(in: ByteBuffer(string: "4hello\u{1E}2\u{1E}bAQIDBA==\u{1E}4\u{1E}1"))
        #expect(
            packets == [
                .message(ByteBuffer(string: "hello")), .ping(ByteBuffer()), .binary(ByteBuffer(bytes: [1, 2, 3, 4])),
                .message(ByteBuffer()), .close,
            ])
        var frames = ByteBuffer()
        frames.writeImmutableBuffer(.enginePacket("4hello"))
        frames.writeImmutableBuffer(.frame(.binary, ByteBuffer(bytes: [1, 2, 3, 4])))
        frames.writeImmutableBuffer(.enginePacket("4" + String(repeating: "x", count: 70_000)))
        var payload = ByteBuffer()
        EnginePayload.append(frames, to: &payload)
        #expect(
            String(buffer: payload) == "4hello\u{1E}bAQIDBA==\u{1E}4" + String(repeating: "x", count: 70_000))
    }

    @Test(arguments: ["", "abc", "4a\u{1E}", "\u{1E}4a", "b", "b*", "bAQ", "7", "4a\u{1E}x"])
    func `a payload of something else is none`(text: String) {
        // A `b` alone is an empty attachment; everything else here is no packet.
        #expect((EnginePayload.packets(in: ByteBuffer(string: text)) == nil) == (text != "b"))
    }

    @Test func `a payload that is not UTF-8 is none`() {
        #expect(EnginePayload.packets(in: ByteBuffer(bytes: [0x34, 0xFF])) == nil)
    }

    // MARK: Whatever comes

    /// Pieces of packets, put together at random: more of it is nearly right than of random bytes.
    private static let pieces = [
        "0", "1", "2", "3", "4", "5", "6", "7", "-", "/", ",", "/admin,", "[", "]", "{", "}", "\"", "a", "message", ":",
        "_placeholder", "true", "num", "12", "\u{1E}", "b", "AQ==", "\\u", "null", "é", "\u{0}", "9999999999999999999",
    ]

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `no input makes a parser do anything but read or refuse`(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        for _ in 0..<20_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                bytes += Self.pieces.randomElement(using: &random)!.utf8
                if Int.random(in: 0..<20, using: &random) == 0 { bytes.append(.random(in: 0...255, using: &random)) }
            }
            let buffer = ByteBuffer(bytes: bytes)
            if let packet = try? SocketIOPacket(buffer) {
                // Whatever was read means the same when it is written and read again.
                let again = try? SocketIOPacket(packet.bytes)
                #expect(again == packet)
            }
            for case .message(let text) in EnginePayload.packets(in: buffer) ?? [] { _ = try? SocketIOPacket(text) }
            _ = EnginePacket(text: buffer)
            var reader = SocketIOReader()
            _ = try? reader.text(buffer)
            _ = try? reader.binary(buffer)
        }
    }
}
