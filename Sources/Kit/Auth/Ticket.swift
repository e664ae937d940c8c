import Crypto
import Foundation
import Synchronization

/// A pass for one use: base64url(JSON) "." base64url(HMAC-SHA256(first part)).
struct Ticket: Sendable, Equatable {
    /// What a ticket is good for.
    enum Use: String, Sendable, Codable {
        /// Opening a socket; 60 seconds unless asked otherwise.
        case socket = "ticket"
        /// Being exchanged for a session by the live page; ten minutes.
        case start
    }

    static let maximumBytes = 4_096

    let use: Use
    let user: UserID
    let organization: String?
    let roles: [String]
    /// Names this one ticket: 24 hexadecimal digits.
    let id: String
    /// The first second in which it is no longer good.
    let expiresAt: Timestamp

    private struct Payload: Codable {
        let type: Use
        let userId: String
        let organizationId: String?
        let roles: [String]
        let exp: Int
        let jti: String
    }

    init(use: Use, identity: Identity, expiresAt: Timestamp) {
        self.use = use
        user = identity.user
        organization = identity.organization
        roles = identity.roles
        id = HexID<Ticket>.random().description
        self.expiresAt = expiresAt
    }

    /// The signed text.
    func text(signedBy key: SymmetricKey) -> String {
        let payload: JSON = [
            "type": .string(use.rawValue), "userId": .string(user.description),
            "organizationId": organization.map(JSON.string) ?? .null, "roles": .array(roles.map(JSON.string)),
            "exp": .int(Int(expiresAt.seconds)), "jti": .string(id), "scopeKey": .null,
        ]
        let first = Base64URL.encode(payload.text.utf8)
        return first + "." + Base64URL.encode(HMAC<SHA256>.authenticationCode(for: Data(first.utf8), using: key))
    }

    /// Reads a ticket signed by `key` and still good at `now`. The comparison takes constant time.
    ///
    /// - Throws: `.expired` when only the time is wrong, `.unauthorized` otherwise.
    init(_ text: String, signedBy key: SymmetricKey, now: Timestamp) throws(KitError) {
        let refused = KitError(.unauthorized, "the ticket is missing or not valid")
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.maximumBytes, parts.count == 2, let code = Base64URL.decode(parts[1]),
            HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Data(parts[0].utf8), using: key),
            let json = Base64URL.decode(parts[0]),
            let payload = try? JSONDecoder().decode(Payload.self, from: Data(json)),
            let user = UserID(payload.userId)
        else { throw refused }
        use = payload.type
        self.user = user
        organization = payload.organizationId
        roles = payload.roles
        id = payload.jti
        expiresAt = Timestamp(seconds: Int64(payload.exp))
        guard expiresAt > now else { throw KitError(.expired, "the ticket has expired; get a new one") }
    }
}

/// Tickets already used, until they expire by themselves.
///
/// Bounded: at 1,000,000 unexpired entries further tickets are refused (`.limitExceeded`) rather than accepted twice.
final class UsedTickets: Sendable {
    static let capacity = 1_000_000

    private struct State {
        var expiries: [String: Timestamp] = [:]
        var nextSweep = Timestamp(seconds: 0)
    }
    private let state = Mutex(State())

    /// Exactly one caller succeeds for each ticket.
    ///
    /// - Throws: `.unauthorized` when it was used before.
    func use(_ ticket: Ticket, now: Timestamp) throws(KitError) {
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
