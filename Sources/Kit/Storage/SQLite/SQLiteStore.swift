import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// The store of a server: one SQLite file in WAL mode, written by one connection.
///
/// Every commit is synced (`synchronous=FULL`): what a commit returned survives kill -9 and power loss. Groups make that
/// affordable: one sync for up to some thousand clicks.
final class SQLiteStore: Store {
    /// Rows of the log that may be counted again at start. Between two updates of the heads at most this many, plus one group.
    static let headsInterval = 50_000

    /// Highest numbers that are in `clicks` and not yet in `users.clicks` or `links.clicks`, and the rows they come from.
    struct Unwritten {
        fileprivate var owners: [Int32: Int64] = [:]
        fileprivate var links: [Int32: Int64] = [:]
        fileprivate var rows = 0

        fileprivate var isDue: Bool { rows >= SQLiteStore.headsInterval }

        mutating func note(owner: Int32, _ ownerNumber: Int64, link: Int32, _ linkNumber: Int64) {
            owners[owner] = ownerNumber
            links[link] = linkNumber
            rows += 1
        }

        fileprivate mutating func note(_ clicks: [Click]) {
            for click in clicks { note(owner: click.ownerKey, click.ownerNumber, link: click.link, click.linkNumber) }
        }
    }

    private struct State {
        var unwritten = Unwritten()
        var epoch: Int32 = 0
        /// The last hour in which the past was forgotten.
        var tidied = Int32.min
    }

    private let pool: DatabasePool
    private let state = Guarded(State())

    /// Opens `file`, or makes it.
    ///
    /// - Throws: `.invalid` when the file is damaged, another program's, or written by a newer quikko; `.unwritable` or
    ///   `.unavailable` when it cannot be opened.
    init(file: URL) throws(KitError) {
        do {
            var configuration = GRDB.Configuration()
            configuration.busyMode = .timeout(5)
            configuration.label = "quikko"
            try Self.refuseForeign(file)
            pool = try DatabasePool(path: file.path, configuration: configuration)
            let migrator = SQLiteSchema.migrator
            guard try !pool.read(migrator.hasBeenSuperseded) else {
                throw KitError(
                    .invalid, "\(file.path) was written by a newer quikko; upgrade, or use another --data-dir")
            }
            try migrator.migrate(pool)
            try pool.writeWithoutTransaction { db in
                // Only now: opening a pool sets NORMAL, whatever was prepared before.
                try db.execute(sql: "PRAGMA synchronous = FULL")
                // Checkpoints hold the writer up; at 4,000 pages they are rare under load and the log stays near 16 MB.
                try db.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
            }
        } catch let error as KitError {
            throw error
        } catch {
            throw Self.failure(error, file)
        }
    }

    /// What the writer answers to `PRAGMA synchronous`: 2 is FULL.
    var synchronousLevel: Int? {
        try? pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
    }

    private static func refuseForeign(_ file: URL) throws {
        guard let size = try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize, size > 0 else { return }
        guard !FileManager.default.fileExists(atPath: file.path + "-journal") else {
            return try refuseForeignHeader(file)
        }
        var configuration = GRDB.Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: file.path, configuration: configuration)
        let (id, tables) = try queue.read { db in
            (
                try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0,
                try Int.fetchOne(
                    db,
                    sql: "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name != 'grdb_migrations'") ?? 0
            )
        }
        // A file without a table of its own may be ours: killed before its first migration, which also writes the id.
        guard id == SQLiteSchema.applicationID || tables == 0 else {
            throw KitError(.invalid, "\(file.path) is not a quikko database; use another --data-dir")
        }
    }

    /// A file killed before it was in WAL mode has a journal, which only a writer can roll back: its header must do (SQLite
    /// file format §1.3: the schema cookie at byte 40, the application id at byte 68).
    private static func refuseForeignHeader(_ file: URL) throws {
        let handle = try FileHandle(forReadingFrom: file)
        defer { try? handle.close() }
        let header = try handle.read(upToCount: 100) ?? Data()
        func number(at offset: Int) -> Int { header[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
        let isOurs = header.count == 100 && (number(at: 68) == SQLiteSchema.applicationID || number(at: 40) == 0)
        guard isOurs else { throw KitError(.invalid, "\(file.path) is not a quikko database; use another --data-dir") }
    }

    private static func failure(_ error: any Error, _ file: URL) -> KitError {
        guard let code = (error as? DatabaseError)?.resultCode else {
            return KitError(.unavailable, "cannot open \(file.path)", cause: error)
        }
        return switch code {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR:
            KitError(.invalid, "\(file.path) is damaged; restore it from a backup", cause: error)
        case .SQLITE_FULL:
            KitError(
                .unwritable, "the disk of \(file.path) is full; make room, or choose another --data-dir", cause: error)
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_IOERR, .SQLITE_PERM:
            KitError(.unwritable, "cannot write \(file.path); choose another --data-dir", cause: error)
        default: KitError(.unavailable, "cannot open \(file.path)", cause: error)
        }
    }

    func open(now: Timestamp) throws(KitError) -> StoreContents {
        do {
            let (contents, unwritten) = try pool.write { db in
                if try Int.fetchOne(db, sql: "SELECT count(*) FROM users") == 0 {
                    try SQLiteRows.insert(.first(now: now), db)
                }
                let (epoch, isNew) = try Self.beginEpoch(db, now: now)
                var (heads, unwritten) = try SQLiteRows.heads(db, epoch: epoch)
                heads.isNew = isNew
                let directory = try SQLiteRows.directory(db)
                let contents = StoreContents(
                    directory: directory, links: try SQLiteRows.links(db, users: directory.users),
                    deleted: try SQLiteLinks.deleted(db),
                    lastLink: try Int.fetchOne(db, sql: "SELECT max(key) FROM links") ?? 0, heads: heads,
                    holes: try Int.fetchOne(db, sql: "SELECT count(*) FROM holes") ?? 0,
                    lastNotification: try SQLiteNotifications.last(db),
                    revocations: try SQLiteRevocations.all(db, now: now),
                    dashboards: try SQLiteDashboards.contents(db))
                return (contents, unwritten)
            }
            // What a crash left unwritten is written with this run's: moving `heads.row` on without it would forget it.
            state.withLock { $0 = State(unwritten: unwritten, epoch: contents.heads.epoch) }
            return contents
        } catch let error as KitError {
            throw error
        } catch {
            throw Self.failure(error, URL(filePath: pool.path))
        }
    }

    /// Continues the last epoch when it was closed; otherwise begins one.
    private static func beginEpoch(_ db: Database, now: Timestamp) throws -> (epoch: Int32, isNew: Bool) {
        let last = try Row.fetchOne(db, sql: "SELECT epoch, ended_at FROM epochs ORDER BY epoch DESC LIMIT 1")
        if let last, last["ended_at"] != nil {
            let epoch: Int32 = last["epoch"]
            try db.execute(sql: "UPDATE epochs SET ended_at = NULL WHERE epoch = ?", arguments: [epoch])
            return (epoch, false)
        }
        let epoch = (last?["epoch"] ?? Int32(0)) + 1
        try db.execute(sql: "INSERT INTO epochs VALUES (?, ?, NULL)", arguments: [epoch, now.microseconds])
        return (epoch, true)
    }

    func commit(_ group: CommitGroup) throws(KitError) -> [Result<Void, KitError>] {
        do {
            return try pool.writeWithoutTransaction { db in
                var answers: [Result<Void, KitError>] = []
                let headsAreDue = state.withLock(\.unwritten.isDue)
                try db.inTransaction(.immediate) {
                    for change in group.changes { answers.append(try apply(change, db)) }
                    // Before this group's rows: the heads count what earlier commits made durable.
                    if headsAreDue { try state.withLock { try writeHeads($0.unwritten, db) } }
                    try SQLiteRows.insert(group.clicks, names: group.referrers, db)
                    try SQLiteRollups.add(group.clicks, names: group.referrers, db)
                    for hole in group.holes { try SQLiteFeeds.insert(hole, db) }
                    if let last = group.clicks.last { try tidy(last.at, db) }
                    return .commit
                }
                // Only what has been committed counts: numbers of clicks that never got in must not become totals.
                state.withLock { state in
                    if headsAreDue { state.unwritten = Unwritten() }
                    state.unwritten.note(group.clicks)
                }
                return answers
            }
        } catch {
            throw KitError(.unavailable, "the database cannot be written", cause: error)
        }
    }

    func page(of feed: Feed, after position: Position, limit: Int) throws(KitError) -> LogPage {
        try reading { try SQLiteFeeds.page(of: feed, after: position, limit: limit, $0) }
    }

    func position(in feed: Feed, at time: Timestamp) throws(KitError) -> Position? {
        try reading { try SQLiteFeeds.position(in: feed, at: time, $0) }
    }

    func notifications(of account: AccountID, from start: Int, limit: Int) throws(KitError) -> NotificationPage {
        try reading { try SQLiteNotifications.page(of: account, from: start, limit: limit, $0) }
    }

    func statistics(of feed: Feed, _ range: StatisticsRange, now: Timestamp) throws(KitError) -> Statistics {
        let epoch = state.withLock(\.epoch)
        return try reading { db in
            let position = Position(epoch: epoch, number: try SQLiteFeeds.lastNumber(of: feed, db))
            var statistics = Statistics(range, now: now, position: position)
            try SQLiteRollups.read(feed, into: &statistics, db)
            return statistics
        }
    }

    func referrers(of feed: Feed, after first: Position, through last: Position) throws(KitError) -> [Position: String]
    {
        try reading { try SQLiteFeeds.referrers(of: feed, after: first, through: last, $0) }
    }

    func links(_ query: LinkQuery) throws(KitError) -> LinkPage { try reading { try SQLiteLinks.page(query, $0) } }

    func code(of link: LinkID) throws(KitError) -> ShortCode? { try reading { try SQLiteLinks.code(of: link, $0) } }

    /// Once an hour, in steps.
    private func tidy(_ now: Timestamp, _ db: Database) throws {
        let hour = RollupSpan.hour.bucket(of: now)
        guard state.withLock({ $0.tidied < hour }) else { return }
        if try !SQLiteRollups.removePast(before: now, db) { state.withLock { $0.tidied = hour } }
    }

    /// One snapshot for all that `body` asks; the writer goes on beside it.
    private func reading<Answer>(_ body: (Database) throws -> Answer) throws(KitError) -> Answer {
        do {
            return try pool.read(body)
        } catch {
            throw KitError(.unavailable, "the log cannot be read now; try again", cause: error)
        }
    }

    func close(now: Timestamp, isComplete: Bool) throws(KitError) {
        do {
            try pool.writeWithoutTransaction { db in
                try db.inTransaction(.immediate) {
                    try state.withLock { try writeHeads($0.unwritten, db) }
                    guard isComplete else { return .commit }
                    try db.execute(
                        sql: "UPDATE epochs SET ended_at = ? WHERE epoch = ?",
                        arguments: [now.microseconds, state.withLock(\.epoch)])
                    return .commit
                }
            }
            // The file alone is the whole database then, for whoever copies it.
            try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
            try pool.close()
        } catch {
            throw KitError(.unavailable, "the database could not be closed in order", cause: error)
        }
    }

    /// One change; a broken constraint fails it alone.
    private func apply(_ change: CommitGroup.Change, _ db: Database) throws -> Result<Void, KitError> {
        do {
            try SQLiteRows.insert(change, db)
            return .success(())
        } catch let error as KitError {
            return .failure(error)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            return .failure(KitError(.conflict, "this code is taken", cause: error))
        }
    }

    private func writeHeads(_ unwritten: Unwritten, _ db: Database) throws {
        let users = try db.cachedStatement(sql: "UPDATE users SET clicks = ? WHERE key = ?")
        for (key, number) in unwritten.owners { try users.execute(arguments: [number, key]) }
        let links = try db.cachedStatement(sql: "UPDATE links SET clicks = ? WHERE key = ?")
        for (key, number) in unwritten.links { try links.execute(arguments: [number, key]) }
        try db.execute(sql: "UPDATE heads SET row = (SELECT coalesce(max(row), 0) FROM clicks)")
    }
}
