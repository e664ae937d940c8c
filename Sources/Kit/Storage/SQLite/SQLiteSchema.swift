import GRDB

/// The database's shape, by named migrations. Append only: a migration that has been released is never edited.
enum SQLiteSchema {
    /// `qukk`: marks a file as ours, so that another program's database is refused and not migrated.
    static let applicationID = 0x7175_6b6b

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 users, keys, links, clicks") { db in
            try db.execute(
                sql: """
                    PRAGMA application_id = \(applicationID);

                    CREATE TABLE organizations (
                        id TEXT PRIMARY KEY, name TEXT NOT NULL, tenant TEXT NOT NULL
                    ) WITHOUT ROWID;

                    CREATE TABLE users (
                        key INTEGER PRIMARY KEY,
                        id TEXT NOT NULL UNIQUE, uuid TEXT NOT NULL UNIQUE, email TEXT NOT NULL UNIQUE,
                        scope TEXT NOT NULL CHECK (scope IN ('admin', 'user')),
                        created_at INTEGER NOT NULL,
                        clicks INTEGER NOT NULL DEFAULT 0
                    );

                    CREATE TABLE api_keys (
                        id TEXT PRIMARY KEY, digest BLOB NOT NULL, user TEXT NOT NULL REFERENCES users (id),
                        scope TEXT NOT NULL CHECK (scope IN ('admin', 'user')), label TEXT NOT NULL,
                        created_at INTEGER NOT NULL, revoked_at INTEGER
                    ) WITHOUT ROWID;

                    CREATE TABLE links (
                        key INTEGER PRIMARY KEY,
                        id TEXT NOT NULL UNIQUE, code TEXT NOT NULL UNIQUE, destination TEXT NOT NULL,
                        owner INTEGER NOT NULL REFERENCES users (key),
                        is_custom INTEGER NOT NULL, is_active INTEGER NOT NULL,
                        created_at INTEGER NOT NULL,
                        clicks INTEGER NOT NULL DEFAULT 0
                    );

                    CREATE TABLE clicks (
                        row INTEGER PRIMARY KEY,
                        epoch INTEGER NOT NULL,
                        owner INTEGER NOT NULL, owner_number INTEGER NOT NULL,
                        link INTEGER NOT NULL, link_number INTEGER NOT NULL,
                        at INTEGER NOT NULL,
                        country TEXT, device TEXT NOT NULL, browser TEXT NOT NULL, is_bot INTEGER NOT NULL
                    );

                    -- One row a life of the log. `ended_at` is null while it lasts, and stays null after an unclean stop.
                    CREATE TABLE epochs (
                        epoch INTEGER PRIMARY KEY, started_at INTEGER NOT NULL, ended_at INTEGER
                    );

                    -- `users.clicks` and `links.clicks` count the log up to this row; the rows after it are counted at start.
                    CREATE TABLE heads (
                        one INTEGER PRIMARY KEY CHECK (one = 1), row INTEGER NOT NULL
                    );
                    INSERT INTO heads VALUES (1, 0);
                    """)
        }
        migrator.registerMigration("2 feeds and holes") { db in
            try db.execute(
                sql: """
                    -- How feeds are read: by their positions. The rowid an index entry ends with leads to the rest.
                    CREATE INDEX clicks_by_owner ON clicks (owner, epoch, owner_number);
                    CREATE INDEX clicks_by_link ON clicks (link, epoch, link_number);

                    -- Numbers the log will never have. `kind` is 0 for an owner's feed and 1 for a link's, `feed` the key.
                    CREATE TABLE holes (
                        kind INTEGER NOT NULL, feed INTEGER NOT NULL, epoch INTEGER NOT NULL,
                        first INTEGER NOT NULL, last INTEGER NOT NULL, reason TEXT NOT NULL,
                        PRIMARY KEY (kind, feed, epoch, first)
                    ) WITHOUT ROWID;

                    -- Totals an orderly stop after a crash had left behind.
                    UPDATE users SET clicks = max(clicks, coalesce(
                        (SELECT max(owner_number) FROM clicks WHERE clicks.owner = users.key), 0));
                    UPDATE links SET clicks = max(clicks, coalesce(
                        (SELECT max(link_number) FROM clicks WHERE clicks.link = links.key), 0));
                    """)
        }
        migrator.registerMigration("3 notifications") { db in
            try db.execute(
                sql: """
                    -- `user` need not be one of `users`. An id is never given twice, not even after its row has gone.
                    CREATE TABLE notifications (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        user INTEGER NOT NULL, data TEXT NOT NULL, read INTEGER NOT NULL DEFAULT 0,
                        created_at INTEGER NOT NULL
                    );
                    CREATE INDEX notifications_by_user ON notifications (user, read, id);
                    """)
        }
        migrator.registerMigration("4 revocations") { db in
            try db.execute(
                sql: """
                    -- `until` is when nothing it covers is good by itself any more; null when that cannot be known.
                    CREATE TABLE revocations (
                        kind TEXT NOT NULL CHECK (kind IN ('credential', 'user', 'account')), subject TEXT NOT NULL,
                        at INTEGER NOT NULL, until INTEGER,
                        PRIMARY KEY (kind, subject)
                    ) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("5 dashboards and metrics") { db in
            try db.execute(
                sql: """
                    -- `tenant` need not be one of `organizations`. `tiles` is JSON, in their order.
                    CREATE TABLE dashboards (
                        tenant TEXT NOT NULL, id TEXT NOT NULL, entity TEXT NOT NULL, title TEXT NOT NULL,
                        tiles TEXT NOT NULL, PRIMARY KEY (tenant, id)
                    ) WITHOUT ROWID;

                    -- The newest value of each; `value` is a JSON number.
                    CREATE TABLE metrics (
                        tenant TEXT NOT NULL, entity TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
                        at INTEGER NOT NULL, PRIMARY KEY (tenant, entity, name)
                    ) WITHOUT ROWID;
                    """)
        }
        return migrator
    }
}
