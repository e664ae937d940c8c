import Crypto
import CryptoExtras
import Foundation

/// A stored password: scrypt (RFC 7914) under a salt of its own. Text: `scrypt$N$r$p$base64url(salt)$base64url(hash)`.
///
/// Takes tens of milliseconds and 32 MiB: never on an event loop.
struct PasswordHash: Sendable, Equatable {
    private static let rounds = 1 << 15
    private static let blockSize = 8
    private static let parallelism = 1
    private static let hashBytes = 32

    private let rounds: Int
    private let blockSize: Int
    private let parallelism: Int
    private let salt: [UInt8]
    private let hash: [UInt8]

    /// - Throws: `.internal` when scrypt fails, for want of memory.
    init(of password: String) throws(KitError) {
        (rounds, blockSize, parallelism) = (Self.rounds, Self.blockSize, Self.parallelism)
        salt = SymmetricKey(size: .bits128).withUnsafeBytes { Array($0) }
        hash = try Self.derive(password, salt, rounds, blockSize, parallelism)
    }

    /// Nobody's: what is given is compared with it where there is no account, so that this takes as long.
    static func nobody() -> PasswordHash {
        func random() -> [UInt8] { SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) } }
        return PasswordHash(salt: Array(random().prefix(16)), hash: random())
    }

    private init(salt: [UInt8], hash: [UInt8]) {
        (rounds, blockSize, parallelism) = (Self.rounds, Self.blockSize, Self.parallelism)
        (self.salt, self.hash) = (salt, hash)
    }

    /// Reads what `text` writes; nil for anything else.
    init?(text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "scrypt", let rounds = Int(parts[1]), let blockSize = Int(parts[2]),
            let parallelism = Int(parts[3]), let salt = Base64URL.decode(parts[4].utf8),
            let hash = Base64URL.decode(parts[5].utf8)
        else { return nil }
        (self.rounds, self.blockSize, self.parallelism) = (rounds, blockSize, parallelism)
        (self.salt, self.hash) = (salt, hash)
    }

    var text: String {
        "scrypt$\(rounds)$\(blockSize)$\(parallelism)$\(Base64URL.encode(salt))$\(Base64URL.encode(hash))"
    }

    /// Takes the same time whether it is or not.
    func matches(_ password: String) throws(KitError) -> Bool {
        let given = try Self.derive(password, salt, rounds, blockSize, parallelism)
        guard given.count == hash.count else { return false }
        return zip(given, hash).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func derive(
        _ password: String, _ salt: [UInt8], _ rounds: Int, _ blockSize: Int, _ parallelism: Int
    ) throws(KitError) -> [UInt8] {
        do {
            let key = try KDF.Scrypt.deriveKey(
                from: Data(password.utf8), salt: Data(salt), outputByteCount: hashBytes, rounds: rounds,
                blockSize: blockSize, parallelism: parallelism, maxMemory: 64 * 1_048_576)
            return key.withUnsafeBytes { Array($0) }
        } catch {
            throw KitError(.internal, "the password could not be checked; try again", cause: error)
        }
    }
}
