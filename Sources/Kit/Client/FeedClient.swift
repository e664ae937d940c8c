import NIOCore

/// Follows a feed: connects, runs a client codec, reconnects, and goes on where it was.
public struct FeedClient: Sendable {
    /// What a follower hears.
    public enum Item: Sendable, Equatable {
        /// The socket is open; what happens from now on, and since the last position, is heard.
        case connected
        case event(FeedEvent)
        /// The connection ended; the next attempt comes after `delay`.
        case disconnected(reason: String, delay: Duration)
    }

    /// What is asked of the server.
    public struct Options: Sendable, Equatable {
        /// Rooms to follow; empty for the own `user:` room.
        public var rooms: [Room] = []
        /// Entities to hear of, in protocols that have them.
        public var entities: [String] = []
        /// Where to begin: a position for each room, or a duration; nil for now.
        public var since: String?
        /// Fall back to the log instead of losing what does not fit the server's outbox.
        public var replays = true
        public var pace = ReadingPace()

        public init() {}
    }

    private let origin: Origin
    private let wire: WireProtocol
    private let options: Options
    /// Gives a fresh credential for each connection: tickets are used once.
    private let credential: @Sendable () async throws(KitError) -> String

    /// - Parameter ticket: Called before each connection for a ticket of its own.
    public init(
        _ origin: Origin, wire: WireProtocol = .quikko, options: Options = Options(),
        ticket: @escaping @Sendable () async throws(KitError) -> String
    ) {
        self.origin = origin
        self.wire = wire
        self.options = options
        credential = ticket
    }

    /// Calls `hear` for everything in order until it returns false. What `hear` has not taken waits in the socket, not here.
    ///
    /// - Parameter ledger: Recounts what is heard; a connection begins where it ends.
    /// - Throws: what the first attempt fails with; `.unauthorized` and the like at any attempt, since trying again is no use.
    public func run(_ ledger: inout FeedLedger, _ hear: (Item) async throws -> Bool) async throws {
        let began = ContinuousClock.now
        var backoff = Backoff()
        var wasConnected = false
        var refusals = 0
        while true {
            let reason: String
            /// When the server wants to be connected to again.
            var wish: Duration?
            do {
                let ticket = Credential.ticket(try await credential())
                let socket = try await ClientSocket.connect(
                    to: origin, target: target(presenting: ticket, ledger, began), maximumMessage: 1_048_576,
                    pace: options.pace)
                let ending = try await socket.run { answer, messages, sending in
                    var codec = wire.clientCodec.init()
                    for place in wire.clientCodec.places(in: answer) { ledger.begin(place.room, at: place.position) }
                    for message in codec.opened(
                        presenting: ticket, subscribingTo: options.rooms, entities: options.entities)
                    {
                        try await sending(message)
                    }
                    wasConnected = true
                    backoff.reset()
                    refusals = 0
                    guard try await hear(.connected) else { return true }
                    while let message = try await messages() {
                        let event = codec.receive(message)
                        for reply in codec.takeReplies() { try await sending(reply) }
                        guard let event else { continue }
                        if case .restarting(let delay) = event { wish = delay }
                        // Only then: whoever breaks off in the middle of an event begins before it again.
                        guard try await hear(.event(event)) else { return true }
                        ledger.note(event)
                    }
                    return false
                }
                guard case .ended(let why) = ending else { return }
                guard wasConnected else { throw KitError(.unavailable, why) }
                reason = why
            } catch let error as KitError where wasConnected && error.code == .unavailable {
                reason = error.message
            } catch let error as KitError where wasConnected && error.code == .unauthorized && refusals < 3 {
                // A server that began anew between our ticket and our connection does not know the ticket.
                refusals += 1
                reason = error.message
            }
            let delay = wish ?? backoff.delay(jitter: .random(in: 0...1))
            guard try await hear(.disconnected(reason: reason, delay: delay)) else { return }
            try await Task.sleep(for: delay)
        }
    }

    /// What is accounted for comes first; what was asked for, where nothing is known yet.
    private func since(_ ledger: FeedLedger, _ began: ContinuousClock.Instant) -> String? {
        guard let wish = options.since else { return ledger.starts(of: options.rooms, otherwise: nil) }
        if let duration = try? DurationText.read(wish) {
            // So long ago, as of the first connection.
            let milliseconds = Int64((duration + (ContinuousClock.now - began)) / .milliseconds(1))
            return ledger.starts(of: options.rooms, otherwise: "\(milliseconds)ms")
        }
        return ledger.isEmpty ? wish : ledger.starts(of: options.rooms, otherwise: nil)
    }

    private func target(
        presenting ticket: Credential, _ ledger: FeedLedger, _ began: ContinuousClock.Instant
    ) -> String {
        let following = ClientFollowing(
            rooms: options.rooms, since: since(ledger, began), replays: options.replays)
        return wire.clientCodec.target(presenting: ticket, following)
    }
}
