import NIOCore

/// The books of connections that have closed, for a while; their sums are kept for ever in the totals.
///
/// Bounded: the newest, 10,000 on all loops together, and none older than ten minutes.
struct ClosedRecords {
    static let age = TimeAmount.minutes(10)

    private let capacity: Int
    private var records: [ConnectionRecord] = []
    private var next = 0

    init(loops: Int) { capacity = max(10_000 / loops, 1) }

    mutating func add(_ record: ConnectionRecord) {
        if records.count < capacity {
            records.append(record)
        } else {
            records[next] = record
            next = (next + 1) % capacity
        }
    }

    func recent(_ now: NIODeadline) -> [ConnectionRecord] {
        records.filter { ($0.closedAt ?? now) + Self.age > now }
    }
}
