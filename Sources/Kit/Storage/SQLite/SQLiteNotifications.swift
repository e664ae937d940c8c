import GRDB

/// What is kept for accounts.
enum SQLiteNotifications {
    static func insert(_ notification: AccountNotification, keeping most: Int, _ db: Database) throws {
        try db.cachedStatement(
            sql: "INSERT INTO notifications (id, user, data, read, created_at) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: [
            notification.id, notification.account, notification.data.text, notification.isRead,
            notification.createdAt.microseconds,
        ])
        // The index has them in this order.
        try db.cachedStatement(
            sql: """
                DELETE FROM notifications WHERE id IN (
                    SELECT id FROM notifications WHERE user = ?1 ORDER BY read DESC, id
                    LIMIT max(0, (SELECT count(*) FROM notifications WHERE user = ?1) - ?2))
                """
        ).execute(arguments: [notification.account, most])
    }

    /// - Throws: `.notFound` when `id` is none of the account's.
    static func read(_ account: AccountID, _ id: Int?, _ db: Database) throws {
        guard let id else {
            let statement = try db.cachedStatement(
                sql: "UPDATE notifications SET read = 1 WHERE user = ? AND read = 0")
            return try statement.execute(arguments: [account])
        }
        try db.cachedStatement(sql: "UPDATE notifications SET read = 1 WHERE id = ? AND user = ?")
            .execute(arguments: [id, account])
        if db.changesCount == 0 { throw KitError.noNotification }
    }

    /// The highest id ever given.
    static func last(_ db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'notifications'") ?? 0
    }

    static func page(of account: AccountID, from start: Int, limit: Int, _ db: Database) throws -> NotificationPage {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT id, data, read, created_at FROM notifications WHERE user = ?
                ORDER BY id DESC LIMIT ? OFFSET ?
                """, arguments: [account, limit, start])
        return NotificationPage(
            notifications: rows.map { row in
                AccountNotification(
                    id: row["id"], account: account,
                    // Ours wrote it; if another program did not write JSON, it is shown as the text it is.
                    data: (try? JSON(parsing: Array((row["data"] as String).utf8))) ?? .string(row["data"]),
                    createdAt: Timestamp(microseconds: row["created_at"]), isRead: row["read"])
            },
            total: try count("", account, db), unread: try count("AND read = 0", account, db))
    }

    private static func count(_ condition: String, _ account: AccountID, _ db: Database) throws -> Int {
        try Int.fetchOne(
            db, sql: "SELECT count(*) FROM notifications WHERE user = ? \(condition)", arguments: [account]) ?? 0
    }
}
