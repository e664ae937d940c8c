import NIOCore

extension Duration {
    /// The same length in NIO's unit.
    var timeAmount: TimeAmount { .nanoseconds(Int64(self / .nanoseconds(1))) }
}
