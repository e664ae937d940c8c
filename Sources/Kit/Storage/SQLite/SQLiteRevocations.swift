import GRDB

/// What has been revoked and is still to be refused.
enum SQLiteRevocations {
    static func insert(_ revocation: Revocation, _ db: Database) throws {
        let (kind, subject) = names(of: revocation.subject)
        try db.cachedStatement(
            sql: """
                INSERT INTO revocations (kind, subject, at, until) VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET at = max(at, excluded.at), until = excluded.until
                """
        ).execute(arguments: [kind, subject, revocation.at.microseconds, revocation.until?.microseconds])
    }

    /// All that matter at `now`; the others are removed.
    static func all(_ db: Database, now: Timestamp) throws -> [Revocation] {
        try db.execute(sql: "DELETE FROM revocations WHERE until < ?", arguments: [now.microseconds])
        return try Row.fetchAll(db, sql: "SELECT kind, subject, at, until FROM revocations").map { row in
            guard let subject = subject(row["kind"], row["subject"]) else {
                throw KitError(.invalid, "the database holds a revocation that is not one; restore it from a backup")
            }
            return Revocation(
                subject: subject, at: Timestamp(microseconds: row["at"]),
                until: (row["until"] as Int64?).map(Timestamp.init(microseconds:)))
        }
    }

    private static func names(of subject: Revocation.Subject) -> (kind: String, subject: String) {
        switch subject {
        case .credential(let id): ("credential", id.description)
        case .user(let id): ("user", id.description)
        case .account(let id): ("account", "\(id)")
        }
    }

    private static func subject(_ kind: String, _ text: String) -> Revocation.Subject? {
        switch kind {
        case "credential": CredentialID(text).map { .credential($0) }
        case "user": UserID(text).map { .user($0) }
        case "account": AccountID(text).map { .account($0) }
        default: nil
        }
    }
}
