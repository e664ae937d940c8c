import Glibc

/// System calls that Swift's Glibc module leaves out: it has no `sys/epoll.h`, and nothing behind `_GNU_SOURCE`.
///
/// They are looked up by name, once, and are then plain C calls. A missing epoll is an error where it is made; whoever
/// asks for one of the others does without it.
enum LinuxCalls {
    typealias EpollCreate = @convention(c) (Int32) -> Int32
    typealias EpollControl = @convention(c) (Int32, Int32, Int32, UnsafeMutableRawPointer?) -> Int32
    typealias EpollWait = @convention(c) (Int32, UnsafeMutableRawPointer?, Int32, Int32) -> Int32
    typealias Affinity = @convention(c) (pid_t, Int, UnsafeMutableRawPointer) -> Int32
    typealias Accept = @convention(c) (Int32, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, Int32) -> Int32
    typealias EpollWaitPrecisely =
        @convention(c) (
            Int32, UnsafeMutableRawPointer?, Int32, UnsafePointer<timespec>?, UnsafeRawPointer?
        ) -> Int32
    typealias ProcessControl = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
    typealias EventDescriptor = @convention(c) (UInt32, Int32) -> Int32
    typealias MemoryFile = @convention(c) (UnsafePointer<CChar>, UInt32) -> Int32

    static let epollCreate = find("epoll_create1", as: EpollCreate.self)
    static let epollControl = find("epoll_ctl", as: EpollControl.self)
    static let epollWait = find("epoll_wait", as: EpollWait.self)
    /// Waits to the nanosecond; since Linux 5.11.
    static let epollWaitPrecisely = find("epoll_pwait2", as: EpollWaitPrecisely.self)
    static let processControl = find("prctl", as: ProcessControl.self)
    static let getAffinity = find("sched_getaffinity", as: Affinity.self)
    static let setAffinity = find("sched_setaffinity", as: Affinity.self)
    /// Accepts and sets the flags in one call.
    static let accept = find("accept4", as: Accept.self)
    /// A counter that can be waited for.
    static let eventDescriptor = find("eventfd", as: EventDescriptor.self)
    /// An unnamed file in memory; the flag 1 closes it on exec.
    static let memoryFile = find("memfd_create", as: MemoryFile.self)

    private static func find<Function>(_ name: String, as type: Function.Type) -> Function? {
        dlsym(nil, name).map { unsafeBitCast($0, to: type) }
    }
}

/// An array of the kernel's `struct epoll_event`: a 32-bit event mask, then 64 bits of the caller's own.
///
/// On x86-64 the two are packed into 12 bytes, everywhere else they are aligned to 16 (uapi/linux/eventpoll.h).
struct EpollEvents {
    #if arch(x86_64)
        private static let stride = 12
        private static let payload = 4
    #else
        private static let stride = 16
        private static let payload = 8
    #endif

    let base: UnsafeMutableRawPointer

    static func allocate(_ count: Int) -> EpollEvents {
        EpollEvents(base: .allocate(byteCount: count * stride, alignment: 16))
    }

    func deallocate() {
        base.deallocate()
    }

    @inline(__always)
    func mask(_ index: Int) -> UInt32 {
        base.load(fromByteOffset: index * Self.stride, as: UInt32.self)
    }

    @inline(__always)
    func tag(_ index: Int) -> UInt32 {
        base.loadUnaligned(fromByteOffset: index * Self.stride + Self.payload, as: UInt32.self)
    }

    /// Writes the first one, as `epoll_ctl` wants it.
    func set(mask: UInt32, tag: UInt32) {
        base.storeBytes(of: mask, as: UInt32.self)
        base.storeBytes(of: UInt64(tag), toByteOffset: Self.payload, as: UInt64.self)
    }
}
