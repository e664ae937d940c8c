import Crypto
import Foundation

/// A long-lived credential for REST: `qk_<id>_<secret>`. Only the secret's digest is stored.
struct APIKey: Sendable, Equatable {
    /// 8 characters of base62.
    let id: String
    /// SHA-256 of the secret. The secret is 256 random bits, so a slow hash would add nothing.
    let digest: [UInt8]
    let user: UserID
    let scope: Scope
    /// For people: what the key was made for.
    let label: String
    let createdAt: Timestamp
    var revokedAt: Timestamp?

    /// A new key and its text, which is not kept anywhere.
    static func make(for user: UserID, scope: Scope, label: String, now: Timestamp) -> (key: APIKey, text: String) {
        var generator = SystemRandomNumberGenerator()
        let secret = Base64URL.encode(SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) })
        let id = ShortCode.random(using: &generator).description
        let key = APIKey(
            id: id, digest: digest(of: secret), user: user, scope: scope, label: label, createdAt: now, revokedAt: nil)
        return (key, "qk_\(id)_\(secret)")
    }

    /// Splits `qk_<id>_<secret>`; nil when the text has another shape.
    static func parts(of text: String) -> (id: String, secret: String)? {
        let parts = text.split(separator: "_", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "qk", !parts[1].isEmpty, !parts[2].isEmpty else { return nil }
        return (String(parts[1]), String(parts[2]))
    }

    /// Compares digests, whose bytes an attacker cannot choose, so an early exit tells nothing.
    func matches(secret: String) -> Bool { revokedAt == nil && isSecret(secret) }

    /// Whether this is the key's secret, revoked or not.
    func isSecret(_ secret: String) -> Bool { digest == Self.digest(of: secret) }

    private static func digest(of secret: String) -> [UInt8] { Array(SHA256.hash(data: Data(secret.utf8))) }
}
