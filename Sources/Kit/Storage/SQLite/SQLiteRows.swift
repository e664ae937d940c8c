import Foundation
import GRDB
import GRDBSQLite

/// Values to rows and back.
enum SQLiteRows {
    static func insert(_ contents: Directory.Contents, _ db: Database) throws {
        let organization = contents.organization
        try db.execute(
            sql: "INSERT INTO organizations VALUES (?, ?, ?)",
            arguments: [organization.id, organization.name, organization.tenant])
        for user in contents.users {
            try db.execute(
                sql: "INSERT INTO users (key, id, uuid, email, scope, created_at) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [
                    user.key, user.id.description, user.uuid, user.email, user.scope.rawValue,
                    user.createdAt.microseconds,
                ])
        }
    }

    static func insert(_ change: CommitGroup.Change, _ db: Database) throws {
        switch change {
        case .link(let link):
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO links (key, id, code, destination, owner, is_custom, is_active, created_at, expires_at,
                        max_clicks, tags, revision)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            try statement.execute(arguments: [
                link.key, link.id.description, link.code.description, link.destination.description, link.ownerKey,
                link.isCustom, link.isActive, link.createdAt.microseconds, link.expiresAt?.microseconds,
                link.maxClicks, SQLiteLinks.text(of: link.tags), link.revision,
            ])
        case .changed(let link): try SQLiteLinks.change(link, db)
        case .deleted(let link, let time): try SQLiteLinks.delete(link, at: time, db)
        case .account(let user, let password):
            try db.execute(
                sql: """
                    INSERT INTO users (key, id, uuid, email, scope, created_at, password) VALUES (?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (key) DO UPDATE SET password = excluded.password
                    """,
                arguments: [
                    user.key, user.id.description, user.uuid, user.email, user.scope.rawValue,
                    user.createdAt.microseconds, password.text,
                ])
        case .key(let key):
            try db.execute(
                sql: """
                    INSERT INTO api_keys (id, digest, user, scope, label, created_at, revoked_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET revoked_at = excluded.revoked_at
                    """,
                arguments: [
                    key.id, Data(key.digest), key.user.description, key.scope.rawValue, key.label,
                    key.createdAt.microseconds, key.revokedAt?.microseconds,
                ])
        case .notification(let notification, let most):
            try SQLiteNotifications.insert(notification, keeping: most, db)
        case .revocation(let revocation): try SQLiteRevocations.insert(revocation, db)
        case .read(let account, let id): try SQLiteNotifications.read(account, id, db)
        case .dashboard(let tenant, let dashboard): try SQLiteDashboards.insert(dashboard, tenant, db)
        case .metric(let tenant, let metric): try SQLiteDashboards.insert(metric, tenant, db)
        }
    }

    /// Binds by hand: four tenths cheaper than argument arrays, and this is the one statement that runs per click.
    static func insert(_ clicks: [Click], names: Referrers?, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO clicks
                (epoch, owner, owner_number, link, link_number, at, country, device, browser, is_bot, referrer)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).sqliteStatement
        for click in clicks {
            sqlite3_bind_int(statement, 1, click.epoch)
            sqlite3_bind_int(statement, 2, click.ownerKey)
            sqlite3_bind_int64(statement, 3, click.ownerNumber)
            sqlite3_bind_int(statement, 4, click.link)
            sqlite3_bind_int64(statement, 5, click.linkNumber)
            sqlite3_bind_int64(statement, 6, click.at.microseconds)
            if click.details.country.isKnown {
                let letters = click.details.country.letters
                _ = withUnsafeBytes(of: letters) { bytes in
                    sqlite3_bind_text(
                        statement, 7, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), 2, transient)
                }
            } else {
                sqlite3_bind_null(statement, 7)
            }
            bind(click.details.device.name, 8, statement)
            bind(click.details.browser.name, 9, statement)
            sqlite3_bind_int(statement, 10, click.details.isPreview ? 2 : click.details.isBot ? 1 : 0)
            if click.referrer != 0, let domain = names?.name(click.referrer, at: click.at) {
                sqlite3_bind_text(statement, 11, domain, -1, transient)
            } else {
                sqlite3_bind_null(statement, 11)
            }
            let code = sqlite3_step(statement)
            sqlite3_reset(statement)
            guard code == SQLITE_DONE else {
                throw DatabaseError(resultCode: ResultCode(rawValue: code), message: db.lastErrorMessage)
            }
        }
    }

    /// SQLite copies the bytes before `bind` returns.
    static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    /// A static string outlives the statement: no copy.
    private static func bind(_ text: StaticString, _ index: Int32, _ statement: OpaquePointer) {
        text.withUTF8Buffer { bytes in
            _ = bytes.withMemoryRebound(to: CChar.self) {
                sqlite3_bind_text(statement, index, $0.baseAddress, Int32($0.count), nil)
            }
        }
    }

    static func directory(_ db: Database) throws -> Directory.Contents {
        guard
            let organization = try Row.fetchOne(
                db, sql: "SELECT id, name, tenant FROM organizations WHERE name = 'default'")
        else { throw KitError(.invalid, "the database has no default organization; restore it from a backup") }
        var passwords: [UserID: PasswordHash] = [:]
        let users = try Row.fetchAll(db, sql: "SELECT * FROM users").compactMap { row -> User? in
            guard let id = UserID(row["id"] as String), let scope = Scope(rawValue: row["scope"]) else { return nil }
            passwords[id] = (row["password"] as String?).flatMap(PasswordHash.init(text:))
            return User(
                id: id, key: row["key"], uuid: row["uuid"], email: row["email"], scope: scope,
                createdAt: Timestamp(microseconds: row["created_at"]))
        }
        guard users.contains(where: { $0.scope == .admin }) else {
            throw KitError(.invalid, "the database has no administrator; restore it from a backup")
        }
        let keys = try Row.fetchAll(db, sql: "SELECT * FROM api_keys").compactMap { row -> APIKey? in
            guard let user = UserID(row["user"] as String), let scope = Scope(rawValue: row["scope"]) else {
                return nil
            }
            return APIKey(
                id: row["id"], digest: Array(row["digest"] as Data), user: user, scope: scope, label: row["label"],
                createdAt: Timestamp(microseconds: row["created_at"]),
                revokedAt: (row["revoked_at"] as Int64?).map(Timestamp.init(microseconds:)))
        }
        return Directory.Contents(
            organization: Organization(
                id: organization["id"], name: organization["name"], tenant: organization["tenant"]),
            users: users, keys: keys, passwords: passwords)
    }

    /// All links. Read by hand: there may be millions, and the server is not ready before.
    static func links(_ db: Database, users: [User]) throws -> [LinkTable.Entry] {
        let owners = Dictionary(users.map { ($0.key, $0.id) }, uniquingKeysWith: { first, _ in first })
        var links: [LinkTable.Entry] = []
        links.reserveCapacity(try Int.fetchOne(db, sql: "SELECT count(*) FROM links") ?? 0)
        // Links of one owner mostly follow one another.
        var last: (key: Int, id: UserID)?
        let sql = """
            SELECT key, id, code, destination, owner, is_custom, is_active, created_at, expires_at, max_clicks, tags, revision
            FROM links WHERE deleted_at IS NULL
            """
        try forEachRow(sql, db) { row in
            let ownerKey = Int(sqlite3_column_int64(row, 4))
            let owner = last?.key == ownerKey ? last?.id : owners[ownerKey]
            guard let owner, let id = LinkID(digits: text(1, row)), let code = ShortCode(bytes: text(2, row))
            else { throw KitError(.invalid, "the database holds a link that is not one; restore it from a backup") }
            last = (ownerKey, owner)
            var link = Link(
                id: id, key: Int(sqlite3_column_int64(row, 0)), code: code,
                destination: Destination(stored: text(3, row)), owner: owner, ownerKey: ownerKey,
                isCustom: sqlite3_column_int(row, 5) != 0, isActive: sqlite3_column_int(row, 6) != 0,
                createdAt: Timestamp(microseconds: sqlite3_column_int64(row, 7)))
            if sqlite3_column_type(row, 8) != SQLITE_NULL {
                link.expiresAt = Timestamp(microseconds: sqlite3_column_int64(row, 8))
            }
            if sqlite3_column_type(row, 9) != SQLITE_NULL { link.maxClicks = Int(sqlite3_column_int64(row, 9)) }
            let tags = text(10, row)
            if !tags.isEmpty { link.tags = SQLiteLinks.tags(in: String(decoding: tags, as: UTF8.self)) }
            link.revision = Int(sqlite3_column_int64(row, 11))
            links.append(LinkTable.Entry(link))
        }
        return links
    }

    /// Steps through a query with nothing between SQLite and `body`.
    private static func forEachRow(_ sql: String, _ db: Database, _ body: (OpaquePointer) throws -> Void) throws {
        let statement = try db.makeStatement(sql: sql)
        try withExtendedLifetime(statement) {
            var code = sqlite3_step(statement.sqliteStatement)
            while code == SQLITE_ROW {
                try body(statement.sqliteStatement)
                code = sqlite3_step(statement.sqliteStatement)
            }
            guard code == SQLITE_DONE else {
                throw DatabaseError(resultCode: ResultCode(rawValue: code), message: db.lastErrorMessage)
            }
        }
    }

    /// Bytes of a text column; they last until the next step.
    private static func text(_ column: Int32, _ statement: OpaquePointer) -> UnsafeRawBufferPointer {
        let start = sqlite3_column_text(statement, column)
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column)))
    }

    /// Where numbering goes on: the stored heads, raised by the rows written after them; and those rows' numbers by
    /// themselves, which are still to be stored.
    static func heads(_ db: Database, epoch: Int32) throws -> (heads: Sequencer.Heads, unwritten: SQLiteStore.Unwritten)
    {
        var unwritten = SQLiteStore.Unwritten()
        var heads = Sequencer.Heads(epoch: epoch, owners: [], links: [])
        let users = try Row.fetchCursor(db, sql: "SELECT key, clicks FROM users")
        while let row = try users.next() { heads.raise(.owner(row[0]), to: row[1]) }
        // The last first, so that the array grows once.
        try forEachRow("SELECT key, clicks FROM links ORDER BY key DESC", db) { row in
            heads.raise(.link(sqlite3_column_int(row, 0)), to: sqlite3_column_int64(row, 1))
        }
        let tail = try Row.fetchCursor(
            db,
            sql: """
                SELECT owner, owner_number, link, link_number FROM clicks WHERE row > (SELECT row FROM heads)
                """)
        while let row = try tail.next() {
            heads.raise(.owner(row[0]), to: row[1])
            heads.raise(.link(row[2]), to: row[3])
            unwritten.note(owner: row[0], row[1], link: row[2], row[3])
        }
        let holes = try Row.fetchCursor(db, sql: "SELECT kind, feed, max(last) FROM holes GROUP BY kind, feed")
        while let row = try holes.next() { heads.raise(SQLiteFeeds.feed(row[0], row[1]), to: row[2]) }
        return (heads, unwritten)
    }
}
