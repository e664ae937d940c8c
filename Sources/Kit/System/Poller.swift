import Glibc

/// One epoll instance, its event array and one receive buffer, all made once and reused.
///
/// Level-triggered: whoever does not read everything is told again. Belongs to the thread that made it.
final class Poller {
    /// What a registration waits for. Hang-up and error are always reported, as readable. Values of sys/epoll.h.
    struct Interest: OptionSet {
        let rawValue: UInt32
        static let read = Interest(rawValue: 0x001)
        static let write = Interest(rawValue: 0x004)
        /// Hung up or broken; always reported.
        static let trouble = Interest(rawValue: 0x018)
    }

    /// Of `epoll_ctl`.
    private enum Operation: Int32 {
        case add = 1
        case remove = 2
        case modify = 3
    }

    /// 256 KiB that any handler may receive into; its contents last until the next handler runs.
    let scratch: UnsafeMutableRawBufferPointer

    private static let closeOnExec: Int32 = 0o2_000_000
    private let descriptor: Int32
    private let eventLimit: Int
    private let events: EpollEvents
    private let change = EpollEvents.allocate(1)
    private let control: LinuxCalls.EpollControl
    private let wait: LinuxCalls.EpollWait

    /// Called after each wait.
    private let check: () throws -> Void

    /// - Parameters:
    ///   - eventLimit: Events one wait brings at most.
    ///   - check: Called after each wait; what it throws, `poll` does.
    init(eventLimit: Int = 512, check: @escaping () throws -> Void = {}) throws {
        self.eventLimit = eventLimit
        self.check = check
        guard let create = LinuxCalls.epollCreate, let control = LinuxCalls.epollControl,
            let wait = LinuxCalls.epollWait
        else { throw SystemError.failed("epoll is not to be found: this runs on Linux only") }
        self.control = control
        self.wait = wait
        events = EpollEvents.allocate(eventLimit)
        scratch = .allocate(byteCount: 1 << 18, alignment: 64)
        descriptor = create(Self.closeOnExec)
        guard descriptor >= 0 else { throw SystemError.system("epoll_create1", errno) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        scratch.deallocate()
        events.deallocate()
        change.deallocate()
    }

    func add(_ socket: Int32, tag: UInt32, interest: Interest) throws {
        try register(.add, socket, tag, interest)
    }

    func modify(_ socket: Int32, tag: UInt32, interest: Interest) throws {
        try register(.modify, socket, tag, interest)
    }

    /// Nothing more is told of it. Without effect on one that is not registered.
    func remove(_ socket: Int32) { try? register(.remove, socket, 0, []) }

    /// Waits at most `nanoseconds`, to the precision of a timer where the kernel has it (since Linux 5.11).
    @inline(__always)
    func poll(nanoseconds: Int64, _ body: (UInt32, Interest) throws -> Void) throws {
        guard let waitPrecisely = LinuxCalls.epollWaitPrecisely else {
            return try poll(milliseconds: Int32(clamping: nanoseconds / 1_000_000), body)
        }
        let count = KernelTime(nanoseconds: max(0, nanoseconds)).withTimespec { time in
            waitPrecisely(descriptor, events.base, Int32(eventLimit), time, nil)
        }
        try handle(count, body)
    }

    /// Waits at most `milliseconds` (-1: without bound, for servers only) and hands each event to `body` as the tag
    /// it was registered under and what is possible now. Closing a descriptor removes its registration.
    ///
    /// - Throws: what `check` and `body` throw.
    @inline(__always)
    func poll(milliseconds: Int32, _ body: (UInt32, Interest) throws -> Void) throws {
        try handle(wait(descriptor, events.base, Int32(eventLimit), milliseconds), body)
    }

    @inline(__always)
    private func handle(_ count: Int32, _ body: (UInt32, Interest) throws -> Void) throws {
        guard count >= 0 || errno == EINTR else { throw SystemError.system("epoll_wait", errno) }
        try check()
        for index in 0..<max(0, Int(count)) {
            var ready = Interest(rawValue: events.mask(index))
            if !ready.isDisjoint(with: .trouble) { ready.insert(.read) }
            try body(events.tag(index), ready)
        }
    }

    private func register(_ operation: Operation, _ socket: Int32, _ tag: UInt32, _ interest: Interest) throws {
        change.set(mask: interest.rawValue, tag: tag)
        guard control(descriptor, operation.rawValue, socket, change.base) == 0 else {
            throw SystemError.system("epoll_ctl", errno)
        }
    }
}
