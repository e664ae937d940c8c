import NIOCore

/// Where an outbox's bytes go: one socket, seen from its loop.
protocol FrameSink: AnyObject {
    /// Offers bytes without waiting and returns how many were taken: 0 when the socket takes none now, nil when it is gone.
    func offer(_ bytes: UnsafeRawBufferPointer) -> Int?
    /// Takes all of `bytes`, which begin inside or at a message the socket refused, and holds them until it takes more.
    /// Then, on a later turn of the loop, it calls `Outbox.resume()`; until then nothing else is offered.
    func hold(_ bytes: ByteBuffer)
}
