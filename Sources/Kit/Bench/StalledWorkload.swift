import Glibc

/// 900 subscribers, 100 clicks a second: whether those that never read cost the others anything, and the kernel how much.
struct StalledWorkload: Workload {
    private static let readers = 900
    private static let rate = 100.0
    /// What a client that never reads is sent before anything is measured: more than its socket and its outbox hold.
    private static let filling = 1_200

    private var paced: PacedWorkload
    private let unread: Int
    private let kernelBytes: Int

    init(_ unread: Int, at endpoint: BenchEndpoint) throws {
        let before = try Self.kernelMemory()
        let crowd = try Crowd(of: Self.readers, unread: unread, at: endpoint)
        var filling = FanOutWorkload("", of: crowd, burst: 16)
        for _ in 0..<Self.filling / 16 { try filling.step() }
        kernelBytes = try Self.kernelMemory() - before
        crowd.subscribers.resetCounts()
        self.unread = unread
        paced = PacedWorkload("900 readers, 100 clicks/s (never closed for stalling)", of: crowd, rate: Self.rate)
    }

    var count: Int { paced.count }
    mutating func begin() throws { paced.begin() }
    mutating func step() throws { try paced.step() }
    mutating func rest() throws { try paced.rest() }
    mutating func forget() { paced.forget() }

    func samples(_ cost: TurnCost) -> [BenchSample] {
        guard unread > 0 else { return paced.samples(cost) }
        return paced.samples(cost) + [
            BenchSample("a client that never reads: kernel memory", "bytes", Double(kernelBytes / unread))
        ]
    }

    /// What all TCP sockets of this network namespace hold, in bytes.
    private static func kernelMemory() throws -> Int {
        let text = try ProcFile.read("/proc/net/sockstat")
        for line in text.split(separator: "\n") where line.hasPrefix("TCP:") {
            let words = line.split(separator: " ")
            guard let at = words.firstIndex(of: "mem"), let pages = Int(words[at + 1]) else { break }
            return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
        }
        throw SystemError.failed("no TCP memory in /proc/net/sockstat")
    }
}
