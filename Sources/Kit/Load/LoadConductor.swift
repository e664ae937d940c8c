import Foundation
import Glibc
import Synchronization

/// Takes a run through its phases, and asks the server at the end what it says.
///
/// The generator's thread does the work; here is whatever may wait: calls to the server's API, its restarts, the end barrier.
actor LoadConductor {
    private static let look = Duration.milliseconds(50)
    /// How long stalled clients may take to fill, beyond the warm-up.
    private static let fillLimit = 10.0
    /// Events a second that fill them.
    private static let fillRate = 1_000.0
    private static let settling = 1.0
    private static let joinLimit = 10.0
    /// For the generator to take an order, on a machine that has no time for it.
    private static let settleLimit = 10.0
    /// How long a frozen client may take, however short the drain is to be.
    private static let thawLimit = 10.0

    let test: LoadTest
    let subject: LoadSubject
    let plan: LoadPlan
    private let progress: @Sendable (LoadTest.Progress) -> Void
    let run: LoadRun
    private(set) var samples: [ServerWatch.Sample] = []
    private(set) var startedAt = Date()
    private(set) var before: ServerWatch.Sample?
    private(set) var filledAfterMs: Int?
    /// Messages the stalled client that got most had been given, when each had lost something.
    private(set) var swallowed: Int?
    /// The books of each of our connections, by the server's name for it; nil when they cannot be read.
    private(set) var books: [String: APIClient.ConnectionAnswer]?
    private(set) var heads: [Position?] = []
    private(set) var isInterrupted = false
    private(set) var isSettled = false
    /// The private server's process ended before the run did.
    private(set) var serverHasEnded = false
    var isRestarting = false
    var stops: [LoadReport.Restart.Stop] = []
    private(set) var logged: Int?
    private(set) var serverVersion: String?
    private var failure: (any Error)?
    private var frozen: [FrozenReader] = []
    private(set) var thawed: [Tally] = []
    /// Monotonic nanoseconds at the start.
    let beginning = Int64(MonotonicClock.now())
    /// What a reader of the report should know.
    private(set) var notes: [String] = []
    /// The last ten minutes, for whoever watches; `shown` counts all.
    private var seconds: [LoadReport.Second] = []
    private var shown = 0
    private(set) var aborted: Threshold?
    private var outcomes: [LoadReport.ThresholdOutcome] = []
    private var waitingFor = ""

    init(
        _ test: LoadTest, _ subject: LoadSubject, _ progress: @escaping @Sendable (LoadTest.Progress) -> Void
    ) throws(KitError) {
        self.test = test
        self.subject = subject
        self.progress = progress
        plan = test.plan
        do {
            run = try LoadRun(plan, subject.setup)
        } catch {
            throw KitError(.internal, "\(error)", cause: error)
        }
    }

    func conduct() async throws -> LoadReport {
        startedAt = Date()
        let books = subject.seesBooks ? try? await subject.client?.server() : nil
        serverVersion = books?.version
        before = await watch.sample()
        async let ending: (any Error)? = Self.work(run)
        async let watching: Void = watchServer()
        await takeThrough()
        run.order(.finish)
        failure = await ending
        isOver = true
        await watching
        if let failure { throw failure }
        guard let results = run.results else { throw KitError(.internal, "the load generator kept no results") }
        return await report(results)
    }

    private var isOver = false

    /// The generator has a thread of its own: it never waits for anyone.
    private static func work(_ run: LoadRun) async -> (any Error)? {
        await withCheckedContinuation { continuation in
            let thread = Thread {
                do {
                    try run.work()
                    continuation.resume(returning: nil)
                } catch {
                    continuation.resume(returning: error)
                }
            }
            thread.name = "generator"
            thread.start()
        }
    }

    // MARK: Phases

    private func takeThrough() async {
        await connect()
        if goesOn() { await warmUp() }
        if goesOn() { await measure() }
        await drain()
    }

    /// Whether there is any point in the next phase.
    func goesOn() -> Bool {
        if test.isStopping { isInterrupted = true }
        // While the restart test ends it itself, it is another thread's.
        if !isRestarting, !serverHasEnded, subject.own?.hasEnded == true { serverHasEnded = true }
        return !isInterrupted && aborted == nil && !serverHasEnded
    }

    private func connect() async {
        waitingFor = "clients to connect"
        let limit = 15 + Double(plan.connectionCount) / plan.connectRate
        await wait(limit) { view in view.joined >= view.clients }
        startFrozen()
    }

    /// Clients that are processes; they are stopped when the measuring begins.
    private func startFrozen() {
        let count = plan.clients.reduce(0) { $1.model == .frozen ? $0 + $1.count : $0 }
        guard count > 0, let client = subject.client, let link = subject.links.last,
            let feed = subject.setup.feeds.last
        else { return }
        for _ in 0..<count {
            do {
                frozen.append(
                    try FrozenReader(
                        program: test.program, origin: client.origin, token: subject.token, code: link,
                        since: Position(epoch: feed.epoch, number: feed.base), children: test.children))
            } catch {
                note("A frozen client could not be started: \(error).")
            }
        }
    }

    /// On a thread: each is read to its end.
    private func thaw() async {
        guard !frozen.isEmpty else { return }
        say("the frozen clients to catch up")
        let (readers, head) = (frozen, heads.last ?? nil)
        let limit = max(plan.drain / .seconds(1), Self.thawLimit)
        thawed = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(returning: readers.map { $0.thaw(until: head, within: limit) })
            }
        }
        frozen = []
    }

    private func warmUp() async {
        waitingFor = ""
        run.order(.warmUp)
        await wait(plan.warmup / .seconds(1)) { _ in false }
        let isFilled = plan.clients.contains { plan.kind == .isolation ? $0.model.isStalled : $0.model == .never }
        guard isFilled else { return }
        await fill()
    }

    /// Clicks faster, until every client that never reads has lost something: before that they cost nobody anything.
    private func fill() async {
        guard subject.seesBooks, let client = subject.client else { return }
        waitingFor = "the stalled clients' buffers to fill"
        run.order(.fill(feed: subject.setup.feeds.count - 1, rate: Self.fillRate))
        let limit = Int64(MonotonicClock.now()) + Int64(Self.fillLimit * 1e9)
        while goesOn(), Int64(MonotonicClock.now()) < limit, filledAfterMs == nil {
            let names = Set(run.view.stalled)
            let open = (try? await client.openConnections(limit: 10_000)) ?? []
            let stalled = open.filter { names.contains($0.id) }
            if !names.isEmpty, stalled.count == names.count, stalled.allSatisfy({ $0.dropped.full > 0 }) {
                filledAfterMs = run.view.elapsed
                swallowed = stalled.map { $0.delivered + $0.pending }.max()
            }
            await pause()
        }
        run.order(.fill(feed: 0, rate: 0))
        waitingFor = ""
        // What the filling stirred up is not measured.
        await wait(Self.settling) { _ in false }
    }

    private func measure() async {
        if !frozen.isEmpty {
            // Stopped before it joined it would stall nobody.
            say("the frozen clients to join")
            let readers = frozen
            await wait(Self.joinLimit) { _ in readers.allSatisfy(\.hasJoined) }
            for reader in readers { reader.freeze() }
            say("")
        }
        run.order(.measure)
        let limit = plan.duration / .seconds(1) + 30
        if plan.kind == .restart { return await measureThroughRestarts(limit) }
        await wait(limit) { view in view.phase == .drain }
    }

    /// No further events; then everyone must have everything.
    private func drain() async {
        run.order(.drain)
        let limit = plan.drain / .seconds(1)
        waitingFor = "the last answers"
        await wait(limit, throughStop: true) { view in view.phase == .drain && view.outstanding == 0 }
        waitingFor = "every client to have everything"
        run.order(.settle)
        await wait(Self.settleLimit, throughStop: true) { $0.isSettling }
        heads = await findHeads()
        run.order(.heads(heads))
        await wait(limit, throughStop: true) { view in view.phase == .drain && view.settled >= view.all }
        isSettled = run.view.settled >= run.view.all
        await thaw()
        if subject.seesBooks, let client = subject.client {
            books = (try? await client.connections(limit: 10_000)).map { connections in
                Dictionary(connections.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            }
        }
        if plan.kind == .restart { logged = await countLog() }
        // Also when it died behind everything that was measured.
        _ = goesOn()
        waitingFor = ""
    }

    /// The last number of each feed, from the server where it says so.
    private func findHeads() async -> [Position?] {
        let view = run.view
        guard let client = subject.client else {
            guard subject.setup.isMapped else { return await findHighest() }
            return subject.setup.feeds.indices.map { feed in
                view.lastAcknowledged.indices.contains(feed)
                    ? Position(epoch: 0, number: max(subject.setup.feeds[feed].base, view.lastAcknowledged[feed])) : nil
            }
        }
        var heads: [Position?] = []
        for link in subject.links { heads.append(try? await client.events(in: .link(link), limit: 0).head) }
        return heads
    }

    /// Of a feed that numbers its events itself and cannot be asked: what anyone has got, once nothing new comes for a second.
    private func findHighest() async -> [Position?] {
        var highest = run.view.highest
        var quiet = 0
        while quiet < 20, goesOn() {
            await pause()
            let now = run.view.highest
            quiet = now == highest && !now.isEmpty ? quiet + 1 : 0
            highest = now
        }
        return highest
    }

    // MARK: Waiting and watching

    /// Looks every 50 ms until `condition` holds, the time is up, or the run is to stop.
    func wait(
        _ limit: Double, throughStop: Bool = false, _ condition: (LoadView) -> Bool
    ) async {
        let end = Int64(MonotonicClock.now()) + Int64(limit * 1e9)
        while Int64(MonotonicClock.now()) < end {
            let view = run.view
            if condition(view) { return }
            if !throughStop, !goesOn() { return }
            await pause()
        }
    }

    func say(_ waitingFor: String) { self.waitingFor = waitingFor }

    func note(_ sentence: String) { notes.append(sentence) }

    private func pause() async {
        // Cancelled only with the whole program.
        try? await Task.sleep(for: Self.look)
        show()
    }

    private func show() {
        let view = run.view
        if let last = view.last, view.seconds > shown {
            shown = view.seconds
            seconds.append(annotated(last))
            if seconds.count > 600 { seconds.removeFirst() }
            if view.phase == .measure, !test.thresholds.isEmpty { judgeSoFar(view) }
        }
        var progress = LoadTest.Progress()
        progress.phase = view.phase.rawValue
        progress.phaseElapsed = Double(view.phaseElapsed) / 1_000
        progress.elapsed = Double(Int64(MonotonicClock.now()) - beginning) / 1e9
        (progress.clients, progress.open, progress.sent) = (view.clients, view.open, view.sent)
        progress.acknowledged = view.acknowledged.reduce(0, +)
        (progress.errors, progress.named) = (view.errors, view.named)
        if let now = samples.last?.dropped { progress.dropped = now - (before?.dropped ?? 0) }
        progress.seconds = seconds
        progress.waitingFor = waitingFor
        progress.thresholds = outcomes
        self.progress(progress)
    }

    /// Once a second: how the thresholds stand, and whether one that may end the run has failed.
    private func judgeSoFar(_ view: LoadView) {
        run.order(.peek)
        // Of a second ago: the generator keeps them when it comes to it.
        guard let results = run.results else { return }
        var measured = measured(results, results.clients.enumerated().map { summary($0.offset, $0.element) })
        measured.seconds = Double(view.phaseElapsed) / 1_000
        outcomes = test.thresholds.map { measured.outcome(of: $0) }
        aborted =
            zip(test.thresholds, outcomes).first { threshold, outcome in
                outcome.verdict == .fail && threshold.mayAbort(after: .milliseconds(view.phaseElapsed))
            }?.0
    }

    private func watchServer() async {
        while !isOver {
            samples.append(await watch.sample())
            for _ in 0..<10 where !isOver { try? await Task.sleep(for: .milliseconds(100)) }
        }
    }

    /// The process changes with every restart.
    private var watch: ServerWatch {
        ServerWatch(process: subject.own?.process, client: subject.seesBooks ? subject.client : nil)
    }
}
