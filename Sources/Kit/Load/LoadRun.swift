import Synchronization

/// A load test under way: one thread, one poller, every client and publisher, the schedule.
///
/// The conductor tells it which phase to be in through `orders` and looks at it through `view`; everything else belongs to its thread.
/// `@unchecked` holds because only those two, behind their locks, are touched from outside until the thread has ended.
final class LoadRun: @unchecked Sendable {
    /// What it is doing.
    enum Phase: String, Sendable {
        /// Clients are opened, a few hundred a second.
        case connect
        /// Events flow and nothing counts yet.
        case warmup
        case measure
        /// No further events; everyone reads to the end.
        case drain
    }

    enum Order: Sendable {
        case warmUp
        /// While warming up: so many events a second for this feed besides; 0 for no more.
        case fill(feed: Int, rate: Double)
        case measure
        /// No further events, even when the schedule has some.
        case drain
        /// From now on an answer is too late to be acknowledged: the heads are asked for.
        case settle
        /// Up to where each feed is owed; nil as long as nobody can say.
        case heads([Position?])
        /// Put what is known so far into `results`.
        case peek
        case finish
    }

    /// What is measured and counted, and the random numbers of everyone.
    let score: Scoreboard
    let poller: Poller
    let dialect: any LoadDialect
    let accept: String
    var random: SeededGenerator

    let plan: LoadPlan
    let setup: LoadSetup
    private let orders = Guarded<[Order]>([])
    private let seen = Guarded(LoadView())
    private let found = Guarded<LoadResults?>(nil)

    private(set) var clients: [LoadClient] = []
    /// Those that connect once the first part of the measuring is over.
    private(set) var late: [LoadClient] = []
    private var lateAt = Int64.max
    private var publishers: [[Publisher]] = []
    private var messenger: LoadClient?
    /// Clients that `tick` must look at; the rest is open and reads by itself.
    private var timed: [LoadClient] = []

    private(set) var phase = Phase.connect
    private var phases: [LoadReport.Offered.Phase] = []
    private var isOver = false
    private var began: Int64 = 0
    private(set) var phaseBegan: Int64 = 0
    private var phaseSent = 0
    private var opened = 0
    /// The thread's time on a core when measuring began.
    private var busyBefore: Int64?
    private var busy: (nanoseconds: Int64, of: Int64) = (0, 0)

    private var agenda = LoadAgenda()
    private var published: [Int]
    private var unmapped: Set<Int> = []
    private var turn = 0
    private(set) var heads: [Position?]
    private var nextShow: Int64 = 0
    /// The source address in use.
    private var source = 0

    init(_ plan: LoadPlan, _ setup: LoadSetup) throws {
        self.plan = plan
        self.setup = setup
        dialect = setup.dialect
        accept = WebSocketAccept.value(for: setup.nonce)
        random = SeededGenerator(state: plan.seed &+ 0x9E37_79B9)
        poller = try Poller(eventLimit: 64)
        score = Scoreboard(feeds: setup.feeds.count, horizon: Self.horizon(plan))
        published = setup.feeds.map { _ in 0 }
        heads = setup.feeds.map { _ in nil }
        // The late ones come last, so that `opened` counts those that are there from the start.
        let members = setup.members(of: plan)
        for member in members.filter({ !$0.isLate }) + members.filter(\.isLate) {
            let client = LoadClient(
                clients.count, feed: member.feed, model: member.model, isMeasured: member.isMeasured, run: self)
            clients.append(client)
            if member.isLate { late.append(client) }
        }
        makePublishers()
        show(view(at: 0))
    }

    /// Events of a feed whose times are kept: twenty seconds of them, from 65,536 to four million.
    private static func horizon(_ plan: LoadPlan) -> Int {
        Int(min(max(plan.schedule.targetRate * 20, 65_536), 4_194_304))
    }

    private func makePublishers() {
        var tag = UInt32(clients.count)
        if case .message = setup.publishing {
            messenger = LoadClient(clients.count, feed: 0, model: .fast, isMeasured: false, run: self)
            return
        }
        var isPipelined = false
        if case .click = setup.publishing { isPipelined = true }
        publishers = setup.feeds.map { _ in
            (0..<plan.clickers).map { _ in
                tag += 1
                return Publisher(tag: tag - 1, isPipelined: isPipelined, run: self)
            }
        }
    }

    // MARK: From outside

    func order(_ order: Order) { orders.withLock { $0.append(order) } }

    var view: LoadView { seen.withLock { $0 } }

    func show(_ view: LoadView) { seen.withLock { $0 = view } }

    /// As of the last `peek`, and of the end.
    var results: LoadResults? { found.withLock { $0 } }

    /// Runs until it is told to finish.
    func work() throws {
        _ = LinuxCalls.processControl?(29, 1, 0, 0, 0)
        began = now()
        phaseBegan = began
        var nextTick = began + Self.tickLength
        var nextSecond = began + 1_000_000_000
        while !isOver {
            let now = now()
            publish(at: now)
            if now >= nextTick {
                score.record(.loopLag, now - nextTick)
                tick(at: now)
                nextTick = now + Self.tickLength
            }
            if now >= nextSecond {
                score.endSecond(atMs: milliseconds(nextSecond), phase: phase.rawValue, connections: openCount)
                score.closeBlocks(before: now)
                nextSecond += 1_000_000_000
            }
            let wake = min(
                nextTick, agenda.wake, phase == .measure && !agenda.hasMore ? score.window.upperBound : .max)
            try poller.poll(nanoseconds: max(0, wake - self.now())) { tag, ready in
                handle(tag, ready, at: self.now())
            }
        }
        score.finish()
        end(phase: now())
        keepResults()
        for client in clients { client.close(at: now()) }
        for publisher in publishers.joined() { publisher.close() }
    }

    /// Bytes the publisher's WebSocket may be behind.
    private static let mostBacklog = 1 << 20
    private static let tickLength: Int64 = 10_000_000
    private static let showLength: Int64 = 50_000_000

    private func handle(_ tag: UInt32, _ ready: Poller.Interest, at now: Int64) {
        let index = Int(tag)
        if index < clients.count {
            let client = clients[index]
            let wasTimed = client.isTimed
            client.handle(ready, at: now)
            if !wasTimed, client.isTimed, !client.isListed { list(client) }
        } else if let messenger {
            messenger.handle(ready, at: now)
        } else {
            let place = index - clients.count
            publishers[place / plan.clickers][place % plan.clickers].handle(ready, at: now)
        }
    }

    // MARK: The schedule

    private func publish(at now: Int64) {
        while let event = agenda.take(until: now) { send(feed: event.feed, due: event.due) }
        if phase == .measure, !agenda.hasMore, now >= score.window.upperBound { begin(.drain, at: now) }
        for publisher in publishers.joined() { publisher.flush(at: now) }
    }

    private func send(feed: Int, due: Int64) {
        if phase == .measure { score.due += 1 }
        guard outstanding < plan.maximumInFlight else {
            if phase == .measure { score.missed += 1 }
            return
        }
        if let messenger, messenger.stage != .open || messenger.backlog > Self.mostBacklog {
            if messenger.stage != .open { score.noteError("local_not_connected") }
            if phase == .measure { score.missed += 1 }
            return
        }
        published[feed] += 1
        let number = setup.feeds[feed].base + Int64(published[feed])
        if let messenger, case .message(let template) = setup.publishing {
            var text: [UInt8] = []
            template.write(number: number, time: due, to: &text)
            let now = now()
            messenger.send(.text, text, at: now)
            score.noteSent(isMapped(feed) ? number : 0, feed: feed, due: due, at: now)
            // There is no answer to wait for: what is sent is owed.
            score.acknowledged[feed] += 1
            score.lastAcknowledged[feed] = number
            return
        }
        turn += 1
        publishers[feed][turn % plan.clickers].publish(feed: feed, number: number, due: due)
    }

    var outstanding: Int { publishers.joined().reduce(0) { $0 + $1.outstanding } }

    // MARK: Phases

    private func begin(_ next: Phase, at now: Int64) {
        end(phase: now)
        (phase, phaseBegan, phaseSent) = (next, now, score.sent)
        switch next {
        case .connect: break
        case .warmup:
            let rate = max(plan.schedule.targetRate, 1)
            agenda.begin(Pacer(.constant(rate: rate), over: .seconds(86_400), seed: plan.seed), at: now)
        case .measure:
            let length = plan.duration.nanoseconds
            let block = Scoreboard.blockLength
            var sides: [Int] = []
            if plan.kind == .isolation {
                sides = LoadAgenda.sides(
                    blocks: Int((length + block - 1) / block), seed: plan.seed, isBeforeAndAfter: !late.isEmpty)
                if !late.isEmpty {
                    lateAt = now + Int64(sides.firstIndex(of: Scoreboard.Block.neither) ?? 0) * block
                }
            }
            busyBefore = Self.threadTime()
            score.beginMeasuring(now..<now + length, blocks: sides)
            for client in clients { client.markWindow() }
            agenda.begin(
                Pacer(plan.schedule, over: plan.duration, seed: plan.seed),
                sides: setup.feeds.count > 1 ? sides : [], at: now)
        case .drain:
            endMeasuring(at: now)
            agenda.end()
            for client in clients { client.isUnleashed = true }
            timed = []
            for client in clients {
                client.isListed = false
                if client.isTimed { list(client) }
            }
        }
    }

    private func end(phase now: Int64) {
        phases.append(
            LoadReport.Offered.Phase(
                name: phase.rawValue, startMs: milliseconds(phaseBegan), endMs: milliseconds(now),
                sent: score.sent - phaseSent))
    }

    private func tick(at now: Int64) {
        for order in orders.withLock({ orders in
            defer { orders = [] }
            return orders
        }) { obey(order, at: now) }
        openMore(at: now)
        for client in timed { client.tick(at: now) }
        messenger?.tick(at: now)
        timed.removeAll { client in
            client.isListed = client.isTimed
            return !client.isListed
        }
        guard now >= nextShow else { return }
        nextShow = now + Self.showLength
        show(view(at: now))
    }

    private func obey(_ order: Order, at now: Int64) {
        switch order {
        case .warmUp: if phase == .connect { begin(.warmup, at: now) }
        case .fill(let feed, let rate):
            agenda.fill(feed: feed, rate: rate, from: now)
        case .measure: if phase == .warmup { begin(.measure, at: now) }
        case .drain: if phase != .drain { begin(.drain, at: now) }
        case .settle: score.isSettling = true
        case .heads(let heads): self.heads = heads
        case .peek: keepResults()
        case .finish: isOver = true
        }
    }

    /// As many as are due at the plan's rate, and no more than 1,000 handshakes at a time.
    private func openMore(at now: Int64) {
        if now >= lateAt {
            for client in late {
                client.connect(at: now)
                list(client)
            }
            lateAt = .max
        }
        let count = clients.count - late.count
        guard opened < count || messenger?.stage == .idle && messenger?.hasJoined == false else { return }
        if let messenger, !messenger.hasJoined, messenger.stage == .idle, opened == 0 { messenger.connect(at: now) }
        if opened == 0 { for publisher in publishers.joined() { publisher.connect(at: now) } }
        let due = Int(Double(now - began) / 1e9 * plan.connectRate) + 1
        while opened < min(due, count), handshakes < 1_000 {
            clients[opened].connect(at: now)
            list(clients[opened])
            opened += 1
        }
    }

    private func list(_ client: LoadClient) {
        client.isListed = true
        timed.append(client)
    }

    private var handshakes: Int { timed.count { $0.stage == .connecting || $0.stage == .upgrading } }

    var openCount: Int { clients.count { $0.stage == .open } }

    /// Nothing to do when the run ends before it measures.
    private func endMeasuring(at now: Int64) {
        guard let before = busyBefore else { return }
        busy = (Self.threadTime() - before, now - score.window.lowerBound)
        busyBefore = nil
        score.endMeasuring()
        for client in clients { client.markWindow() }
    }

    private static func threadTime() -> Int64 { Int64(MonotonicClock.ofThread()) }

    private func keepResults() {
        var results = LoadResults()
        score.write(to: &results)
        results.phases = phases
        results.unanswered = publishers.joined().reduce(score.tooLate) { $0 + $1.unanswered + $1.outstanding }
        results.clients = clients.map { LoadResults.Client($0) }
        results.isMapped = setup.feeds.indices.allSatisfy(isMapped)
        results.busy = busy
        found.withLock { $0 = results }
    }

    func milliseconds(_ time: Int64) -> Int { Int((time - began) / 1_000_000) }
}

/// What clients and publishers ask of the run.
extension LoadRun {
    @inline(__always)
    func now() -> Int64 { Int64(MonotonicClock.now()) }

    var mayPublish: Bool { !isOver }

    /// Whether the number an event will have is known when it is sent.
    func isMapped(_ feed: Int) -> Bool { setup.isMapped && plan.clickers == 1 && !unmapped.contains(feed) }

    /// Some requests were refused or not answered: of clicks nobody knows which number the next one has.
    func publisherLost(_ numbers: [Int64]) {
        score.refused += numbers.prefix(max(0, 10_000 - score.refused.count))
        if case .click = setup.publishing { unmapped.formUnion(setup.feeds.indices) }
    }

    func write(feed: Int, number: Int64, due: Int64, to bytes: inout [UInt8]) {
        switch setup.publishing {
        case .click: bytes += setup.feeds[feed].request
        case .request(let template): template.write(number: number, time: due, to: &bytes)
        case .message: break
        }
    }

    func upgradeRequest(_ feed: Int, behind position: Position?) -> [UInt8] {
        let lines = [
            "GET \(dialect.target(of: feed, behind: position)) HTTP/1.1", "Host: \(setup.authority)",
            "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: \(setup.nonce)",
            "Sec-WebSocket-Version: 13",
        ]
        return Array(((lines + setup.headers).joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// The highest number an event of this feed can have; with a margin, where the feed counts by itself.
    func highestPossible(_ feed: Int) -> Int64 {
        setup.isMapped
            ? setup.feeds[feed].base + Int64(published[feed]) : Position.maximumNumber - 1
    }

    /// Where a feed that says nothing itself begins for whoever joins now: at its start, as long as nothing was published; nil
    /// after that, since what is under way may still reach whoever joins.
    func startOfFeed(_ feed: Int) -> Position? {
        guard setup.isMapped, published[feed] == 0 else { return nil }
        return Position(epoch: 0, number: setup.feeds[feed].base)
    }

    func isReconnecting(_ client: LoadClient) -> Bool {
        if client.model.isPassing { return phase != .drain }
        return client.hasJoined || phase != .drain
    }

    func openSocket(receiveBuffer: Int32?) throws -> Int32? {
        try open(setup.peer, receiveBuffer: receiveBuffer)
    }

    func openPublisherSocket() throws -> Int32? { try open(setup.publisherPeer, receiveBuffer: nil) }

    /// Takes the next source address when one has no free port left.
    private func open(_ peer: PeerAddress, receiveBuffer: Int32?) throws -> Int32? {
        for _ in 0..<setup.sources.count {
            if let descriptor = try StreamSocket.connect(
                to: peer, source: setup.sources[source % setup.sources.count], receiveBuffer: receiveBuffer)
            {
                return descriptor
            }
            source += 1
        }
        return nil
    }
}
