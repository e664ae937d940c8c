import Synchronization

/// How many connections hold the places that are limited, on all loops together.
///
/// Exact at the boundary: of connections that come at once, only as many get in as there are places. Held for a dictionary access.
final class Seats: Sendable {
    private struct State {
        var connections = 0
        /// Without those that have none: no larger than the number of connections.
        var accounts: [AccountID: Int] = [:]
    }

    private let mostConnections: Int
    private let mostOfAccount: Int
    private let state = Guarded(State())

    init(_ configuration: ServerConfiguration) {
        mostConnections = configuration.maximumAccountSockets
        mostOfAccount = configuration.maximumSocketsPerAccount
    }

    /// False when none is left.
    func take(_ seat: Seat) -> Bool {
        state.withLock { state in
            switch seat {
            case .connection:
                guard state.connections < mostConnections else { return false }
                state.connections += 1
            case .account(let id):
                let held = state.accounts[id] ?? 0
                guard held < mostOfAccount else { return false }
                state.accounts[id] = held + 1
            }
            return true
        }
    }

    func giveBack(_ seat: Seat) {
        state.withLock { state in
            switch seat {
            case .connection: state.connections -= 1
            case .account(let id):
                let held = (state.accounts[id] ?? 1) - 1
                state.accounts[id] = held > 0 ? held : nil
            }
        }
    }
}
