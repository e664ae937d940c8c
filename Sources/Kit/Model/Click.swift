/// One redirect served: what is logged and what is published.
///
/// Plain words without a reference, so that a batch of clicks is copied like memory.
public struct Click: Sendable, Equatable {
    public let code: ShortCode
    /// `Link.key`.
    public let link: Int32
    public let owner: UserID
    /// The owner's `User.key`.
    public let ownerKey: Int32
    public let details: ClickDetails
    /// When the redirect was answered.
    public let at: Timestamp

    /// The unbroken life of the log this click belongs to; 0 until the sequencer has seen it.
    public internal(set) var epoch: Int32 = 0
    /// Where the visitor came from, as `Referrers` numbers domains; 0 when they did not say.
    var referrer: UInt32 = 0
    /// Its place in the owner's feed, contiguous from 1.
    public internal(set) var ownerNumber: Int64 = 0
    /// Its place in the link's feed, contiguous from 1: the link's running total.
    public internal(set) var linkNumber: Int64 = 0
    /// The same for the same visitor on the same day, and nothing on another (`VisitorHash`); 0 when nobody knows.
    var visitor: UInt64 = 0

    init(of link: Link, details: ClickDetails, at: Timestamp) {
        self.init(
            code: link.code, link: Int32(truncatingIfNeeded: link.key), owner: link.owner,
            ownerKey: Int32(truncatingIfNeeded: link.ownerKey), details: details, at: at)
    }

    init(code: ShortCode, link: Int32, owner: UserID, ownerKey: Int32, details: ClickDetails, at: Timestamp) {
        self.code = code
        self.link = link
        self.owner = owner
        self.ownerKey = ownerKey
        self.details = details
        self.at = at
    }
}
