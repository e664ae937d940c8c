import NIOCore

/// Follows a feed: connects, runs a client codec, reconnects.
public struct FeedClient: Sendable {
    /// What a follower hears.
    public enum Item: Sendable, Equatable {
        /// The socket is open; what happens from now on is heard.
        case connected
        case event(FeedEvent)
        /// The connection ended; the next attempt comes after `delay`.
        case disconnected(reason: String, delay: Duration)
    }

    private let origin: Origin
    private let wire: WireProtocol
    private let rooms: [Room]
    /// Gives a fresh credential for each connection: tickets are used once.
    private let credential: @Sendable () async throws(KitError) -> String

    /// - Parameter ticket: Called before each connection for a ticket of its own.
    public init(
        _ origin: Origin, wire: WireProtocol = .quikko, rooms: [Room] = [],
        ticket: @escaping @Sendable () async throws(KitError) -> String
    ) {
        self.origin = origin
        self.wire = wire
        self.rooms = rooms
        credential = ticket
    }

    /// Calls `hear` for everything in order until it returns false. What `hear` has not taken waits in the socket, not here.
    ///
    /// - Throws: what the first attempt fails with; `.unauthorized` and the like at any attempt, since trying again is no use.
    public func run(_ hear: (Item) async throws -> Bool) async throws {
        var backoff = Backoff()
        var wasConnected = false
        while true {
            let reason: String
            do {
                let socket = try await ClientSocket.connect(to: origin, target: target(), maximumMessage: 1_048_576)
                let ending = try await socket.run { messages, sending in
                    var codec = wire.clientCodec.init()
                    for message in codec.opened(subscribingTo: rooms) { try await sending(message) }
                    wasConnected = true
                    backoff.reset()
                    guard try await hear(.connected) else { return true }
                    while let message = try await messages() {
                        guard let event = codec.receive(message) else { continue }
                        guard try await hear(.event(event)) else { return true }
                    }
                    return false
                }
                guard case .ended(let why) = ending else { return }
                reason = why
            } catch let error as KitError where !wasConnected || error.code != .unavailable {
                throw error
            } catch let error as KitError {
                reason = error.message
            }
            let delay = backoff.delay(jitter: .random(in: 0...1))
            guard try await hear(.disconnected(reason: reason, delay: delay)) else { return }
            try await Task.sleep(for: delay)
        }
    }

    private func target() async throws(KitError) -> String {
        wire.clientCodec.target(presenting: .ticket(try await credential()))
    }
}
