/// A number known of every client by itself, for `each:`.
enum ClientFigure: Sendable {
    case median, tail, recovery
    case received, owed, lost, reported, unexplained, duplicates, disorder, reconnects, closes

    static let words =
        "e2e.med, e2e.p99, recovery.fresh.max, and the count of delivered, expected, drops, drops.reported, "
        + "loss.unexplained, dup, order.violations, reconnects and closes"

    /// nil when no client has it.
    init?(_ metric: LoadMetric, _ stat: Threshold.Stat) {
        switch (metric, stat) {
        case (.e2e, .percentile(50)): self = .median
        case (.e2e, .percentile(99)): self = .tail
        case (.recoveryFresh, .greatest): self = .recovery
        case (.delivered, .count): self = .received
        case (.expected, .count): self = .owed
        case (.drops, .count): self = .lost
        case (.dropsReported, .count): self = .reported
        case (.lossUnexplained, .count): self = .unexplained
        case (.duplicates, .count): self = .duplicates
        case (.orderViolations, .count): self = .disorder
        case (.reconnects, .count): self = .reconnects
        case (.closes, .count): self = .closes
        default: return nil
        }
    }

    /// Whether this client should have it. A stalled one's latency is no figure of the server's; only one that stalls recovers.
    func applies(to client: LoadReport.ClientSummary) -> Bool {
        switch self {
        case .median, .tail: client.role == "fast"
        case .recovery: ["never", "frozen", "stall"].contains { client.model?.hasPrefix($0) ?? false }
        default: true
        }
    }

    /// Microseconds or a count; nil when it is not known, or when too little stands behind it to say.
    func value(of client: LoadReport.ClientSummary, closeCode: Int?) -> Double? {
        switch self {
        case .median: Self.supported(client.e2eP50Us, 50, client.received)
        case .tail: Self.supported(client.e2eP99Us, 99, client.received)
        case .recovery: client.recoveryMs.map { $0 * 1_000 }
        case .received: Self.counted(client.received, of: client)
        case .owed: Double(client.owed)
        case .lost: Self.counted(client.named + client.unexplained, of: client)
        case .reported: client.serverDropped.map(Double.init)
        case .unexplained: Self.counted(client.unexplained, of: client)
        case .duplicates: Self.counted(client.duplicates, of: client)
        case .disorder: Self.counted(client.orderViolations, of: client)
        case .reconnects: Double(client.reconnects)
        case .closes: client.closeCode.map { closeCode == nil || $0 == closeCode ? 1 : 0 } ?? 0
        }
    }

    private static func supported(_ value: Int?, _ percent: Double, _ samples: Int) -> Double? {
        guard Threshold.Stat.percentile(percent).isSupported(by: samples) else { return nil }
        return value.map(Double.init)
    }

    /// Nothing lost of nothing owed proves nothing.
    private static func counted(_ value: Int, of client: LoadReport.ClientSummary) -> Double? {
        client.owed == 0 && value == 0 ? nil : Double(value)
    }
}
