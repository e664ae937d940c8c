import Crypto
import Foundation
import JWTKit

/// Access tokens: JSON Web Tokens under HS256 (RFC 7515, RFC 7519).
///
/// The library signs and compares; what counts as a token is decided here first, because the library is lenient
/// (it lets `alg: none` in a header pass over a good signature, unknown `kid`, repeated keys and padded base64).
struct TokenKey: Sendable {
    static let maximumBytes = 8_192

    /// The verified payload.
    struct Claims: Sendable, Equatable, Codable {
        /// 24 hexadecimal digits.
        let userID: String
        /// `access` or `refresh`; a token without it counts as access.
        var type: String?
        /// Seconds since the Unix epoch.
        var iat: Int?
        let exp: Int
        var nbf: Int?
        /// Names this one token, for revocation.
        var jti: String?
        /// What the token is good for at most; absent means whatever its user may do.
        var scope: Scope?
    }

    private let algorithm: any JWTAlgorithm

    init(_ secret: SymmetricKey) async throws(KitError) {
        do {
            let keys = JWTKeyCollection()
            await keys.add(hmac: HMACKey(key: secret), digestAlgorithm: .sha256)
            // Taken once: the collection is an actor, and an upgrade must not wait for one.
            algorithm = try await keys.getKey()
        } catch {
            throw KitError(.internal, "cannot make the token key", cause: error)
        }
    }

    /// A token for `user`. Shape: base64url(header) "." base64url(claims) "." base64url(HMAC-SHA256).
    func sign(for user: UserID, scope: Scope, expiresAt: Timestamp, now: Timestamp) throws(KitError) -> String {
        let claims: JSON = [
            "userID": .string(user.description), "type": "access", "iat": .int(Int(now.seconds)),
            "exp": .int(Int(expiresAt.seconds)), "jti": .string(HexID<TokenKey>.random().description),
            "scope": .string(scope.rawValue),
        ]
        let signed = Base64URL.encode(#"{"alg":"HS256","typ":"JWT"}"#.utf8) + "." + Base64URL.encode(claims.text.utf8)
        do {
            return signed + "." + Base64URL.encode(try algorithm.sign(Data(signed.utf8)))
        } catch {
            throw KitError(.internal, "cannot sign a token", cause: error)
        }
    }

    /// - Throws: `.expired` when everything but the time is fine, `.unauthorized` for anything else that is wrong.
    func verify(_ text: String, now: Timestamp) throws(KitError) -> Claims {
        guard text.utf8.count <= Self.maximumBytes else { throw Self.refused }
        let segments = text.split(separator: ".", omittingEmptySubsequences: false)
        guard segments.count == 3, let header = Base64URL.decode(segments[0]),
            let payload = Base64URL.decode(segments[1]), let signature = Base64URL.decode(segments[2]),
            let members = FlatJSON.members(of: header), members["alg"] == "HS256",
            members["crit"] == nil, members["kid"] == nil
        else { throw Self.refused }
        let signed = Data(text.utf8.prefix(segments[0].utf8.count + 1 + segments[1].utf8.count))
        guard (try? algorithm.verify(signature, signs: signed)) == true,
            let claims = try? JSONDecoder().decode(Claims.self, from: Data(payload)),
            claims.type == nil || claims.type == "access", UserID(claims.userID) != nil
        else { throw Self.refused }
        guard claims.exp > now.seconds else { throw KitError(.expired, "the token has expired; get a new one") }
        guard claims.nbf.map({ $0 <= now.seconds }) ?? true else { throw Self.refused }
        return claims
    }

    private static var refused: KitError { KitError(.unauthorized, "the token is missing or not valid") }
}
