import NIOCore

/// Where an outbox's bytes go: one socket, seen from its loop.
protocol FrameSink: AnyObject {
    /// Offers bytes without waiting and returns how many were taken: 0 when the socket takes none now, nil when it is gone.
    func offer(_ bytes: UnsafeRawBufferPointer) -> Int?
    /// Takes all of `bytes`, which begin inside or at a message the socket refused, and holds them until it takes more.
    /// Then, on a later turn of the loop, it calls `Outbox.resume()`; until then nothing else is offered.
    func hold(_ bytes: ByteBuffer)
    /// These messages of a live batch had to wait and are now with the kernel.
    func delivered(_ batch: Batch, _ messages: Range<Int>)
    /// The outbox's condition has changed. It is at work on this stack: do not ask it anything.
    func changed(to condition: Outbox.Condition, _ books: Outbox.Books)
}
