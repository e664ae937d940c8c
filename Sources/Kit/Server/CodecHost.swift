import Logging
import NIOCore

/// Does what a codec asks for: a connection, or a session that outlives its connections. Confined to its loop.
protocol CodecHost: AnyObject {
    var server: ServerLoop { get }
    var codec: any ServerCodec { get set }
    var admission: Admission { get }
    var subscriber: Subscriber? { get }
    /// Nothing more is done for it.
    var isClosing: Bool { get }
    /// Places it holds; given back when it closes.
    var seats: [Seat] { get set }
    /// Whose it was said to be in a message, and by what.
    var account: (id: AccountID, proof: Proof)? { get set }
    /// How many questions about entities it may still ask.
    var questions: Allowance { get set }
    func say(_ message: ByteBuffer, _ opcode: WebSocketFrame.Opcode)
    func recognized(_ identity: Identity, for purpose: String)
    func end(_ code: CloseCode, _ reason: String)
}

extension CodecHost {
    func perform(_ actions: [Action]) {
        for action in actions where !isClosing {
            switch action {
            case .send(let message): say(message, .text)
            case .sendBinary(let message): say(message, .binary)
            case .join(let room):
                if let subscriber { server.shard.join(subscriber, room) }
            case .leave(let room):
                if let subscriber { server.shard.leave(subscriber, room) }
            case .joinAs(let room, let audience):
                if let subscriber { server.shard.join(subscriber, room, as: audience) }
            case .leaveAs(let room, let audience):
                if let subscriber { server.shard.leave(subscriber, room, as: audience) }
            case .authorize(let room):
                let answer = RoomPolicy.allows(admission.identity, room, links: server.services.links)
                perform(codec.subscribed(to: room, answer))
            case .verify(let text):
                let answer = judge { door, now throws(KitError) in try door.account(text, now: now) }
                if case .success(let verified) = answer { account = verified }
                perform(codec.verified(answer.map(\.id)))
            case .forgetAccount: account = nil
            case .authenticate(let text, let purpose):
                let answer = judge { door, now throws(KitError) in try door.dashboardIdentity(text, now: now) }
                if case .success(let identity) = answer { recognized(identity, for: purpose) }
                perform(codec.authenticated(for: purpose, answer))
            case .describe(let question): perform(codec.described(question, describe(question)))
            case .take(let seat):
                let wasFree = server.services.seats.take(seat)
                if wasFree { seats.append(seat) }
                perform(codec.seated(seat, wasFree))
            case .giveBack(let seat): giveBack(seat)
            case .end(let code, let reason): end(code, reason)
            }
        }
    }

    func recognized(_ identity: Identity, for purpose: String) {}

    /// What the authenticator says, and why not to the log.
    private func judge<Answer>(
        _ body: (Authenticator, Timestamp) throws(KitError) -> Answer
    ) -> Result<Answer, KitError> {
        do throws(KitError) {
            return .success(try body(server.services.authenticator, .now))
        } catch {
            server.services.log.debug("a credential was refused", metadata: ["reason": "\(error.message)"])
            return .failure(error)
        }
    }

    private func describe(_ question: EntityQuestion) -> Result<EntityReport, AnalyticsError> {
        guard questions.take(.now()) else {
            return .failure(
                AnalyticsError(.limitExceeded, "too many subscriptions at once; at most ten a second go on"))
        }
        return server.services.dashboards.report(
            on: question.entity, of: question.tenant, links: server.services.links, from: server.shard)
    }

    private func giveBack(_ seat: Seat) {
        guard let place = seats.firstIndex(of: seat) else { return }
        seats.remove(at: place)
        server.services.seats.giveBack(seat)
    }

    /// Whoever comes next finds the places free, however long the peer takes to go.
    func giveBackSeats() {
        for seat in exchange(&seats, with: []) { server.services.seats.giveBack(seat) }
    }
}

/// So many at once, and so many a second after that.
struct Allowance {
    private let most: Int
    private let every: TimeAmount
    /// When all would be there again.
    private var full = NIODeadline.uptimeNanoseconds(0)

    init(atOnce most: Int, thenEvery every: TimeAmount) { (self.most, self.every) = (most, every) }

    /// False when there is none left.
    mutating func take(_ now: NIODeadline) -> Bool {
        let next = max(full, now) + every
        guard next - now <= .nanoseconds(every.nanoseconds * Int64(most)) else { return false }
        full = next
        return true
    }

    /// As many subscriptions as a socket may have, then ten a second.
    static let questions = Allowance(atOnce: SocketIOServerCodec.maximumSubscriptions, thenEvery: .milliseconds(100))
}
