import Foundation
import NIOCore

@testable import Kit

/// All a stub server knows: links, feeds, sockets. Confined to its loop.
final class StubHub {
    struct StubLink {
        let link: Link
        let owner: StubRoom
        let own: StubRoom
    }

    let loop: any EventLoop
    let fault: StubServer.Fault
    private(set) var url = ""
    private(set) var links: [String: StubLink] = [:]
    private var rooms: [Room: StubRoom] = [:]
    /// The rooms by age: news are delivered in this order, so that every n-th message is the same in every run.
    private var inOrder: [StubRoom] = []
    /// Open and closed, by age.
    private(set) var sockets: [StubSocket] = []
    private var totals = StubServer.Truth()
    private var leaked: [[UInt8]] = []
    private var redirects = 0
    /// Messages that found room in an outbox: what "one in n" counts.
    var admitted = 0

    init(_ fault: StubServer.Fault, on loop: any EventLoop) {
        self.fault = fault
        self.loop = loop
    }

    func start(url: String, pingInterval: Duration?) {
        self.url = url
        if let freeze = fault.freezes {
            again(every: TimeAmount(freeze.every - freeze.length)) { [self] in
                totals.freezes += 1
                Thread.sleep(forTimeInterval: freeze.length / .seconds(1))
            }
        }
        if let pingInterval {
            again(every: TimeAmount(pingInterval)) { [self] in
                for socket in sockets { socket.ping() }
            }
        }
    }

    private func again(every interval: TimeAmount, _ body: @escaping () -> Void) {
        loop.assumeIsolated().scheduleTask(in: interval) { [self] in
            body()
            again(every: interval, body)
        }
    }

    var truth: StubServer.Truth {
        var truth = totals
        for socket in sockets { truth.connections[socket.name] = socket.account }
        return truth
    }

    static var now: Timestamp { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }

    /// A feed is there as soon as somebody asks for it; a link's only with the link.
    func room(_ room: Room) throws(KitError) -> StubRoom {
        if let known = rooms[room] { return known }
        guard case .user = room else { throw KitError(.forbidden, "no link of yours has this code") }
        return make(room)
    }

    private func make(_ room: Room) -> StubRoom {
        let made = StubRoom(room, on: loop, patience: fault.blocksOnSlow)
        rooms[room] = made
        inOrder.append(made)
        return made
    }

    func makeLink(_ code: ShortCode, to destination: Destination, isCustom: Bool, owner: UserID) throws(KitError)
        -> Link
    {
        guard links["\(code)"] == nil else { throw KitError(.conflict, "\(code) is taken; choose another code") }
        let link = Link(
            id: .random(), key: links.count + 1, code: code, destination: destination, owner: owner, ownerKey: 1,
            isCustom: isCustom, isActive: true, createdAt: Self.now)
        links["\(code)"] = StubLink(link: link, owner: try room(.user(owner)), own: make(.link(code)))
        return link
    }

    /// Numbers a click and puts it into its two feeds, to be delivered with the others of this read.
    ///
    /// - Throws: `.internal` when this one is to fail.
    func click(_ entry: StubLink) throws(KitError) -> Position {
        redirects += 1
        guard !isDue(fault.answers500OneIn, redirects) else {
            totals.refusedClicks += 1
            throw KitError(.internal, "something failed here")
        }
        totals.clicks += 1
        var click = Click(of: entry.link, details: ClickDetails(), at: Self.now)
        click.epoch = 1
        click.ownerNumber = Int64(entry.owner.log.count + 1)
        click.linkNumber = Int64(entry.own.log.count + 1)
        entry.owner.append(click)
        entry.own.append(click)
        return Position(epoch: 1, number: click.ownerNumber)
    }

    /// The requests of one read have been answered.
    func deliver() {
        for room in inOrder where room.hasNews { room.deliver() }
    }

    func add(_ socket: StubSocket) { sockets.append(socket) }

    func isDue(_ oneIn: Int?, _ count: Int) -> Bool { oneIn.map { count % $0 == 0 } ?? false }

    /// A full outbox dropped a message.
    func leak() {
        guard fault.leaksPerDrop > 0 else { return }
        leaked.append(Array(repeating: 1, count: fault.leaksPerDrop))
        totals.leakedBytes += fault.leaksPerDrop
    }
}

/// A message for the sockets of a room, encoded once; number 0 for what is no event.
struct StubMessage {
    let frame: ByteBuffer
    var number: Int64 = 0
}

/// A feed, and who hears it in the order they came. Confined to its loop.
final class StubRoom {
    let room: Room
    private(set) var log: [Click] = []
    private let loop: any EventLoop
    private let patience: TimeAmount?
    private var listeners: [StubSocket] = []
    private var news: [StubMessage] = []
    /// The round under way: these messages are still to be given to these.
    private var round: (messages: [StubMessage], listeners: ArraySlice<StubSocket>) = ([], [])
    private var isWaiting = false

    init(_ room: Room, on loop: any EventLoop, patience: Duration?) {
        self.room = room
        self.loop = loop
        self.patience = patience.map { TimeAmount($0) }
    }

    var head: Position { Position(epoch: 1, number: Int64(log.count)) }
    var hasNews: Bool { !news.isEmpty }

    /// The number behind which a listener is owed events; nothing is ahead of the head.
    func number(_ since: Following.Since) -> Int64 {
        switch since {
        case .now: head.number
        case .position(let position): min(position.number, head.number)
        case .ago(let duration):
            Int64(log.firstIndex { $0.at >= StubHub.now + (.zero - duration) } ?? log.count)
        }
    }

    func join(_ socket: StubSocket) { listeners.append(socket) }
    func leave(_ socket: StubSocket) { listeners.removeAll { $0 === socket } }

    func append(_ click: Click) {
        log.append(click)
        if !listeners.isEmpty { news.append(message(click)) }
    }

    func message(_ click: Click) -> StubMessage {
        var frame = ByteBuffer()
        let audience = Audience(wire: .quikko, variant: .positions)
        _ = WireProtocol.quikko.encode(.click(click), for: audience, in: room, into: &frame)
        return StubMessage(frame: frame, number: click.number(in: room))
    }

    /// Gives the news to one listener after the other.
    func deliver() {
        while !isWaiting {
            if round.listeners.isEmpty {
                guard hasNews else { return }
                round = (news, listeners[...])
                news = []
            }
            guard let socket = round.listeners.popFirst() else { continue }
            guard let patience, socket.isFull else {
                socket.deliver(round.messages, of: self)
                continue
            }
            isWaiting = true
            loop.assumeIsolated().scheduleTask(in: patience) { [self] in
                isWaiting = false
                socket.deliver(round.messages, of: self)
                deliver()
            }
        }
    }
}
