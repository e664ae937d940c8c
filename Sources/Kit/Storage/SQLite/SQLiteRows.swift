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
                    INSERT INTO links (key, id, code, destination, owner, is_custom, is_active, created_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            try statement.execute(arguments: [
                link.key, link.id.description, link.code.description, link.destination.description, link.ownerKey,
                link.isCustom, link.isActive, link.createdAt.microseconds,
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
        }
    }

    /// Binds by hand: four tenths cheaper than argument arrays, and this is the one statement that runs per click.
    static func insert(_ clicks: [Click], _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO clicks
                (epoch, owner, owner_number, link, link_number, at, country, device, browser, is_bot)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
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
            sqlite3_bind_int(statement, 10, click.details.isBot ? 1 : 0)
            let code = sqlite3_step(statement)
            sqlite3_reset(statement)
            guard code == SQLITE_DONE else {
                throw DatabaseError(resultCode: ResultCode(rawValue: code), message: db.lastErrorMessage)
            }
        }
    }

    /// SQLite copies the bytes before `bind` returns.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

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
        let users = try Row.fetchAll(db, sql: "SELECT * FROM users").compactMap { row -> User? in
            guard let id = UserID(row["id"] as String), let scope = Scope(rawValue: row["scope"]) else { return nil }
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
            users: users, keys: keys)
    }

    static func links(_ db: Database) throws -> [Link] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT links.key, links.id, code, destination, owner, users.id, is_custom, is_active, links.created_at
                FROM links JOIN users ON users.key = links.owner
                """)
        var links: [Link] = []
        while let row = try rows.next() {
            guard let id = LinkID(row[1] as String), let owner = UserID(row[5] as String),
                let code = try? ShortCode(row[2] as String)
            else { throw KitError(.invalid, "the database holds a link that is not one; restore it from a backup") }
            links.append(
                Link(
                    id: id, key: row[0], code: code, destination: Destination(stored: row[3]), owner: owner,
                    ownerKey: row[4], isCustom: row[6], isActive: row[7], createdAt: Timestamp(microseconds: row[8])))
        }
        return links
    }

    /// Where numbering goes on: the stored heads, raised by the rows written after them; and those rows' numbers by
    /// themselves, which are still to be stored.
    static func heads(_ db: Database, epoch: Int32) throws -> (heads: Sequencer.Heads, unwritten: SQLiteStore.Unwritten)
    {
        var unwritten = SQLiteStore.Unwritten()
        var heads = Sequencer.Heads(epoch: epoch, owners: [], links: [])
        let users = try Row.fetchCursor(db, sql: "SELECT key, clicks FROM users")
        while let row = try users.next() { heads.raise(.owner(row[0]), to: row[1]) }
        let links = try Row.fetchCursor(db, sql: "SELECT key, clicks FROM links ORDER BY key DESC")
        while let row = try links.next() { heads.raise(.link(row[0]), to: row[1]) }
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
