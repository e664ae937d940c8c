import Foundation
import Glibc
import NIOCore
import Synchronization

/// Whom a loop tells what its socket can do now.
///
/// A descriptor that is closed may be another socket's before the turn of the loop is over, and that one is then told what
/// was true of the first: whoever is told to read must take nothing to read for an answer.
protocol SocketHandler: AnyObject {
    func handle(_ ready: Poller.Interest)
}

/// An event loop of our own: one thread, one epoll, every redirect and every live socket.
///
/// What it costs to have a socket here is a slot of 16 bytes. It is an `EventLoop` like NIO's, so that what runs on either is
/// written once. `@unchecked` holds because everything but `inbox` and `thread` is touched on its own thread alone.
final class SocketLoop: EventLoop, @unchecked Sendable {
    typealias Task = () -> Void

    /// What other threads have left here.
    private struct Inbox {
        var tasks: [@Sendable () -> Void] = []
        /// Its thread has been told, and has not looked yet.
        var isAwake = false
        /// Called when the thread has ended.
        var ended: [@Sendable () -> Void] = []
        var hasEnded = false
    }

    private struct Timer {
        let number: Int
        let due: NIODeadline
        let task: Task
        /// Nobody waits for ever for what is not done any more.
        let ended: Task
    }

    /// What one read brings at most: the answers to it wait for a peer that does not take them.
    private static let longestRead = 16_384
    /// Without a timer: how long it sleeps when nothing happens.
    private static let longestSleep: Int64 = 3_600_000_000_000

    private let poller: Poller
    private let bell: Int32
    private let name: String
    private let inbox = Guarded(Inbox())
    /// `pthread_self()` of its thread; 0 before it has one.
    private let thread = Atomic<UInt>(0)
    private var handlers: ContiguousArray<(any SocketHandler)?> = []
    /// From this thread, for the end of this turn.
    private var tasks: [Task] = []
    /// The next is the last.
    private var timers: [Timer] = []
    private var lastTimer = 0
    private var isRinging = false
    /// Nothing is taken on after what is there.
    private var isEnding = false

    /// Starts its thread.
    ///
    /// - Throws: when the system gives no more descriptors.
    init(name: String) throws {
        self.name = name
        poller = try Poller(eventLimit: 256)
        bell = LinuxCalls.eventDescriptor?(0, O_CLOEXEC | O_NONBLOCK) ?? -1
        guard bell >= 0 else { throw SystemError.system("eventfd", errno) }
        try poller.add(bell, tag: UInt32(bell), interest: .read)
        let thread = Thread { [self] in run() }
        thread.start()
    }

    deinit { Glibc.close(bell) }

    /// Where a socket of this loop is read into; what it holds lasts until the next handler is called.
    var scratch: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: poller.scratch[..<Self.longestRead])
    }

    // MARK: Sockets

    /// - Throws: when the kernel has no room for it; the descriptor stays the caller's.
    func add(_ descriptor: Int32, _ interest: Poller.Interest, _ handler: some SocketHandler) throws {
        assertInEventLoop()
        try poller.add(descriptor, tag: UInt32(descriptor), interest: interest)
        hand(descriptor, to: handler)
    }

    /// From now on `handler` hears of this socket.
    func hand(_ descriptor: Int32, to handler: some SocketHandler) {
        let place = Int(descriptor)
        while handlers.count <= place { handlers.append(nil) }
        handlers[place] = handler
    }

    func watch(_ descriptor: Int32, for interest: Poller.Interest) {
        // Only a descriptor the kernel does not know could be refused.
        try? poller.modify(descriptor, tag: UInt32(descriptor), interest: interest)
    }

    /// Nobody here hears of it any more; it stays open.
    func release(_ descriptor: Int32) {
        handlers[Int(descriptor)] = nil
        poller.remove(descriptor)
    }

    func close(_ descriptor: Int32) {
        // Its registration goes with it, as long as no copy of the descriptor is open.
        handlers[Int(descriptor)] = nil
        Glibc.close(descriptor)
    }

    // MARK: The thread

    private func run() {
        thread.store(pthread_self(), ordering: .releasing)
        // For `top -H`: Foundation names its own object only (prctl(2), PR_SET_NAME).
        name.withCString { _ = LinuxCalls.processControl?(15, UInt(bitPattern: $0), 0, 0, 0) }
        while !isEnding || !tasks.isEmpty {
            do {
                try poller.poll(nanoseconds: sleep) { tag, ready in
                    if Int32(tag) == bell { return hush() }
                    // Held while it works: a handler may end and remove itself.
                    let handler = handlers[Int(tag)]
                    handler?.handle(ready)
                }
            } catch {
                preconditionFailure("the event loop \(name) cannot wait: \(error)")
            }
            endTurn()
        }
        handlers = []
        for timer in exchange(&timers, with: []) { timer.ended() }
        let ended = inbox.withLock { inbox in
            inbox.hasEnded = true
            return exchange(&inbox.ended, with: [])
        }
        for body in ended { body() }
    }

    /// Nanoseconds until something is due.
    private var sleep: Int64 {
        guard tasks.isEmpty else { return 0 }
        guard let next = timers.last else { return Self.longestSleep }
        return min(max(0, (next.due - .now()).nanoseconds), Self.longestSleep)
    }

    private func hush() {
        var count: UInt64 = 0
        _ = read(bell, &count, 8)
        isRinging = true
    }

    private func endTurn() {
        if isRinging {
            isRinging = false
            let more = inbox.withLock { inbox in
                inbox.isAwake = false
                return exchange(&inbox.tasks, with: [])
            }
            for task in more { task() }
        }
        if let next = timers.last, next.due <= .now() { runTimers() }
        guard !tasks.isEmpty else { return }
        // What these leave behind is for the next turn: sockets come in between.
        var turn = exchange(&tasks, with: [])
        for task in turn { task() }
        if tasks.isEmpty {
            turn.removeAll(keepingCapacity: turn.capacity <= 1_024)
            tasks = turn
        }
    }

    private func runTimers() {
        let now = NIODeadline.now()
        while let next = timers.last, next.due <= now {
            timers.removeLast()
            next.task()
        }
    }

    // MARK: EventLoop

    var inEventLoop: Bool { thread.load(ordering: .acquiring) == pthread_self() }

    func execute(_ task: @escaping @Sendable () -> Void) { enqueue(task) }

    func _executeIsolatedUnsafeUnchecked(_ task: @escaping () -> Void) {
        assertInEventLoop()
        tasks.append(task)
    }

    private func enqueue(_ task: @escaping @Sendable () -> Void) {
        guard !inEventLoop else { return tasks.append(task) }
        let rings = inbox.withLock { inbox in
            inbox.tasks.append(task)
            return !exchange(&inbox.isAwake, with: true)
        }
        guard rings else { return }
        var one: UInt64 = 1
        _ = write(bell, &one, 8)
    }

    @discardableResult
    func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        let promise = makePromise(of: T.self)
        let number = Guarded(0)
        let scheduled = Scheduled(promise: promise) { [self] in
            enqueue { [self] in timers.removeAll { $0.number == number.withLock { $0 } } }
        }
        let start = { @Sendable [self] in
            lastTimer += 1
            number.withLock { $0 = lastTimer }
            let isolated = promise.assumeIsolatedUnsafeUnchecked()
            let timer = Timer(
                number: lastTimer, due: deadline, task: { isolated.completeWith(Result { try task() }) },
                ended: { isolated.completeWith(.failure(EventLoopError.shutdown)) })
            let place = timers.firstIndex { $0.due <= deadline } ?? timers.endIndex
            timers.insert(timer, at: place)
        }
        if inEventLoop { start() } else { enqueue(start) }
        return scheduled
    }

    @discardableResult
    func scheduleTask<T>(in amount: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        scheduleTask(deadline: .now() + amount, task)
    }

    func any() -> any EventLoop { self }
    func next() -> any EventLoop { self }
    func makeIterator() -> EventLoopIterator { EventLoopIterator([self]) }

    /// Ends the thread behind what is to be done; sockets that are still open are the kernel's to close with the process.
    func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
        let hasEnded = inbox.withLock { inbox in
            if !inbox.hasEnded { inbox.ended.append { queue.async { callback(nil) } } }
            return inbox.hasEnded
        }
        guard !hasEnded else { return queue.async { callback(nil) } }
        enqueue { [self] in isEnding = true }
    }
}
