/// What a run needs to know of the server it is held against.
struct LoadSetup: Sendable {
    /// One stream of numbered events, and how to make one.
    struct Feed: Sendable {
        let name: String
        /// The log's epoch, and the number before the run's first event.
        var epoch: Int32 = 0
        var base: Int64 = 0
        /// The whole request of one click; empty where requests are made from a template.
        var request: [UInt8] = []
    }

    var feeds: [Feed]
    let dialect: any LoadDialect
    let publishing: Publishing
    let peer: PeerAddress
    let publisherPeer: PeerAddress
    /// Of the `Host` header.
    let authority: String
    /// More header lines for the upgrade.
    var headers: [String] = []
    /// Of every handshake: it keeps caches from answering, not strangers out (RFC 6455 §10.3).
    let nonce: String
    /// Last numbers of the addresses 127.0.0.x to connect from.
    var sources: [UInt8] = [1]
    /// The number of an event is known when it is sent.
    var isMapped = true
    /// Each message says itself when it was due.
    var carriesTime = false

    /// Events leave when they are due, whether or not the one before was answered.
    var sendsAhead: Bool { if case .request = publishing { false } else { true } }

    struct Member: Sendable, Equatable {
        let feed: Int
        let model: ClientModel
        let isMeasured: Bool
        /// Connects when the first part of the measuring is over, to be compared with it.
        var isLate = false
    }

    /// Every client of the plan, in the order they connect.
    ///
    /// In the isolation test the fast ones are there for each feed, measured; the others are feed B's, and A has as many healthy
    /// ones that are not looked at. The feeds take turns, so that neither is always read first. Where there is only one feed
    /// the others come late: then before is compared with after.
    func members(of plan: LoadPlan) -> [Member] {
        let groups = plan.clients.filter { $0.model != .frozen }
        let all = groups.flatMap { Array(repeating: $0.model, count: $0.count) }
        guard plan.kind == .isolation else { return all.map { Member(feed: 0, model: $0, isMeasured: $0 == .fast) } }
        guard feeds.count > 1 else {
            return all.map { Member(feed: 0, model: $0, isMeasured: $0 == .fast, isLate: $0 != .fast) }
        }
        return all.flatMap { model in
            [
                Member(feed: 0, model: .fast, isMeasured: model == .fast),
                Member(feed: 1, model: model, isMeasured: model == .fast),
            ]
        }
    }
}

/// How a run stands, for whoever looks at it from outside.
struct LoadView: Sendable {
    var phase = LoadRun.Phase.connect
    /// Milliseconds since the start, and since this phase began.
    var elapsed = 0
    var phaseElapsed = 0
    var all = 0
    /// Of those, the ones that are there from the start.
    var clients = 0
    /// Were open at least once, or have done what they are there for.
    var joined = 0
    var open = 0
    /// Clients that were there and are to stay, and those of them that are there now.
    var staying = 0
    var back = 0
    var sent = 0
    var acknowledged: [Int] = []
    /// The highest number acknowledged.
    var lastAcknowledged: [Int64] = []
    /// Events on their way to the server.
    var outstanding = 0
    /// Answers are not acknowledged any more.
    var isSettling = false
    var missed = 0
    var fast = 0
    var slow = 0
    var named = 0
    var errors = 0
    /// Clients that have everything, as far as the heads are known.
    var settled = 0
    /// Of a feed whose numbers are its own: the last anyone has, while draining.
    var highest: [Position?] = []
    /// Seconds that are over, and the last of them.
    var seconds = 0
    var last: LoadReport.Second?
    /// The server's names for the connections of clients that do not keep up.
    var stalled: [String] = []
}
