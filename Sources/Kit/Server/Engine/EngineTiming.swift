import NIOCore
import Synchronization

/// The clocks of Engine.IO and Socket.IO.
public struct EngineTiming: Sendable, Equatable {
    /// Between two pings of a session.
    public var interval = Duration.seconds(25)
    /// For its answer to come; then the session is closed.
    public var timeout = Duration.seconds(20)
    /// For a client to join a namespace; then its session is closed.
    public var join = Duration.seconds(45)
    /// For a session of polls to move to the WebSocket it has opened; then that is closed.
    public var upgrade = Duration.seconds(10)
    /// For a client that has closed its session to ask for the last time.
    public var farewell = Duration.seconds(2)

    /// What the protocols' own test suites expect.
    static let conformance = EngineTiming(
        interval: .milliseconds(300), timeout: .milliseconds(200), join: .seconds(1))
}

/// On which loop each session of Engine.IO lives. Bounded by the sessions that are open.
final class EngineSessions: Sendable {
    private let homes = Guarded<[String: ServerLoop]>([:])

    func home(of id: String) -> ServerLoop? { homes.withLock { $0[id] } }
    func add(_ id: String, on server: ServerLoop) { homes.withLock { $0[id] = server } }
    func remove(_ id: String) { _ = homes.withLock { $0.removeValue(forKey: id) } }
}
