import Glibc

/// One keep-alive connection that follows a short link, as many times at once as asked.
///
/// Which of the links is up to its tag, or all in turn.
///
/// It sends from one prebuilt run of requests and remembers only how far it is in it and how many bytes it owes.
final class ClickConnection {
    /// Requests sent and not answered.
    private(set) var outstanding = 0

    private static let run = 16
    /// Looks like a browser, because quikko reads this field for each click.
    private static let browser =
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"

    private let poller: Poller
    private let tag: UInt32
    private let descriptor: Int32
    /// Sent over and over; `ends` has where each request in it ends.
    private let requests: [UInt8]
    private let ends: [Int]
    private var next = 0
    private var sentBytes = 0
    private var scanner = ResponseScanner(expecting: 302)
    private var owed = 0
    private var awaitsRoom = false

    /// Connects; requests sent before that is done follow it.
    ///
    /// - Parameter isRound: All links in turn, one after the other.
    init(to endpoint: BenchEndpoint, poller: Poller, tag: UInt32, isRound: Bool = false) throws {
        guard let descriptor = try StreamSocket.connect(port: endpoint.port) else {
            throw SystemError.failed("no free port to connect from")
        }
        self.poller = poller
        self.tag = tag
        self.descriptor = descriptor
        var requests: [UInt8] = []
        var ends: [Int] = []
        for number in 0..<(isRound ? endpoint.links : Self.run) {
            requests +=
                """
                GET \(endpoint.clickPath(isRound ? number : Int(tag))) HTTP/1.1\r
                Host: 127.0.0.1:\(endpoint.port)\r
                User-Agent: \(Self.browser)\r
                Accept: */*\r
                \r\n
                """.utf8
            ends.append(requests.count)
        }
        (self.requests, self.ends) = (requests, ends)
        try poller.add(descriptor, tag: tag, interest: .read)
    }

    deinit { close(descriptor) }

    /// Sends `count` requests, in one write when the kernel has room.
    func send(_ count: Int) throws {
        outstanding += count
        let goal = next + count
        owed += goal / ends.count * requests.count + end(goal % ends.count) - end(next)
        next = goal % ends.count
        try flush()
    }

    /// Bytes of the first so many requests of the run.
    private func end(_ count: Int) -> Int { count == 0 ? 0 : ends[count - 1] }

    /// To be called for each event under this connection's tag.
    ///
    /// - Returns: how many requests were answered.
    /// - Throws: `.failed` on any answer but 302, and when the server hangs up.
    func handle(_ ready: Poller.Interest) throws -> Int {
        if ready.contains(.write) { try flush() }
        guard ready.contains(.read) else { return 0 }
        switch StreamSocket.receive(descriptor, into: poller.scratch) {
        case .nothingYet: return 0
        case .closed: throw SystemError.failed("the server closed a connection that was clicking")
        case .bytes(let count):
            let answered = try scanner.scan(UnsafeRawBufferPointer(rebasing: poller.scratch[..<count]))
            outstanding -= answered
            guard outstanding >= 0 else { throw SystemError.failed("more answers than requests") }
            return answered
        }
    }

    private func flush() throws {
        while owed > 0 {
            let sent = requests.withUnsafeBytes { bytes in
                let end = min(sentBytes + owed, bytes.count)
                return StreamSocket.send(descriptor, UnsafeRawBufferPointer(rebasing: bytes[sentBytes..<end]))
            }
            guard let sent else { throw SystemError.failed("the server closed a connection that was clicking") }
            if sent == 0 { break }
            owed -= sent
            sentBytes = (sentBytes + sent) % requests.count
        }
        guard awaitsRoom != (owed > 0) else { return }
        awaitsRoom = owed > 0
        try poller.modify(descriptor, tag: tag, interest: awaitsRoom ? [.read, .write] : .read)
    }
}
