import NIOCore

/// A request to become a WebSocket, as a codec sees it.
struct UpgradeRequest: Sendable, Equatable {
    /// Without the query.
    let path: String
    /// Percent-decoded, in order of appearance.
    let query: [(name: String, value: String)]
    /// Where it came in: at a port of its own a protocol shares its paths with nobody.
    let entrance: Entrance
    /// The credential of its `Authorization: Bearer`, where one was sent.
    var authorization: String?

    init(target: String, at entrance: Entrance = .shared) {
        self.entrance = entrance
        // Bytes: characters cost ten times as much, and this runs for every upgrade.
        let parts = target.utf8.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        path = String(Substring(parts[0]))
        query =
            parts.count < 2
            ? []
            : parts[1].split(separator: UInt8(ascii: "&")).map { pair in
                let halves = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
                return (Self.decoded(halves[0]), halves.count > 1 ? Self.decoded(halves[1]) : "")
            }
    }

    /// The first value of a query key; nil when the key is absent.
    func value(_ name: String) -> String? { query.first { $0.name == name }?.value }

    private static func decoded(_ text: Substring.UTF8View) -> String {
        guard text.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(Substring(text))
        }
        var bytes: [UInt8] = []
        var rest = Array(text)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func == (left: Self, right: Self) -> Bool {
        left.path == right.path && left.entrance == right.entrance
            && left.query.elementsEqual(right.query) { $0.name == $1.name && $0.value == $1.value }
    }
}

/// The facts that may change a frame's bytes. Subscribers of one audience share every frame.
struct Audience: Sendable, Hashable {
    enum Variant: UInt8, Sendable {
        /// What the protocol's original clients know.
        case plain
        /// Events carry room, epoch and number; losses are told.
        case positions
        /// The same as server-sent events (HTML standard §9.2).
        case events
    }

    let wire: WireProtocol
    var variant = Variant.plain
    /// What its subscribers' roles let them see, in protocols where that differs.
    var view: RoleView?
    /// What metrics are told of, and as what, in protocols that have them.
    var subject: MetricSubject?

    /// Whether its subscribers see numbers, and are owed every one.
    var isNumbered: Bool { variant != .plain }
}

/// What a numbered connection asks for before it is opened.
struct Following: Sendable, Equatable {
    enum Since: Sendable, Equatable {
        case now
        case position(Position)
        case ago(Duration)
    }

    /// Rooms to follow instead of the own `user:` room, each with where to begin; empty for that one alone.
    var rooms: [(room: Room, since: Since)] = []
    /// Where the own room begins when `rooms` is empty.
    var since = Since.now
    /// Fall back to the log instead of dropping.
    var replays = false

    static func == (left: Self, right: Self) -> Bool {
        left.since == right.since && left.replays == right.replays
            && left.rooms.elementsEqual(right.rooms) { $0.room == $1.room && $0.since == $1.since }
    }
}

/// A place that only so many connections may have at a time.
enum Seat: Hashable, Sendable {
    /// Among all connections of protocols that anybody may open.
    case connection
    /// Among the connections of one account.
    case account(AccountID)
}

/// What a protocol's messages travel in.
enum Carrier: Sendable {
    /// Each is a message of a WebSocket.
    case webSocket
    /// Each is a message of an Engine.IO session, which outlives its connections.
    case engine
}

/// What a codec asks its connection to do next.
enum Action: Equatable {
    /// Send this text message.
    case send(ByteBuffer)
    case sendBinary(ByteBuffer)
    /// File the connection in a room of the hub.
    case join(Room)
    /// Take the connection out of a room.
    case leave(Room)
    /// File the connection in a room under another audience than its usual one.
    case joinAs(Room, Audience)
    case leaveAs(Room, Audience)
    /// Ask who presents this token or ticket, for this purpose; `authenticated` brings the answer.
    case authenticate(String, for: String)
    /// Ask what an entity is at this moment; `described` brings the answer. What is delivered later is not in it yet.
    case describe(EntityQuestion)
    /// Ask whether this identity may hear `room`; `subscribed` brings the answer.
    case authorize(Room)
    /// Ask whose account this token or ticket names; `verified` brings the answer.
    case verify(String)
    /// What `verify` found holds no longer.
    case forgetAccount
    /// Take one of a limited number of places; `seated` says whether there was one. It is given back when the connection closes.
    case take(Seat)
    /// Give a place back before that.
    case giveBack(Seat)
    /// Close behind everything sent so far.
    case end(CloseCode, reason: String)
}

/// The server's half of one wire protocol: a value; message in, actions out.
protocol ServerCodec: Sendable {
    /// Whether this upgrade belongs to the protocol. Two protocols share `/ws`, so the path alone does not tell.
    ///
    /// - Parameter namesAccount: Whether a token is good and names an account by its number; looks at its signature.
    static func claims(
        _ request: UpgradeRequest, _ settings: ProtocolSettings, namesAccount: (String) -> Bool
    ) -> Bool
    /// What the upgrade presents.
    ///
    /// - Throws: `.unauthorized` when it presents nothing and must.
    static func credential(in request: UpgradeRequest) throws(KitError) -> Credential
    /// Appends the frame for every subscriber in `audience`; false when this protocol has no word for the event.
    /// Called once per publication, room and audience, so it must not depend on a connection.
    static func encode(
        _ event: Event, for audience: Audience, in room: Room, into batch: inout ByteBuffer
    ) -> Bool
    /// Appends the frame of a notice; false when this protocol has no word for it.
    static func encode(_ notice: Notice, for audience: Audience, into batch: inout ByteBuffer) -> Bool
    /// The server is stopping: appends what a connection of `audience` is told of when to come back, and returns the code that
    /// follows it. By default nothing, and 1001.
    static func farewell(
        returningAfter delay: Duration, to audience: Audience, into batch: inout ByteBuffer
    ) -> CloseCode
    /// What its messages travel in at this address.
    static func carrier(of request: UpgradeRequest) -> Carrier
    /// Largest message a client may send, in bytes; above it the connection is closed with 1009.
    static var maximumMessage: Int { get }
    /// When its sockets are pinged and given up.
    static var liveness: Liveness { get }

    /// How this protocol words an error before the upgrade; nil for the REST API's way.
    static func refusal(_ error: KitError, of request: UpgradeRequest) -> JSON?

    /// - Throws: `.invalid` when the request asks for something this protocol does not have.
    init(_ request: UpgradeRequest, _ settings: ProtocolSettings) throws(KitError)
    /// With whom `identity` shares every frame.
    ///
    /// - Throws: `.forbidden` when this connection is not for it.
    func audience(of identity: Identity) throws(KitError) -> Audience
    /// What the connection follows by number; nil when it did not ask for numbers.
    var following: Following? { get }
    /// The socket is open and `identity` is who opened it.
    mutating func opened(_ identity: Identity) -> [Action]
    /// One text message; a binary one too, where the protocol makes no difference.
    mutating func receive(_ message: ByteBuffer) -> [Action]
    mutating func receiveBinary(_ message: ByteBuffer) -> [Action]
    /// Whether the peer has done what it must to stay.
    var isEstablished: Bool { get }
    /// The answer to an `authenticate` this codec asked for.
    mutating func authenticated(for purpose: String, _ result: Result<Identity, KitError>) -> [Action]
    /// The answer to a `describe` this codec asked for.
    mutating func described(_ question: EntityQuestion, _ result: Result<EntityReport, AnalyticsError>) -> [Action]
    /// The answer to an `authorize` this codec asked for.
    mutating func subscribed(to room: Room, _ result: Result<Void, KitError>) -> [Action]
    /// The answer to a `verify` this codec asked for.
    mutating func verified(_ account: Result<AccountID, KitError>) -> [Action]
    /// The answer to a `take` this codec asked for: whether there was a place left.
    mutating func seated(_ seat: Seat, _ wasFree: Bool) -> [Action]
}

extension ServerCodec {
    static func carrier(of request: UpgradeRequest) -> Carrier { .webSocket }
    mutating func receiveBinary(_ message: ByteBuffer) -> [Action] { receive(message) }
    var isEstablished: Bool { true }
    mutating func authenticated(for purpose: String, _ result: Result<Identity, KitError>) -> [Action] { [] }
    mutating func described(_ question: EntityQuestion, _ result: Result<EntityReport, AnalyticsError>) -> [Action] {
        []
    }
    mutating func subscribed(to room: Room, _ result: Result<Void, KitError>) -> [Action] { [] }
    mutating func verified(_ account: Result<AccountID, KitError>) -> [Action] { [] }
    mutating func seated(_ seat: Seat, _ wasFree: Bool) -> [Action] { [] }
    static func refusal(_ error: KitError, of request: UpgradeRequest) -> JSON? { nil }
    static func farewell(
        returningAfter delay: Duration, to audience: Audience, into batch: inout ByteBuffer
    ) -> CloseCode { .goingAway }
}

/// What codecs need to know of this server.
struct ProtocolSettings: Sendable {
    /// The id of the organization that owns the links.
    let home: String
    let quickback: QuickbackSettings
    /// Whether `/ws` without a credential is the native protocol's to refuse; otherwise it is QuickDapp's.
    let refusesBareSockets: Bool
    /// What clicks are called where they are a metric: `clicks`, and whatever else was asked for.
    let clickNames: [String]

    init(
        home: String, policy: RowPolicy = .standard, refusesBareSockets: Bool = false, metricAliases: [String] = []
    ) {
        clickNames = [Metric.clicks] + metricAliases
        self.home = home
        self.refusesBareSockets = refusesBareSockets
        quickback = QuickbackSettings(policy)
    }

    func key(of organization: String) -> OrganizationKey {
        organization == home ? .home : OrganizationKey(organization)
    }
}
