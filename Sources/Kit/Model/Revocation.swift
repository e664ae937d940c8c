/// Names one credential: by its own identifier where it has one, otherwise by its bytes.
typealias CredentialID = HexID<Proof>

/// What somebody was let in by, as far as taking that back needs to know.
public struct Proof: Sendable, Equatable {
    /// The credential, and before it in time those it was bought with; the nearest first.
    var credentials: [CredentialID] = []
    /// As exactly as it says; nil when it does not.
    var issuedAt: Timestamp?
}

/// A credential, or all of somebody's, that lets nobody in any more although its signature is good.
struct Revocation: Sendable, Equatable {
    enum Subject: Hashable, Sendable {
        /// This one, and everything bought with it.
        case credential(CredentialID)
        /// Everything issued to this user until then.
        case user(UserID)
        /// The same for an account known by its number.
        case account(AccountID)
    }

    let subject: Subject
    let at: Timestamp
    /// When nothing it covers is good by itself any more, and it may be forgotten; nil: never.
    var until: Timestamp?
}
