/// The map, in the order data moves:
///
/// - `Model`: plain values; knows nothing else.
/// - `Auth`: who someone is and what they may hear.
/// - `Protocols`: bytes ⇄ meaning, a folder of codecs per protocol.
/// - `Feed`: every click gets its numbers; log and hub get the same clicks in the same order.
/// - `Locks`: the lock around shared state.
/// - `Metrics`: latency histograms, Prometheus' text.
/// - `Hub`: fan-out, a shard per event loop; an outbox per connection.
/// - `Storage`: links in memory, the click log and everything durable behind a seam.
/// - `Server`: sockets in.
/// - `Client`: sockets out.
/// - `Load`: the load test.
/// - `System`: epoll, sockets and children, for the two generators.
/// - `Bench`: the floor and the driver of `make bench`.
public enum Kit {
    public static let version = "0.1.0"
}
