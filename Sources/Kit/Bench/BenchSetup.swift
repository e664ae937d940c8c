import Glibc

/// Gets from a fresh quikko what the measurements need: one session token.
struct BenchSetup {
    private static let timeLimit = 10.0
    private let port: UInt16
    private let key: String

    /// - Parameter readyLine: what `serve --print-ready` printed; names the file its key is in.
    init(port: UInt16, readyLine: String) throws {
        guard let file = BenchText.string("keyFile", in: readyLine) else {
            throw SystemError.failed("no keyFile in its ready line")
        }
        let keys = try ProcFile.read(file)
        let address = BenchText.string("url", in: readyLine) ?? "http://127.0.0.1:\(port)"
        guard let key = BenchText.string(address, in: keys) else {
            throw SystemError.failed("no key for \(address) in \(file)")
        }
        self.port = port
        self.key = key
    }

    /// A session token.
    func token() throws -> String {
        let ticket = try post("/api/v1/tickets", #"{"kind":"session","ttl":86400}"#)
        guard let token = BenchText.string("token", in: ticket) else {
            throw SystemError.failed("no token in the answer to POST /api/v1/tickets")
        }
        return token
    }

    /// - Returns: the body of the 201.
    /// - Throws: `.failed` naming the path when the answer is another, or does not come within 10 s.
    private func post(_ path: String, _ body: String) throws -> String {
        let head = [
            "POST \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Authorization: Bearer \(key)",
            "Content-Type: application/json", "Content-Length: \(body.utf8.count)",
        ]
        let request = Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
        guard let descriptor = try StreamSocket.connect(port: port) else { throw SystemError.failed("no free port") }
        defer { close(descriptor) }
        let deadline = MonotonicClock.after(seconds: Self.timeLimit)
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        var isSent = false
        while MonotonicClock.now() < deadline {
            try BenchInterrupt.check()
            var waiting = pollfd(fd: descriptor, events: Int16(isSent ? POLLIN : POLLOUT), revents: 0)
            guard poll(&waiting, 1, 50) > 0 else { continue }
            guard isSent else {
                // Some hundred bytes into an empty buffer: the kernel takes them whole or the connection is broken.
                isSent = request.withUnsafeBytes { StreamSocket.send(descriptor, $0) } == request.count
                guard isSent else { throw SystemError.failed("POST \(path) could not be sent") }
                continue
            }
            switch buffer.withUnsafeMutableBytes({ StreamSocket.receive(descriptor, into: $0) }) {
            case .bytes(let count): answer.append(contentsOf: buffer.prefix(count))
            case .nothingYet: continue
            case .closed: throw SystemError.failed("POST \(path): the server hung up")
            }
            guard let head = try answer.withUnsafeBytes({ try ResponseHead.parse($0) }) else { continue }
            let text = answer[head.byteCount...]
            guard text.count >= head.contentLength else { continue }
            guard head.status == 201 else { throw SystemError.failed("POST \(path) was answered \(head.status)") }
            return String(decoding: text, as: UTF8.self)
        }
        throw SystemError.failed("POST \(path) was not answered in time")
    }
}
