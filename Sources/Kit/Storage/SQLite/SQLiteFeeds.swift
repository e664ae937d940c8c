import Foundation
import GRDB

/// Reads feeds: clicks by position, and the holes among them.
enum SQLiteFeeds {
    /// Holes in one page at most; one that has more ends with the last of them.
    private static let maximumHoles = 1_000

    /// Columns of `clicks` that make a feed.
    private struct Columns {
        let kind: Int
        let key: Int32
        let feed: String
        let number: String

        init(_ feed: Feed) {
            switch feed {
            case .owner(let key): (kind, self.key, self.feed, number) = (0, key, "owner", "owner_number")
            case .link(let key): (kind, self.key, self.feed, number) = (1, key, "link", "link_number")
            }
        }
    }

    static func feed(_ kind: Int, _ key: Int32) -> Feed { kind == 0 ? .owner(key) : .link(key) }

    /// `kind` and `feed` of a row that belongs to a feed.
    static func columns(of feed: Feed) -> (kind: Int, feed: Int32) { (Columns(feed).kind, Columns(feed).key) }

    /// The last number of a feed that is durable, as a click, in a hole, or in the totals.
    static func lastNumber(of feed: Feed, _ db: Database) throws -> Int64 {
        let columns = Columns(feed)
        let totals = columns.kind == 0 ? "users" : "links"
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT (SELECT \(columns.number) FROM clicks WHERE \(columns.feed) = ?1
                            ORDER BY epoch DESC, \(columns.number) DESC LIMIT 1),
                        (SELECT last FROM holes WHERE kind = ?2 AND feed = ?1 ORDER BY epoch DESC, first DESC LIMIT 1),
                        (SELECT clicks FROM \(totals) WHERE key = ?1)
                    """), arguments: [columns.key, columns.kind])
        return (0..<3).compactMap { row?[$0] as Int64? }.max() ?? 0
    }

    static func insert(_ hole: FeedHole, _ db: Database) throws {
        let statement = try db.cachedStatement(sql: "INSERT OR REPLACE INTO holes VALUES (?, ?, ?, ?, ?, ?)")
        try statement.execute(arguments: [
            Columns(hole.feed).kind, Columns(hole.feed).key, hole.hole.epoch, hole.hole.from, hole.hole.to,
            hole.hole.reason.rawValue,
        ])
    }

    /// Arguments: key, epoch and number behind which it begins, limit. The joins' order is fixed: the index leads.
    static func pageQuery(_ feed: Feed) -> String {
        let columns = Columns(feed)
        return """
            SELECT clicks.epoch, clicks.owner, owner_number, link, link_number, at, country, device, browser, is_bot,
                users.id, links.code
            FROM clicks CROSS JOIN links ON links.key = clicks.link CROSS JOIN users ON users.key = clicks.owner
            WHERE clicks.\(columns.feed) = ? AND (clicks.epoch, \(columns.number)) > (?, ?)
            ORDER BY clicks.epoch, \(columns.number) LIMIT ?
            """
    }

    /// First and last number of a feed in an epoch. Arguments: key and epoch, twice. One search each: asked for together,
    /// SQLite would walk all that lies between.
    static func endsQuery(_ feed: Feed) -> String {
        let columns = Columns(feed)
        let part = "FROM clicks WHERE \(columns.feed) = ? AND epoch = ?"
        return "SELECT (SELECT min(\(columns.number)) \(part)), (SELECT max(\(columns.number)) \(part))"
    }

    static func page(of feed: Feed, after position: Position, limit: Int, _ db: Database) throws -> LogPage {
        let statement = try db.cachedStatement(sql: pageQuery(feed))
        let rows = try Row.fetchCursor(
            statement, arguments: [Columns(feed).key, position.epoch, position.number, limit + 1])
        var page = LogPage()
        while let row = try rows.next() { page.clicks.append(try click(row)) }
        if page.clicks.count > limit {
            page.clicks.removeLast()
            page.isFull = true
        }
        try addHoles(to: &page, of: feed, after: position, db)
        return page
    }

    private static func addHoles(to page: inout LogPage, of feed: Feed, after position: Position, _ db: Database) throws
    {
        let columns = Columns(feed)
        // Where the page ends; `last` of a hole may reach behind a position that its `first` lies before.
        let end = page.isFull ? page.clicks.last?.position(in: feed) : nil
        let statement = try db.cachedStatement(
            sql: """
                SELECT epoch, first, last, reason FROM holes
                WHERE kind = ? AND feed = ? AND (epoch, last) > (?, ?) AND (epoch, first) < (?, ?)
                ORDER BY epoch, first LIMIT ?
                """)
        let rows = try Row.fetchCursor(
            statement,
            arguments: [
                columns.kind, columns.key, position.epoch, position.number, end?.epoch ?? .max, end?.number ?? .max,
                maximumHoles,
            ])
        while let row = try rows.next() {
            page.holes.append(
                Hole(epoch: row[0], from: row[1], to: row[2], reason: Hole.Reason(rawValue: row[3]) ?? .missing))
        }
        guard page.holes.count == maximumHoles, let last = page.holes.last else { return }
        page.clicks.removeAll { $0.position(in: feed) > Position(epoch: last.epoch, number: last.from) }
        page.isFull = true
    }

    static func referrers(
        of feed: Feed, after first: Position, through last: Position, _ db: Database
    ) throws -> [Position: String] {
        let columns = Columns(feed)
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT epoch, \(columns.number), referrer FROM clicks
                    WHERE \(columns.feed) = ? AND (epoch, \(columns.number)) > (?, ?)
                        AND (epoch, \(columns.number)) <= (?, ?) AND referrer IS NOT NULL
                    """), arguments: [columns.key, first.epoch, first.number, last.epoch, last.number])
        var domains: [Position: String] = [:]
        while let row = try rows.next() { domains[Position(epoch: row[0], number: row[1])] = row[2] }
        return domains
    }

    private static func click(_ row: Row) throws -> Click {
        guard let owner = UserID(row[10] as String), let code = try? ShortCode(row[11] as String) else {
            throw KitError(.invalid, "the database holds a click that is not one; restore it from a backup")
        }
        let details = ClickDetails(
            country: (row[6] as String?).flatMap(Country.init) ?? .unknown, device: Device(named: row[7]),
            browser: Browser(named: row[8]), isBot: row[9] != 0, isPreview: row[9] == 2)
        var click = Click(
            code: code, link: row[3], owner: owner, ownerKey: row[1], details: details,
            at: Timestamp(microseconds: row[5]))
        (click.epoch, click.ownerNumber, click.linkNumber) = (row[0], row[2], row[4])
        return click
    }

    /// By bisection within the newest epoch that began before `time`: a feed's clicks lie in the order of their times, but for
    /// the moment that loops race.
    static func position(in feed: Feed, at time: Timestamp, _ db: Database) throws -> Position? {
        let columns = Columns(feed)
        let epochs = try Int32.fetchAll(db, sql: "SELECT epoch FROM epochs ORDER BY epoch DESC")
        var found: Position?
        for epoch in epochs {
            let ends = try Row.fetchOne(
                db.cachedStatement(sql: endsQuery(feed)), arguments: [columns.key, epoch, columns.key, epoch])
            guard let first = ends?[0] as Int64?, let last = ends?[1] as Int64? else { continue }
            var range = first..<last + 1
            while !range.isEmpty {
                let middle = range.lowerBound + (range.upperBound - range.lowerBound) / 2
                let row = try Row.fetchOne(
                    db.cachedStatement(
                        sql: """
                            SELECT \(columns.number), at FROM clicks
                            WHERE \(columns.feed) = ? AND epoch = ? AND \(columns.number) >= ?
                            ORDER BY \(columns.number) LIMIT 1
                            """), arguments: [columns.key, epoch, middle])
                guard let number = row?[0] as Int64?, let at = row?[1] as Int64? else { break }
                if at >= time.microseconds {
                    found = Position(epoch: epoch, number: number - 1)
                    range = range.lowerBound..<middle
                } else {
                    range = number + 1..<max(range.upperBound, number + 1)
                }
            }
            // This epoch began before the time: older ones have nothing to add.
            if found.map({ $0 != Position(epoch: epoch, number: first - 1) }) ?? true { return found }
        }
        return found
    }
}
