import Foundation
import Synchronization

/// The restart test: the server is killed and stopped in the middle of it all, and comes back with the same data.
extension LoadConductor {
    /// When, as a share of the measured time, and how.
    private static let plannedStops: [(share: Double, kills: Bool)] = [(0.2, true), (0.45, false), (0.7, true)]
    /// How long clients may take to be back.
    private static let returnLimit = 10.0

    func measureThroughRestarts(_ limit: Double) async {
        await wait(limit) { view in view.phase == .measure }
        for stop in Self.plannedStops {
            let at = Int(stop.share * (plan.duration / .milliseconds(1)))
            await wait(limit) { view in view.phase != .measure || view.phaseElapsed >= at }
            guard goesOn(), run.view.phase == .measure else { return }
            await stopServer(kills: stop.kills)
        }
        await wait(limit) { view in view.phase == .drain }
    }

    private func stopServer(kills: Bool) async {
        guard let own = subject.own else { return }
        var stop = LoadReport.Restart.Stop(
            how: kills ? "kill" : "term", atMs: run.view.elapsed, downMs: 0, recoveredMs: nil)
        say("the server to come back after \(kills ? "kill -9" : "SIGTERM")")
        let began = ContinuousClock.now
        guard goesOn() else { return }
        isRestarting = true
        defer { isRestarting = false }
        do throws(KitError) {
            try await Self.restart(own, kills: kills)
        } catch {
            // Everything after this fails by itself, and says so.
            note("the server did not come back: \(error.message)")
        }
        stop.downMs = Int((ContinuousClock.now - began) / .milliseconds(1))
        await wait(Self.returnLimit) { view in view.back >= view.staying }
        if run.view.back >= run.view.staying {
            stop.recoveredMs = Int((ContinuousClock.now - began) / .milliseconds(1))
        }
        stops.append(stop)
        say("")
    }

    /// On a thread of its own: a stop waits for the process.
    private static func restart(_ server: PrivateServer, kills: Bool) async throws(KitError) {
        let result: Result<Void, KitError> = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    returning: Result { () throws(KitError) in try server.restart(killing: kills) })
            }
        }
        try result.get()
    }

    /// Events of our links in the log, read back page by page.
    func countLog() async -> Int? {
        guard let client = subject.client else { return nil }
        var count = 0
        for link in subject.links {
            var next: Position? = .start
            while let since = next {
                guard let page = try? await client.events(in: .link(link), since: since) else { return nil }
                count += page.events.count
                next = page.next.flatMap { $0 > since ? $0 : nil }
            }
        }
        return count
    }

    /// What the watch knew of the server when this second ended.
    func annotated(_ second: LoadReport.Second) -> LoadReport.Second {
        var second = second
        let end = beginning + Int64(second.atMs) * 1_000_000
        let count = samples.count(until: end + 500_000_000)
        guard count > 0 else { return second }
        let now = samples[count - 1]
        second.serverMemoryBytes = now.memory
        guard count > 1, now.at > samples[count - 2].at else { return second }
        let last = samples[count - 2]
        if let this = now.dropped, let earlier = last.dropped { second.dropped = max(0, this - earlier) }
        if let this = now.processor, let earlier = last.processor, this >= earlier {
            second.serverCpuShare = Double(this - earlier) / Double(now.at - last.at)
        }
        return second
    }
}

extension [ServerWatch.Sample] {
    /// How many were taken until then: they are in the order of their times.
    fileprivate func count(until time: Int64) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].at <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
