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
        migrator.registerMigration("6 rollups") { db in
            try db.execute(
                sql: """
                    -- The domain a visitor came from; null when they did not say.
                    ALTER TABLE clicks ADD COLUMN referrer TEXT;

                    -- Clicks counted by hour (span 0) and day (1) since the Unix epoch, and by what they were: dimension 0 is
                    -- device/browser/kind, 1 the country, 2 the referrer, 3 visitors new that day. Written with the clicks' own
                    -- commit. `kind` and `feed` as in `holes`; the bucket comes first, so that what is written lies together.
                    CREATE TABLE rollups (
                        span INTEGER NOT NULL, bucket INTEGER NOT NULL, kind INTEGER NOT NULL, feed INTEGER NOT NULL,
                        dimension INTEGER NOT NULL, value TEXT NOT NULL, clicks INTEGER NOT NULL,
                        PRIMARY KEY (span, bucket, kind, feed, dimension, value)
                    ) WITHOUT ROWID;

                    -- Who was there today, by a hash that is another one tomorrow. Emptied when the day is over.
                    CREATE TABLE visitors (
                        day INTEGER NOT NULL, kind INTEGER NOT NULL, feed INTEGER NOT NULL, visitor INTEGER NOT NULL,
                        PRIMARY KEY (day, kind, feed, visitor)
                    ) WITHOUT ROWID;
                    """)
            let agent = "device || '/' || browser || '/' || CASE is_bot WHEN 0 THEN 'person' ELSE 'bot' END"
            for (kind, feed) in [(0, "owner"), (1, "link")] {
                for (dimension, value) in [(0, agent), (1, "coalesce(country, 'unknown')")] {
                    for (span, length) in [(0, 3_600_000_000), (1, 86_400_000_000)] {
                        let recent = "WHERE at > (SELECT max(at) FROM clicks) - 172800000000"
                        try db.execute(
                            sql: """
                                INSERT INTO rollups SELECT \(span), at / \(length), \(kind), \(feed), \(dimension), \(value), count(*)
                                FROM clicks \(span == 0 ? recent : "") GROUP BY at / \(length), \(feed), \(value)
                                """)
                    }
                }
            }
        }
        migrator.registerMigration("7 links that end") { db in
            try db.execute(
                sql: """
                    -- Rows of deleted links stay, for the clicks they had; their codes may be used again. `tags` is `,one,two,`.
                    CREATE TABLE new_links (
                        key INTEGER PRIMARY KEY,
                        id TEXT NOT NULL UNIQUE, code TEXT NOT NULL, destination TEXT NOT NULL,
                        owner INTEGER NOT NULL REFERENCES users (key),
                        is_custom INTEGER NOT NULL, is_active INTEGER NOT NULL,
                        created_at INTEGER NOT NULL,
                        clicks INTEGER NOT NULL DEFAULT 0,
                        expires_at INTEGER, max_clicks INTEGER, tags TEXT NOT NULL DEFAULT '',
                        revision INTEGER NOT NULL DEFAULT 0, deleted_at INTEGER
                    );
                    INSERT INTO new_links (key, id, code, destination, owner, is_custom, is_active, created_at, clicks)
                        SELECT key, id, code, destination, owner, is_custom, is_active, created_at, clicks FROM links;
                    DROP TABLE links;
                    ALTER TABLE new_links RENAME TO links;
                    CREATE UNIQUE INDEX links_by_code ON links (code) WHERE deleted_at IS NULL;
                    CREATE INDEX links_by_owner ON links (owner, key) WHERE deleted_at IS NULL;
                    """)
        }
        migrator.registerMigration("8 passwords") { db in
            // As `PasswordHash` writes it; null for users who cannot log in.
            try db.execute(sql: "ALTER TABLE users ADD COLUMN password TEXT")
        }
        return migrator
    }
}
