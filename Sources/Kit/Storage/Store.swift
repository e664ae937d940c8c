/// The seam to durable storage: users, keys, links and the click log. One shared test suite says what it means.
///
/// Written from the recorder's thread only, once opened; read from any thread, beside the writer; never from an event loop.
protocol Store: Sendable {
    /// Begins or continues a life of the log and returns what the server starts with. A store that was not closed begins a
    /// new epoch.
    ///
    /// - Throws: `.unavailable` when it is not to be had, `.invalid` when it is damaged, foreign or newer than this program.
    func open(now: Timestamp) throws(KitError) -> StoreContents

    /// Makes the group durable in one step, in order. Clicks and holes are all stored, or an error is thrown; changes succeed
    /// or fail one by one, and a link whose code is taken fails with `.conflict`.
    ///
    /// - Throws: `.unavailable` when nothing of the group was stored; it may be tried again.
    func commit(_ group: CommitGroup) throws(KitError) -> [Result<Void, KitError>]

    /// The durable clicks of a feed behind `position`, at most `limit` from 1 up, and the holes recorded among them.
    ///
    /// - Throws: `.unavailable` when the log cannot be read.
    func page(of feed: Feed, after position: Position, limit: Int) throws(KitError) -> LogPage

    /// The position right before the feed's first durable click that was served at `time` or later; nil when there is none.
    ///
    /// - Throws: `.unavailable` when the log cannot be read.
    func position(in feed: Feed, at time: Timestamp) throws(KitError) -> Position?

    /// What a feed's durable clicks in `range` were; their position is in the current epoch. What this costs does not grow with
    /// the clicks.
    ///
    /// - Throws: `.unavailable` when it cannot be read.
    func statistics(of feed: Feed, _ range: StatisticsRange, now: Timestamp) throws(KitError) -> Statistics

    /// Where the visitors of a feed's durable clicks behind `first` up to `last` came from, of those who said.
    ///
    /// - Throws: `.unavailable` when the log cannot be read.
    func referrers(of feed: Feed, after first: Position, through last: Position) throws(KitError) -> [Position: String]

    /// The durable links that match.
    ///
    /// - Throws: `.unavailable` when they cannot be read.
    func links(_ query: LinkQuery) throws(KitError) -> LinkPage

    /// The code of a link that is there; nil for an unknown or a deleted one.
    ///
    /// - Throws: `.unavailable` when it cannot be read.
    func code(of link: LinkID) throws(KitError) -> ShortCode?

    /// What is kept for an account, at most `limit` behind the newest `start`.
    ///
    /// - Throws: `.unavailable` when it cannot be read.
    func notifications(of account: AccountID, from start: Int, limit: Int) throws(KitError) -> NotificationPage

    /// Ends this life of the log. Only when `isComplete`, that is, when every number given out is in it, as a click or in a
    /// hole, does the next `open` continue the epoch.
    func close(now: Timestamp, isComplete: Bool) throws(KitError)
}

/// What a store holds when the server starts.
struct StoreContents: Sendable {
    var directory: Directory.Contents
    /// As the table holds them: a million links are not to be in memory twice.
    var links: [LinkTable.Entry]
    /// Codes of deleted links, with their owners by `User.key`.
    var deleted: [ShortCode: Int] = [:]
    /// The largest key a link ever had.
    var lastLink = 0
    var heads: Sequencer.Heads
    /// Holes recorded so far, of all feeds.
    var holes = 0
    /// The highest id a notification ever had; 0 before the first.
    var lastNotification = 0
    /// Those that matter at the start.
    var revocations: [Revocation] = []
    var dashboards = DashboardContents()
}

/// What becomes durable together.
struct CommitGroup: Sendable {
    var clicks: [Click] = []
    var holes: [FeedHole] = []
    var changes: [Change] = []
    /// Names for the numbers that clicks carry.
    var referrers: Referrers?

    /// Something other than a click that is written.
    enum Change: Sendable, Equatable {
        case link(Link)
        /// A link with other values; those it had before are only replaced by a later revision.
        case changed(Link)
        /// Its clicks stay, and nobody but its owner gets its code.
        case deleted(Link, at: Timestamp)
        /// A new user, or a known one's new password.
        case account(User, PasswordHash)
        /// A new key, or the new state of a known one.
        case key(APIKey)
        /// A new notification; of its account's at most `keeping` stay: read ones go first, the oldest of them first.
        case notification(AccountNotification, keeping: Int)
        /// One notification of this account was read, or all; fails with `.notFound` when that one is not its own.
        case read(AccountID, Int?)
        /// Something is refused from now on; again is fine.
        case revocation(Revocation)
        /// A new dashboard of a tenant, or the new state of a known one.
        case dashboard(tenant: String, Dashboard)
        /// A tenant's newest value of a metric.
        case metric(tenant: String, Metric)
    }
}

extension Directory.Contents {
    /// What the first start writes: organization `default` and user `admin@localhost`, number 1, without a password.
    static func first(now: Timestamp) -> Directory.Contents {
        let tag = HexID<Organization>.random().description.prefix(16)
        return Directory.Contents(
            organization: Organization(id: "org_\(tag)", name: "default", tenant: UniversalID.random()),
            users: [
                User(
                    id: .random(), key: 1, uuid: UniversalID.random(), email: "admin@localhost", scope: .admin,
                    createdAt: now)
            ],
            keys: [])
    }
}
