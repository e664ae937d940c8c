import Foundation

/// What a Quickback session token says. Its user and organization need not be known here: the accounts live elsewhere.
struct QuickbackSession: Sendable, Equatable {
    let subject: String
    /// The active organization; nil when there is none.
    let organization: String?
    /// The role in the organization.
    let roles: [String]
    let expiresAt: Timestamp
    private let id: String?
    private let issuedAt: Timestamp?

    private struct Claims: Decodable {
        let sub: String
        let jti: String?
        let iat: Double?
        let orgId: String?
        let role: String?
        let exp: Double
        let nbf: Double?
    }

    private static let seconds = 0.0...253_402_300_799.0

    /// What it can be revoked by.
    func proof(of text: String) -> Proof { Proof(id: id, text: text, issuedAt: issuedAt) }

    /// Reads verified claims.
    ///
    /// - Parameter now: Nil reads them whenever they are good.
    /// - Throws: `.expired` when only the time is wrong, `.unauthorized` when something is missing or has the wrong type.
    init(_ json: [UInt8], now: Timestamp?) throws(KitError) {
        guard let claims = try? JSONDecoder().decode(Claims.self, from: Data(json)), !claims.sub.isEmpty,
            claims.sub.utf8.count <= 256, (claims.orgId?.utf8.count ?? 0) <= 256, Self.seconds.contains(claims.exp)
        else { throw TokenKey.refused }
        subject = claims.sub
        organization = claims.orgId.flatMap { $0.isEmpty ? nil : $0 }
        // Roles of several are one text with commas, as the account library writes them.
        roles = (claims.role ?? "").split(separator: ",").map { String($0.drop { $0 == " " }) }.filter { !$0.isEmpty }
        expiresAt = Timestamp(seconds: Int64(claims.exp))
        id = claims.jti
        issuedAt = claims.iat.flatMap {
            Self.seconds.contains($0) ? Timestamp(microseconds: Int64($0 * 1_000_000)) : nil
        }
        guard let now else { return }
        guard expiresAt > now else { throw KitError(.expired, "the session has expired; sign in again") }
        guard claims.nbf.map({ $0 <= Double(now.seconds) }) ?? true else { throw TokenKey.refused }
    }
}
