import Testing

@testable import Kit

struct FrameCounterTests {
    /// Two texts, a ping, a text in two parts around a pong, an empty text, a long one, a binary one, one more text.
    private static let stream: [UInt8] =
        frame(0x81, Array("hello".utf8)) + frame(0x81, [UInt8](repeating: 0x81, count: 200)) + frame(0x89, [1, 2, 3])
        + frame(0x01, [0x88]) + frame(0x8A, []) + frame(0x80, [0x89]) + frame(0x81, [])
        + frame(0x81, [UInt8](repeating: 0, count: 70_000)) + frame(0x82, [7]) + frame(0x81, [0x81, 0x00])

    private static func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let length: [UInt8] =
            switch payload.count {
            case ..<126: [UInt8(payload.count)]
            case ..<65_536: [126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
            default: [127] + stride(from: 56, through: 0, by: -8).map { UInt8(payload.count >> $0 & 0xFF) }
            }
        return [first] + length + payload
    }

    private static func count(_ counter: inout FrameCounter, _ bytes: some Collection<UInt8>) -> Int {
        Array(bytes).withUnsafeBytes { counter.count($0) }
    }

    @Test func `six texts are six, wherever one read ends and the next begins`() {
        // Behind the long payload every position is like the one before.
        let positions = Array(0...300) + Array(Self.stream.count - 300...Self.stream.count)
        for position in positions {
            var counter = FrameCounter()
            let first = Self.count(&counter, Self.stream[..<position])
            let second = Self.count(&counter, Self.stream[position...])
            #expect(first + second == 6, "split at \(position)")
            #expect(!counter.isBroken && !counter.isClosed)
        }
    }

    @Test func `a stream that comes byte by byte counts the same`() {
        var counter = FrameCounter()
        let messages = Self.stream.reduce(0) { $0 + Self.count(&counter, [$1]) }
        #expect(messages == 6)
    }

    @Test func `a ping is answered with its own payload, masked`() {
        var counter = FrameCounter()
        _ = Self.count(&counter, Self.stream)
        let reply = counter.replies
        #expect(reply.count == 9)
        #expect(reply.prefix(2) == [0x8A, 0x83])
        let payload = reply[6...].enumerated().map { $1 ^ reply[2 + $0] }
        #expect(payload == [1, 2, 3])
    }

    @Test func `nothing counts after a close frame`() {
        var counter = FrameCounter()
        let messages = Self.count(&counter, Self.frame(0x88, [0x03, 0xE9]) + Self.frame(0x81, [1]))
        #expect(messages == 0)
        #expect(counter.isClosed)
    }

    private static let malformed: [[UInt8]] = [
        [0x81, 0x81, 0, 0, 0, 0, 0x41],
        [0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0, 1],
        [0x81, 127, 0xFF, 0, 0, 0, 0, 0, 0, 1],
        [0x81, 127, 0, 0, 0, 0, 1, 0, 0, 1],
    ]

    @Test(arguments: malformed)
    func `a masked or absurdly long frame breaks the connection`(_ bytes: [UInt8]) {
        var counter = FrameCounter()
        #expect(Self.count(&counter, bytes) == 0)
        #expect(counter.isBroken)
    }
}
