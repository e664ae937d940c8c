import Foundation
import NIOCore
import NIOHTTP1

/// A server's answer to the opening handshake (RFC 6455 §4.2.2), or its refusal.
struct UpgradeAnswer {
    private static let maximumHead = 16_384

    private var status = 0
    /// Names in lower case.
    private(set) var headers: [(name: String, value: String)] = []
    private var body: ByteBuffer?

    /// Something other than 101 has come; its body may still be on its way.
    var isRefusal: Bool { status != 0 && status != 101 }

    /// Reads what is there; true when the answer is whole.
    ///
    /// - Throws: `.unavailable` when this is no HTTP.
    mutating func read(from buffer: inout ByteBuffer) throws(KitError) -> Bool {
        if status == 0 {
            guard
                let length = buffer.withUnsafeReadableBytes({
                    Data($0).firstRange(of: Data("\r\n\r\n".utf8))?.upperBound
                })
            else {
                guard buffer.readableBytes < Self.maximumHead else { throw Self.notHTTP }
                return false
            }
            let lines = buffer.readString(length: length)?.components(separatedBy: "\r\n") ?? []
            guard let first = lines.first?.split(separator: " "), first.count >= 2, first[0] == "HTTP/1.1",
                let code = Int(first[1])
            else { throw Self.notHTTP }
            status = code
            for line in lines.dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2 else { continue }
                headers.append((parts[0].lowercased(), parts[1].trimmingCharacters(in: .whitespaces)))
            }
        }
        guard isRefusal else { return true }
        let length = min(value("content-length").flatMap { Int($0) } ?? 0, Self.maximumHead)
        guard buffer.readableBytes >= length else { return false }
        body = buffer.readSlice(length: length)
        return true
    }

    private func value(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    private static var notHTTP: KitError { KitError(.unavailable, "the server does not speak HTTP") }

    /// - Throws: the refusal under the code of its status; `.unavailable` when a 101 does not fit the nonce.
    func check(nonce: String) throws(KitError) {
        guard status == 101 else {
            throw APIClient.error(.init(statusCode: status), body ?? ByteBuffer())
        }
        guard value("sec-websocket-accept") == WebSocketAccept.value(for: nonce) else {
            throw KitError(.unavailable, "the server's handshake does not answer ours; is there a proxy in between?")
        }
    }
}
