import Crypto
import Foundation

/// A pass for one use: base64url(JSON) "." base64url(HMAC-SHA256(first part)).
struct Ticket: Sendable, Equatable {
    /// What a ticket is good for.
    enum Use: String, Sendable, Codable {
        /// Opening a socket; 60 seconds unless asked otherwise.
        case socket = "ticket"
        /// Being exchanged for a session by the live page; ten minutes.
        case start
        /// Opening a Quickback socket, more than once until it expires; 60 seconds.
        case realtime
    }

    static let maximumBytes = 4_096

    let use: Use
    let user: UserID
    /// What the user is called in it; another name than `user`'s only for `.realtime`.
    let name: String
    let organization: String?
    let roles: [String]
    /// Names this one ticket: 24 hexadecimal digits.
    let id: String
    /// To the millisecond; nil when another issuer did not say.
    let issuedAt: Timestamp?
    /// What it was bought with; the nearest first.
    let bought: [CredentialID]
    /// The first second in which it is no longer good.
    let expiresAt: Timestamp

    private struct Payload: Codable {
        let type: Use
        let userId: String
        let organizationId: String?
        let roles: [String]
        let exp: Int
        /// Absent in tickets of another issuer.
        let iat: Int?
        let iatMs: Int?
        let jti: String
        /// Identifiers with spaces between them.
        let via: String?
    }

    /// Seconds a `Timestamp` can hold: until the year 9999.
    private static let seconds = 0...253_402_300_799

    init(use: Use, identity: Identity, now: Timestamp, ttl: Duration) {
        self.use = use
        user = identity.user
        name = identity.name
        organization = identity.organization
        roles = identity.roles
        id = HexID<Ticket>.random().description
        issuedAt = Timestamp(microseconds: now.microseconds / 1_000 * 1_000)
        bought = identity.proof.credentials
        expiresAt = Timestamp(seconds: (now + ttl).seconds)
    }

    /// The signed text.
    func text(signedBy key: SymmetricKey) -> String {
        let payload: JSON = [
            "type": .string(use.rawValue), "userId": .string(name),
            "organizationId": organization.map(JSON.string) ?? .null, "roles": .array(roles.map(JSON.string)),
            "exp": .int(Int(expiresAt.seconds)), "iat": issuedAt.map { .int(Int($0.seconds)) } ?? .null,
            "iatMs": issuedAt.map { .int(Int($0.microseconds / 1_000)) } ?? .null,
            "jti": .string(id), "scopeKey": .null,
            "via": bought.isEmpty ? .null : .string(bought.map(\.description).joined(separator: " ")),
        ]
        let first = Base64URL.encode(payload.text.utf8)
        return first + "." + Base64URL.encode(HMAC<SHA256>.authenticationCode(for: Data(first.utf8), using: key))
    }

    /// What it can be revoked by.
    var proof: Proof { Proof(id: id, text: "", issuedAt: issuedAt, bought: bought) }

    /// Reads a ticket signed by `key` and still good at `now`. The comparison takes constant time.
    ///
    /// - Parameter now: Nil reads it whenever it is good.
    /// - Throws: `.expired` when only the time is wrong, `.unauthorized` otherwise.
    init(_ text: String, signedBy key: SymmetricKey, now: Timestamp?) throws(KitError) {
        let refused = KitError(.unauthorized, "the ticket is missing or not valid")
        let bytes = Array(text.utf8.prefix(Self.maximumBytes + 1))
        let parts = bytes.split(separator: UInt8(ascii: "."), maxSplits: 2, omittingEmptySubsequences: false)
        guard bytes.count <= Self.maximumBytes, parts.count == 2, let code = Base64URL.decode(parts[1]),
            HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: parts[0], using: key),
            let json = Base64URL.decode(parts[0]),
            let payload = try? JSONDecoder().decode(Payload.self, from: Data(json)),
            payload.type == .realtime || UserID(payload.userId) != nil, Self.seconds.contains(payload.exp),
            Self.seconds.contains(payload.iat ?? 0), Self.seconds.contains((payload.iatMs ?? 0) / 1_000)
        else { throw refused }
        use = payload.type
        user = UserID(named: payload.userId)
        name = payload.userId
        organization = payload.organizationId
        roles = payload.roles
        id = payload.jti
        issuedAt =
            payload.iatMs.map { Timestamp(microseconds: Int64($0) * 1_000) }
            ?? payload.iat.map { Timestamp(seconds: Int64($0)) }
        bought = CredentialID.list(payload.via)
        expiresAt = Timestamp(seconds: Int64(payload.exp))
        guard now.map({ expiresAt > $0 }) ?? true else {
            throw KitError(.expired, "the ticket has expired; get a new one")
        }
    }
}
