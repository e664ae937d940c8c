import Crypto
import Foundation

/// The keys this server signs and verifies with. Each verifies only its own kind of credential.
struct Secrets: Sendable {
    static let minimumBytes = 32

    /// Signs access tokens (HS256).
    let tokens: SymmetricKey
    /// Signs tickets (HMAC-SHA256).
    let tickets: SymmetricKey
    /// Verifies Quickback sessions (HS256).
    let sessions: SymmetricKey
    /// Verifies tokens of QuickDapp accounts (HS256).
    let accounts: SymmetricKey
    /// What visitors' hashes are made with.
    let visitors: VisitorKey
    /// What internal calls present.
    let internalCalls: String

    /// Keys given in the environment win; the others are derived from one stored secret (HKDF-SHA256, RFC 5869), one purpose each.
    ///
    /// - Throws: `.invalid` when a given key is shorter than 32 bytes.
    init(
        master: SymmetricKey, tokenSecret: String?, ticketSecret: String?, sessionSecret: String? = nil,
        accountSecret: String? = nil
    ) throws(KitError) {
        tokens = try Self.key(given: tokenSecret, named: "JWT_SECRET", else: master, purpose: "quikko access tokens")
        tickets = try Self.key(given: ticketSecret, named: "ACCESS_TOKEN", else: master, purpose: "quikko tickets")
        sessions = try Self.key(
            given: sessionSecret, named: "BETTER_AUTH_SECRET", else: master, purpose: "quickback sessions")
        accounts = try Self.key(
            given: accountSecret, named: "SESSION_ENCRYPTION_KEY", else: master, purpose: "quickdapp accounts")
        visitors = VisitorKey(try Self.key(given: nil, named: "", else: master, purpose: "quikko visitors"))
        let derived = try Self.key(given: nil, named: "", else: master, purpose: "quikko internal calls")
        internalCalls = ticketSecret ?? Base64URL.encode(derived.withUnsafeBytes { Array($0) })
    }

    private static func key(
        given secret: String?, named name: String, else master: SymmetricKey, purpose: String
    ) throws(KitError) -> SymmetricKey {
        guard let secret else {
            return HKDF<SHA256>.deriveKey(inputKeyMaterial: master, info: Data(purpose.utf8), outputByteCount: 32)
        }
        guard secret.utf8.count >= minimumBytes else {
            throw KitError(.invalid, "\(name) is shorter than 32 bytes; make one with: openssl rand -hex 32")
        }
        return SymmetricKey(data: Data(secret.utf8))
    }

    /// Reads the stored secret of a data directory, or makes it (mode 0600).
    ///
    /// - Throws: `.internal` when the file cannot be read, `.unwritable` when it cannot be written, `.invalid` when it is not
    ///   ours.
    static func master(in directory: URL) throws(KitError) -> (key: SymmetricKey, isNew: Bool) {
        let file = directory.appending(path: "secrets.json")
        if FileManager.default.fileExists(atPath: file.path) {
            guard let data = try? Data(contentsOf: file) else {
                throw KitError(.internal, "cannot read \(file.path)")
            }
            guard let stored = try? JSONDecoder().decode([String: String].self, from: data),
                let master = stored["master"].flatMap({ Data(base64Encoded: $0) }), master.count == 32
            else {
                throw KitError(
                    .invalid, "\(file.path) is damaged; restore it, or remove it to end all tokens and tickets")
            }
            return (SymmetricKey(data: master), false)
        }
        let master = SymmetricKey(size: .bits256)
        let text = JSON.object(["master": .string(master.withUnsafeBytes { Data($0) }.base64EncodedString())]).text
        try PrivateFile.write(text + "\n", to: file)
        return (master, true)
    }
}
