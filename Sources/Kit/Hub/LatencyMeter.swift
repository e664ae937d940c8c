/// How long clicks take from being served to the kernel of whoever hears of them. Confined to its shard's loop.
final class LatencyMeter {
    private(set) var histogram = LatencyHistogram()
    private let now: () -> Timestamp

    init(now: @escaping () -> Timestamp = { .now }) { self.now = now }

    /// These messages' clicks were served at `times`; each has just been given to `count` sockets.
    func record(_ times: ContiguousArray<Timestamp>.SubSequence, count: Int) {
        guard count > 0, !times.isEmpty else { return }
        let now = now().microseconds
        for time in times { histogram.record(now - time.microseconds, count: count) }
    }
}
