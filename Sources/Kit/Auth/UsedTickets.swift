import Synchronization

/// Tickets already used, until they expire by themselves.
///
/// Lives as long as the process: a ticket issued before it started is refused, since nobody remembers whether it was used.
/// Bounded: at 1,000,000 unexpired entries further tickets are refused (`.limitExceeded`) rather than accepted twice.
final class UsedTickets: Sendable {
    static let capacity = 1_000_000

    private struct State {
        var expiries: [String: Timestamp] = [:]
        var nextSweep = Timestamp(seconds: 0)
    }
    private let state = Guarded(State())
    private let startedAt: Timestamp

    init(startedAt: Timestamp) { self.startedAt = Timestamp(seconds: startedAt.seconds) }

    /// - Throws: `.unauthorized` when it could not be used any more.
    func check(_ ticket: Ticket) throws(KitError) {
        try checkAge(of: ticket)
        guard state.withLock({ $0.expiries[ticket.id] == nil }) else {
            throw KitError(.unauthorized, "the ticket has been used; get a new one")
        }
    }

    private func checkAge(of ticket: Ticket) throws(KitError) {
        guard ticket.issuedAt.map({ $0 >= startedAt }) ?? true else {
            throw KitError(.unauthorized, "the ticket is from before the server's last start; get a new one")
        }
    }

    /// Exactly one caller succeeds for each ticket.
    ///
    /// - Throws: `.unauthorized` when it was used before.
    func use(_ ticket: Ticket, now: Timestamp) throws(KitError) {
        try checkAge(of: ticket)
        let failure: KitError? = state.withLock { state in
            if now >= state.nextSweep {
                state.expiries = state.expiries.filter { $0.value > now }
                state.nextSweep = now + .seconds(60)
            }
            guard state.expiries[ticket.id] == nil else {
                return KitError(.unauthorized, "the ticket has been used; get a new one")
            }
            guard state.expiries.count < Self.capacity else {
                return KitError(.limitExceeded, "too many tickets in use; try again in a minute")
            }
            state.expiries[ticket.id] = ticket.expiresAt
            return nil
        }
        if let failure { throw failure }
    }
}
