import Crypto
import Foundation

/// Makes the hash visitors are told apart by on one day: under a key that is another one every day, so that nobody can be followed
/// from one to the next, and no address is stored.
struct VisitorKey: Sendable {
    private let master: SymmetricKey

    /// - Parameter master: Of this server; of it each day's key is derived (HKDF-SHA256, RFC 5869).
    init(_ master: SymmetricKey) { self.master = master }

    /// - Parameter day: Days since the Unix epoch, UTC.
    func hash(onDay day: Int32) -> SipHash {
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: master, info: Data("quikko visitors of day \(day)".utf8), outputByteCount: 16)
        return key.withUnsafeBytes { bytes in
            SipHash(
                bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
    }
}
