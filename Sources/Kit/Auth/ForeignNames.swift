import Crypto
import Foundation

/// Names given by others, as the few words that rooms are looked up by: the beginning of a SHA-256, so that nobody finds two names
/// with the same one.
extension OrganizationKey {
    /// The key of an organization that is not this server's own.
    init(_ id: String) {
        let words = Self.words(of: "organization:" + id)
        self.init(high: words.0, low: words.1)
    }

    fileprivate static func words(of text: String) -> (UInt64, UInt64) {
        SHA256.hash(data: Data(text.utf8)).withUnsafeBytes {
            ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
    }
}

extension CredentialID {
    /// The credential whose issuer calls it `name`.
    init(named name: String) { self = Self(name) ?? Self(words: "credential:" + name) }

    /// Identifiers with spaces between them, as tickets and tokens carry what they were bought with.
    static func list(_ text: String?) -> [CredentialID] { (text ?? "").split(separator: " ").compactMap { Self($0) } }

    fileprivate init(words text: String) {
        let words = OrganizationKey.words(of: text)
        self.init(high: words.0, low: UInt32(truncatingIfNeeded: words.1))
    }
}

extension Proof {
    /// - Parameters:
    ///   - text: The whole credential, which names it when it has no identifier.
    ///   - bought: What it was bought with, in its own words.
    init(id: String?, text: String, issuedAt: Timestamp?, bought: [CredentialID] = []) {
        let own = id.map { CredentialID(named: $0) } ?? CredentialID(words: "text:" + text)
        self.init(credentials: [own] + bought, issuedAt: issuedAt)
    }
}

extension APIKey {
    var credential: CredentialID { CredentialID(named: "key:" + id) }
}

extension UserID {
    /// The user that other systems call `name`: its own identifier if it is one, else one made from the name.
    init(named name: String) {
        if let id = UserID(name) {
            self = id
        } else {
            let words = OrganizationKey.words(of: "user:" + name)
            self.init(high: words.0, low: UInt32(truncatingIfNeeded: words.1))
        }
    }
}

extension EntityKey {
    /// What a tenant calls `name`.
    init(_ tenant: OrganizationKey, _ name: String) {
        let words = OrganizationKey.words(of: "entity:\(tenant):" + name)
        self.init(high: words.0, low: words.1)
    }
}
