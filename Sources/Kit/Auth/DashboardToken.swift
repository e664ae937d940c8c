/// What the token of a tenant's user says (EventZR analytics-svc). Its user and tenant need not be known here.
struct DashboardToken: Sendable, Equatable {
    let subject: String
    let tenant: String
    let roles: [String]
    let expiresAt: Timestamp
    private let id: String?
    private let issuedAt: Timestamp?

    private static let longestName = 256
    /// Until the year 9999.
    private static let seconds = 0...253_402_300_799

    /// Whether these claims are of this kind: ours name no tenant.
    static func isOne(_ claims: JSON) -> Bool { claims["tenantId"] != nil }

    /// What it can be revoked by.
    func proof(of text: String) -> Proof { Proof(id: id, text: text, issuedAt: issuedAt) }

    /// Reads verified claims.
    ///
    /// - Parameter now: Nil reads them whenever they are good.
    /// - Throws: `.expired` when only the time is wrong, `.forbidden` when there is no tenant, `.unauthorized` when something else is
    ///   missing or has the wrong type.
    init(_ claims: JSON, now: Timestamp?) throws(KitError) {
        switch claims["type"] {
        case nil, .string("access"): break
        default: throw TokenKey.refused
        }
        guard case .string(let subject)? = claims["sub"], (1...Self.longestName).contains(subject.utf8.count),
            case .int(let expiry)? = claims["exp"], Self.seconds.contains(expiry)
        else { throw TokenKey.refused }
        switch claims["nbf"] {
        case nil: break
        case .int(let begin) where Self.seconds.contains(begin) && begin <= now?.seconds ?? .max: break
        default: throw TokenKey.refused
        }
        guard case .string(let tenant)? = claims["tenantId"], (1...Self.longestName).contains(tenant.utf8.count) else {
            throw KitError(.forbidden, "the token names no tenant")
        }
        self.subject = subject
        self.tenant = tenant
        roles = Self.roles(claims["roles"])
        expiresAt = Timestamp(seconds: Int64(expiry))
        if case .string(let text)? = claims["jti"], !text.isEmpty { id = text } else { id = nil }
        if case .int(let second)? = claims["iat"], Self.seconds.contains(second) {
            issuedAt = Timestamp(seconds: Int64(second))
        } else {
            issuedAt = nil
        }
        guard now.map({ expiresAt > $0 }) ?? true else {
            throw KitError(.expired, "the token has expired; get a new one")
        }
    }

    private static func roles(_ value: JSON?) -> [String] {
        guard case .array(let values)? = value else { return [] }
        return values.compactMap { if case .string(let role) = $0 { role } else { nil } }
    }
}
