import Foundation

/// What a credential says of itself, without asking whether it is good: nothing of this may be believed.
public struct CredentialText: Sendable, Equatable {
    public enum Kind: String, Sendable {
        /// A signed token (RFC 7519).
        case token
        /// Of ours or Quickback's: base64url(JSON) "." base64url(signature).
        case ticket
        case key
    }

    public let kind: Kind
    /// The claims of a token, the contents of a ticket, the public part of a key.
    public let claims: JSON
    /// When it ends, by its own word; nil when it does not say.
    public let expiresAt: Timestamp?
    public var hasExpired: Bool { expiresAt.map { $0 <= .now } ?? false }

    /// - Throws: `.invalid` when it is neither token, ticket nor key.
    public init(_ text: String) throws(KitError) {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        if let key = APIKey.parts(of: text) {
            (kind, claims, expiresAt) = (.key, ["id": .string(key.id)], nil)
            return
        }
        let parts = Array(text.utf8).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3, let bytes = Base64URL.decode(parts[parts.count - 2]),
            let json = try? JSON(parsing: bytes), case .object = json
        else { throw KitError(.invalid, "this is no token, no ticket and no API key") }
        kind = parts.count == 3 ? .token : .ticket
        claims = json
        if case .int(let seconds)? = json["exp"], (0...253_402_300_799).contains(seconds) {
            expiresAt = Timestamp(seconds: Int64(seconds))
        } else {
            expiresAt = nil
        }
    }
}
