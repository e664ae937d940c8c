import Glibc
import NIOCore

/// A connected socket of a `SocketLoop`, with what its kernel has not taken yet. Lives inside its connection, on the loop.
///
/// Nobody bounds what waits here: whoever writes counts, and stops reading from the peer or drops.
struct LoopSocket {
    /// What a write was, for whoever wants to know that the kernel has it.
    enum Mark: UInt8 { case plain, reply, held }

    /// What a look at what waits came to.
    enum Flushed {
        /// The kernel takes no more, or there is no more.
        case nothing
        case done(Mark)
        /// The connection is gone.
        case broken
    }

    private struct Write {
        var bytes: ByteBuffer
        let mark: Mark
    }

    /// Negative once it is closed or given away.
    private(set) var descriptor: Int32
    private let loop: SocketLoop
    private(set) var isReading = true
    private var interest: Poller.Interest
    private var waiting: [Write] = []

    /// Takes a connected, non-blocking descriptor over; it is closed here when the loop cannot take it.
    init(_ descriptor: Int32, on loop: SocketLoop, for handler: some SocketHandler) throws {
        (self.descriptor, self.loop, interest) = (descriptor, loop, .read)
        do {
            try loop.add(descriptor, interest, handler)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// None yet.
    init(closedOn loop: SocketLoop) { (descriptor, self.loop, interest) = (-1, loop, []) }

    var isOpen: Bool { descriptor >= 0 }
    /// Nothing waits: what is sent now overtakes nothing.
    var isClear: Bool { waiting.isEmpty }

    /// Hands the socket to another connection of this loop.
    mutating func give(to handler: some SocketHandler) -> LoopSocket {
        loop.hand(descriptor, to: handler)
        let socket = self
        (descriptor, waiting) = (-1, [])
        return socket
    }

    /// Takes the descriptor out of the loop, open.
    mutating func detach() -> Int32 {
        loop.release(descriptor)
        defer { (descriptor, waiting) = (-1, []) }
        return descriptor
    }

    mutating func close() {
        guard isOpen else { return }
        loop.close(descriptor)
        (descriptor, waiting) = (-1, [])
    }

    /// Says to the peer that nothing more comes.
    func closeOutput() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Reads once. The bytes last until the loop's next handler.
    func receive() -> (bytes: UnsafeRawBufferPointer, hasEnded: Bool) {
        let scratch = loop.scratch
        return switch StreamSocket.receive(descriptor, into: scratch) {
        case .bytes(let count): (UnsafeRawBufferPointer(rebasing: scratch[..<count]), false)
        case .nothingYet: (UnsafeRawBufferPointer(rebasing: scratch[..<0]), false)
        case .closed: (UnsafeRawBufferPointer(rebasing: scratch[..<0]), true)
        }
    }

    /// Sends what the kernel takes at once: nothing while something waits; nil when the connection is gone.
    @inline(__always)
    func offer(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard waiting.isEmpty else { return 0 }
        return StreamSocket.send(descriptor, bytes)
    }

    /// Behind what waits. `flush` tells of it once the kernel has it.
    mutating func wait(_ bytes: ByteBuffer, _ mark: Mark) {
        waiting.append(Write(bytes: bytes, mark: mark))
        update()
    }

    /// Offers the first of what waits.
    mutating func flush() -> Flushed {
        guard !waiting.isEmpty else { return .nothing }
        let taken = waiting[0].bytes.withUnsafeReadableBytes { StreamSocket.send(descriptor, $0) }
        guard let taken else { return .broken }
        waiting[0].bytes.moveReaderIndex(forwardBy: taken)
        guard waiting[0].bytes.readableBytes == 0 else { return .nothing }
        let mark = waiting.removeFirst().mark
        if waiting.isEmpty {
            waiting = []
            update()
        }
        return .done(mark)
    }

    mutating func setReading(_ isReading: Bool) {
        self.isReading = isReading
        update()
    }

    private mutating func update() {
        guard isOpen else { return }
        var wanted: Poller.Interest = isReading ? .read : []
        if !waiting.isEmpty { wanted.insert(.write) }
        guard wanted != interest else { return }
        interest = wanted
        loop.watch(descriptor, for: wanted)
    }
}
