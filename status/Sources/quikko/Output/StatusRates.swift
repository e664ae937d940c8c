import Kit

/// How much happened in a second.
struct StatusRates: Equatable {
    let clicks: Double
    let commits: Double
    let accepted: Double
    let delivered: Double
    let dropped: Double
    /// The time they were taken over; nil for all the time since the server's start.
    let span: Duration?

    /// Averages since the server's start; nil in its first second.
    init?(_ server: APIClient.ServerAnswer) {
        guard server.uptimeSeconds > 0 else { return nil }
        self.init(from: .init(), to: server, seconds: Double(server.uptimeSeconds), span: nil)
    }

    /// What happened between two answers; nil when no time passed or the server was started in between.
    init?(from earlier: APIClient.ServerAnswer, to later: APIClient.ServerAnswer, in span: Duration) {
        let isSameRun =
            later.epoch == earlier.epoch && later.uptimeSeconds >= earlier.uptimeSeconds
            && later.clicks.numbered >= earlier.clicks.numbered
            && later.messages.accepted >= earlier.messages.accepted
        guard span > .zero, isSameRun else { return nil }
        self.init(from: earlier, to: later, seconds: span / .seconds(1), span: span)
    }

    private init(
        from earlier: APIClient.ServerAnswer, to later: APIClient.ServerAnswer, seconds: Double, span: Duration?
    ) {
        func rate(_ count: (APIClient.ServerAnswer) -> Int) -> Double {
            max(0, Double(count(later) - count(earlier)) / seconds)
        }
        clicks = rate(\.clicks.numbered)
        commits = rate(\.log.commits)
        accepted = rate(\.messages.accepted)
        delivered = rate(\.messages.delivered)
        dropped = rate(\.messages.dropped.total)
        self.span = span
    }
}
