import Testing

@testable import Kit

struct FrameReaderTests {
    private func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        switch payload.count {
        case 0..<126: [first, UInt8(payload.count)] + payload
        case 126..<65_536: [first, 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)] + payload
        default: [first, 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) } + payload
        }
    }

    private func heard(_ pieces: [[UInt8]]) throws -> [String] {
        var reader = FrameReader()
        var heard: [String] = []
        for piece in pieces {
            try piece.withUnsafeBytes { bytes in
                try reader.read(bytes) { heard.append("\($0) \(String(decoding: $1, as: UTF8.self))") }
            }
        }
        return heard
    }

    @Test func `any cut gives the same messages`() throws {
        let stream =
            frame(0x81, Array("one".utf8)) + frame(0x89, Array("ping".utf8)) + frame(0x01, Array("ha".utf8))
            + frame(0x8A, []) + frame(0x80, Array("lf".utf8)) + frame(0x81, Array(repeating: 0x78, count: 300))
            + frame(0x82, Array(repeating: 0x79, count: 70_000)) + frame(0x88, [0x03, 0xE8])
        let whole = try heard([stream])
        #expect(whole.count == 7)
        #expect(whole[2...3] == ["pong ", "text half"])
        for step in [1, 2, 3, 7, 64, 301, 4_096] {
            let pieces = stride(from: 0, to: stream.count, by: step).map {
                Array(stream[$0..<min($0 + step, stream.count)])
            }
            #expect(try heard(pieces) == whole, "cut every \(step)")
        }
    }

    @Test(
        arguments: [
            [0x81, 0x80, 0, 0, 0, 0], [0xC1, 0x00], [0x83, 0x00], [0x80, 0x01, 0x78], [0x01, 0x00, 0x81, 0x00],
            [0x81, 127, 0, 0, 0, 0, 2, 0, 0, 0],
        ] as [[UInt8]])
    func `what is no frame of a server ends the connection`(bytes: [UInt8]) {
        #expect(throws: FrameReader.Broken.self) { try heard([bytes]) }
    }

    @Test func `a client's frame is masked and says its length the shortest way`() {
        let short = ClientFrame.bytes(.pong, [1, 2, 3], key: 0x0403_0201)
        let expected: [UInt8] = [0x8A, 0x83, 1, 2, 3, 4, 0, 0, 0]
        #expect(short == expected)
        let middling = ClientFrame.bytes(.text, [UInt8](repeating: 0, count: 200), key: 0)
        #expect(Array(middling[1...3]) == [0xFE, 0, 200] as [UInt8])
        let long = ClientFrame.bytes(.text, [UInt8](repeating: 0, count: 70_000), key: 0)
        #expect(Array(long[1...9]) == [0xFF, 0, 0, 0, 0, 0, 1, 0x11, 0x70] as [UInt8])
    }
}
