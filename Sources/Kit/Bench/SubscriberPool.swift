import Glibc

/// The WebSocket connections of one window: opened together, read, and counted one by one.
final class SubscriberPool {
    /// Open and ready to receive.
    private(set) var count = 0
    /// Text messages since the last `resetCounts()`, all subscribers together.
    private(set) var received = 0

    private struct Subscriber {
        enum Stage { case connecting, upgrading, open }
        let descriptor: Int32
        var stage = Stage.connecting
        var upgrade = ResponseScanner(expecting: 101)
        var frames = FrameCounter()
        var received = 0
    }

    private static let handshakesAtOnce = 128
    private static let openingLimit = 60.0
    private static let lastSource: UInt8 = 254

    private let poller: Poller
    private let port: UInt16
    private let endpoint: BenchEndpoint
    private let capacity: Int
    private let table: UnsafeMutablePointer<Subscriber>
    private var used = 0
    private var source: UInt8 = 1

    /// - Parameter capacity: the most it will ever hold. Their tags are the numbers below it.
    init(of endpoint: BenchEndpoint, capacity: Int, poller: Poller) {
        self.poller = poller
        self.capacity = capacity
        port = endpoint.port
        self.endpoint = endpoint
        table = .allocate(capacity: capacity)
    }

    deinit {
        for index in 0..<used { close(table[index].descriptor) }
        table.deinitialize(count: used)
        table.deallocate()
    }

    /// Opens `more` subscribers, 128 handshakes at a time. Nothing else may be registered with the poller yet that
    /// has something to say.
    ///
    /// - Throws: `.failed` when one is refused, and when they are not all open within 60 s.
    func open(_ more: Int) throws {
        let goal = min(used + more, capacity)
        let deadline = MonotonicClock.after(seconds: Self.openingLimit)
        while count < goal {
            while used < goal, used - count < Self.handshakesAtOnce { try connect() }
            try poller.poll(milliseconds: 50) { tag, ready in _ = try handle(tag, ready) }
            if MonotonicClock.now() > deadline {
                throw SystemError.failed("\(count) of \(goal) WebSocket upgrades done after 60 s")
            }
        }
    }

    /// Messages from before count for nothing: a server may greet whoever joins.
    func resetCounts() {
        received = 0
        for index in 0..<used { table[index].received = 0 }
    }

    /// To be called for each event under a subscriber's tag.
    ///
    /// - Returns: messages this subscriber had before, and has now.
    /// - Throws: `.failed` when it is closed or the server breaks the protocol.
    @inline(__always)
    func handle(_ tag: UInt32, _ ready: Poller.Interest) throws -> (before: Int, after: Int) {
        let subscriber = table + Int(tag)
        let before = subscriber.pointee.received
        guard subscriber.pointee.stage == .open else {
            try advance(subscriber, tag, ready)
            return (before, subscriber.pointee.received)
        }
        switch StreamSocket.receive(subscriber.pointee.descriptor, into: poller.scratch) {
        case .nothingYet: break
        case .closed: throw SystemError.failed("the server closed a subscriber")
        case .bytes(let count):
            try take(subscriber, UnsafeRawBufferPointer(rebasing: poller.scratch[..<count]))
        }
        return (before, subscriber.pointee.received)
    }

    @inline(__always)
    private func take(_ subscriber: UnsafeMutablePointer<Subscriber>, _ bytes: UnsafeRawBufferPointer) throws {
        let messages = subscriber.pointee.frames.count(bytes)
        subscriber.pointee.received += messages
        received += messages
        guard !subscriber.pointee.frames.isBroken else { throw SystemError.failed("a malformed frame") }
        guard !subscriber.pointee.frames.isClosed else { throw SystemError.failed("the server closed a subscriber") }
        if !subscriber.pointee.frames.replies.isEmpty { try reply(subscriber) }
    }

    private func reply(_ subscriber: UnsafeMutablePointer<Subscriber>) throws {
        let reply = subscriber.pointee.frames.replies
        subscriber.pointee.frames.replies.removeAll(keepingCapacity: true)
        let sent = reply.withUnsafeBytes { StreamSocket.send(subscriber.pointee.descriptor, $0) }
        // A subscriber sends nothing else: its buffer has room for a pong unless the server stopped reading.
        guard sent == reply.count else { throw SystemError.failed("a pong could not be sent") }
    }

    private func connect() throws {
        guard let descriptor = try StreamSocket.connect(port: port, source: source) else {
            // Each source address has its own range of ports.
            guard source < Self.lastSource else { throw SystemError.failed("no free port to connect from") }
            source += 1
            return
        }
        (table + used).initialize(to: Subscriber(descriptor: descriptor))
        used += 1
        try poller.add(descriptor, tag: UInt32(used - 1), interest: .write)
    }

    /// The handshake: connected, then the request, then the 101 with perhaps the first frames behind it.
    private func advance(
        _ subscriber: UnsafeMutablePointer<Subscriber>, _ tag: UInt32, _ ready: Poller.Interest
    ) throws {
        let descriptor = subscriber.pointee.descriptor
        guard subscriber.pointee.stage == .upgrading else {
            let code = StreamSocket.connectError(descriptor)
            guard code == 0 else { throw SystemError.system("connecting a subscriber", code) }
            let request = endpoint.upgrade(Int(tag))
            let sent = request.withUnsafeBytes { StreamSocket.send(descriptor, $0) }
            guard sent == request.count else { throw SystemError.failed("an upgrade request could not be sent") }
            subscriber.pointee.stage = .upgrading
            return try poller.modify(descriptor, tag: tag, interest: .read)
        }
        switch StreamSocket.receive(descriptor, into: poller.scratch) {
        case .nothingYet: return
        case .closed: throw SystemError.failed("the server hung up on an upgrade")
        case .bytes(let length):
            _ = try subscriber.pointee.upgrade.scan(UnsafeRawBufferPointer(rebasing: poller.scratch[..<length]))
            guard subscriber.pointee.upgrade.isUpgraded else { return }
            subscriber.pointee.stage = .open
            count += 1
            if !endpoint.hello.isEmpty {
                let sent = endpoint.hello.withUnsafeBytes { StreamSocket.send(descriptor, $0) }
                guard sent == endpoint.hello.count else { throw SystemError.failed("a greeting could not be sent") }
            }
            let first = length - subscriber.pointee.upgrade.leftover
            try take(subscriber, UnsafeRawBufferPointer(rebasing: poller.scratch[first..<length]))
        }
    }
}
