import NIOCore

/// The client's half of one wire protocol: the mirror of `ServerCodec`.
protocol ClientCodec: Sendable {
    /// The request target of the upgrade, without the credential's value leaving the query.
    static func target(presenting credential: Credential) -> String

    init()
    /// Messages to send once the socket is open, to hear these rooms as well as the own one.
    mutating func opened(subscribingTo rooms: [Room]) -> [ByteBuffer]
    /// One message; nil when a client does best to ignore it.
    mutating func receive(_ message: ByteBuffer) -> FeedEvent?
}
