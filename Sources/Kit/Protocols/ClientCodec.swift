import NIOCore

/// What a client asks for when it opens a connection.
struct ClientFollowing: Sendable, Equatable {
    /// Empty for the own `user:` room.
    var rooms: [Room] = []
    /// As the query says it.
    var since: String?
    var replays = false
}

/// The client's half of one wire protocol: the mirror of `ServerCodec`.
protocol ClientCodec: Sendable {
    /// The request target of the upgrade, without the credential's value leaving the query.
    static func target(presenting credential: Credential, _ following: ClientFollowing) -> String
    /// Where the server says each room begins, from the head of its answer.
    static func places(in headers: [(name: String, value: String)]) -> [Place]

    init()
    /// Messages to send once the socket is open: to say who this is where the address does not, and to hear these rooms as well as
    /// the own one.
    mutating func opened(presenting credential: Credential, subscribingTo rooms: [Room]) -> [ByteBuffer]
    /// The same, with what else to hear of: entities by name, in protocols that have them.
    mutating func opened(
        presenting credential: Credential, subscribingTo rooms: [Room], entities: [String]
    ) -> [ByteBuffer]
    /// One message; nil when a client does best to ignore it.
    mutating func receive(_ message: ByteBuffer) -> FeedEvent?
    /// What the messages received so far are to be answered with; once.
    mutating func takeReplies() -> [ByteBuffer]
}

extension ClientCodec {
    mutating func opened(
        presenting credential: Credential, subscribingTo rooms: [Room], entities: [String]
    ) -> [ByteBuffer] { opened(presenting: credential, subscribingTo: rooms) }

    mutating func takeReplies() -> [ByteBuffer] { [] }
}
