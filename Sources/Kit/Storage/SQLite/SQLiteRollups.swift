import Foundation
import GRDB
import GRDBSQLite

/// Counted clicks, kept with every commit: reading them costs what was told apart, however many clicks that were.
enum SQLiteRollups {
    /// Domains told apart in one bucket of one feed; further ones are all `(other)`.
    static let mostReferrers = 200
    /// Rows of past hours and days that one commit removes at most.
    private static let mostRemoved = 5_000
    /// Hours kept by the hour: what is shown of them is at most a day, and clocks are set.
    private static let keptHours: Int32 = 48

    /// Names facts in the table. A visitor's value is empty.
    private enum Dimension: Int {
        case agent = 0
        case country = 1
        case referrer = 2
        case visitor = 3
    }

    static func add(_ clicks: [Click], names: Referrers?, _ db: Database) throws {
        guard !clicks.isEmpty else { return }
        var delta = RollupDelta(clicks, names: names)
        try insert(delta.visits, db) { delta.count($0, firstIn: $1) }
        let write = try Writer(db)
        for (key, count) in delta.counters {
            var fact = key.fact
            if case .referrer = fact, try !write.increment(key, fact, count, orInsert: false) {
                if try isFull(key, db) { fact = .referrer(Referrers.otherName) }
            } else if case .referrer = fact {
                continue
            }
            try write.increment(key, fact, count, orInsert: true)
        }
    }

    /// Calls `isNew` for those the day has not seen.
    private static func insert(
        _ visits: [RollupDelta.Visit: Int32], _ db: Database, isNew: (RollupDelta.Visit, Int32) -> Void
    ) throws {
        guard !visits.isEmpty else { return }
        let statement = try db.cachedStatement(sql: "INSERT OR IGNORE INTO visitors VALUES (?, ?, ?, ?)")
            .sqliteStatement
        for (visit, hour) in visits {
            let (kind, feed) = SQLiteFeeds.columns(of: visit.feed)
            sqlite3_bind_int(statement, 1, visit.day)
            sqlite3_bind_int(statement, 2, Int32(kind))
            sqlite3_bind_int(statement, 3, feed)
            sqlite3_bind_int64(statement, 4, Int64(bitPattern: visit.visitor))
            try step(statement, db)
            if sqlite3_changes(db.sqliteConnection) > 0 { isNew(visit, hour) }
        }
    }

    private static func isFull(_ key: RollupDelta.Key, _ db: Database) throws -> Bool {
        let (kind, feed) = SQLiteFeeds.columns(of: key.feed)
        let count = try Int.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT count(*) FROM rollups
                    WHERE span = ? AND bucket = ? AND kind = ? AND feed = ? AND dimension = ?
                    """),
            arguments: [key.span.rawValue, key.bucket, kind, feed, Dimension.referrer.rawValue])
        return count ?? 0 >= mostReferrers
    }

    /// Both ways to add to a counter, bound by hand: there are a dozen for each click that resembles no other.
    private struct Writer {
        let db: Database
        let insert: OpaquePointer
        let update: OpaquePointer

        init(_ db: Database) throws {
            self.db = db
            insert = try db.cachedStatement(
                sql: """
                    INSERT INTO rollups VALUES (?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET clicks = clicks + excluded.clicks
                    """
            ).sqliteStatement
            update = try db.cachedStatement(
                sql: """
                    UPDATE rollups SET clicks = clicks + ?7
                    WHERE span = ?1 AND bucket = ?2 AND kind = ?3 AND feed = ?4 AND dimension = ?5 AND value = ?6
                    """
            ).sqliteStatement
        }

        /// False when there was no such counter, and none was to be made.
        @discardableResult
        func increment(
            _ key: RollupDelta.Key, _ fact: RollupFact, _ count: Int, orInsert inserts: Bool
        ) throws -> Bool {
            let statement = inserts ? insert : update
            let (kind, feed) = SQLiteFeeds.columns(of: key.feed)
            let (dimension, value) = SQLiteRollups.columns(of: fact)
            sqlite3_bind_int(statement, 1, Int32(key.span.rawValue))
            sqlite3_bind_int(statement, 2, key.bucket)
            sqlite3_bind_int(statement, 3, Int32(kind))
            sqlite3_bind_int(statement, 4, feed)
            sqlite3_bind_int(statement, 5, Int32(dimension.rawValue))
            sqlite3_bind_text(statement, 6, value, -1, SQLiteRows.transient)
            sqlite3_bind_int64(statement, 7, Int64(count))
            try step(statement, db)
            return sqlite3_changes(db.sqliteConnection) > 0
        }
    }

    private static func step(_ statement: OpaquePointer, _ db: Database) throws {
        let code = sqlite3_step(statement)
        sqlite3_reset(statement)
        guard code == SQLITE_DONE else {
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: db.lastErrorMessage)
        }
    }

    private static func columns(of fact: RollupFact) -> (Dimension, String) {
        switch fact {
        case .agent(let agent): (.agent, agent.text)
        case .country(let country): (.country, country.description)
        case .referrer(let domain): (.referrer, domain)
        case .visitor: (.visitor, "")
        }
    }

    private static func fact(_ dimension: Int, _ value: String) -> RollupFact? {
        switch Dimension(rawValue: dimension) {
        case .agent: .agent(AgentClass(text: value))
        case .country: .country(Country(value) ?? .unknown)
        case .referrer: .referrer(value)
        case .visitor: .visitor
        case nil: nil
        }
    }

    /// Arguments: span, kind, feed. One search for each bucket.
    static func query(_ buckets: ClosedRange<Int32>) -> String {
        """
        SELECT bucket, dimension, value, clicks FROM rollups
        WHERE span = ? AND bucket IN (\(buckets.map(String.init).joined(separator: ", "))) AND kind = ? AND feed = ?
        """
    }

    static func read(_ feed: Feed, into statistics: inout Statistics, _ db: Database) throws {
        let (kind, key) = SQLiteFeeds.columns(of: feed)
        let rows = try Row.fetchCursor(
            db, sql: query(statistics.buckets), arguments: [statistics.range.span.rawValue, kind, key])
        while let row = try rows.next() {
            if let fact = fact(row[1], row[2]) { statistics.add(fact, row[3], in: row[0]) }
        }
    }

    /// Forgets the hours and the visitors of the day before yesterday and earlier, a bounded number of them.
    ///
    /// - Returns: whether there may be more.
    static func removePast(before now: Timestamp, _ db: Database) throws -> Bool {
        try db.execute(
            sql: """
                DELETE FROM rollups WHERE (span, bucket, kind, feed, dimension, value) IN (
                    SELECT span, bucket, kind, feed, dimension, value FROM rollups WHERE span = ? AND bucket < ? LIMIT ?)
                """,
            arguments: [RollupSpan.hour.rawValue, RollupSpan.hour.bucket(of: now) - keptHours, mostRemoved])
        let hours = db.changesCount
        try db.execute(
            sql: """
                DELETE FROM visitors WHERE (day, kind, feed, visitor) IN (
                    SELECT day, kind, feed, visitor FROM visitors WHERE day < ? LIMIT ?)
                """, arguments: [RollupSpan.day.bucket(of: now) - 1, mostRemoved])
        return hours == mostRemoved || db.changesCount == mostRemoved
    }
}
