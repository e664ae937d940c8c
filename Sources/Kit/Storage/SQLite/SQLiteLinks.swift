import GRDB

/// Links by what their owners ask for; a redirect never does.
enum SQLiteLinks {
    static func change(_ link: Link, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                UPDATE links SET destination = ?, is_active = ?, expires_at = ?, max_clicks = ?, tags = ?, revision = ?
                WHERE key = ? AND revision < ? AND deleted_at IS NULL
                """
        ).execute(arguments: [
            link.destination.description, link.isActive, link.expiresAt?.microseconds, link.maxClicks,
            text(of: link.tags), link.revision, link.key, link.revision,
        ])
    }

    static func delete(_ link: Link, at time: Timestamp, _ db: Database) throws {
        try db.cachedStatement(sql: "UPDATE links SET deleted_at = ? WHERE key = ? AND deleted_at IS NULL")
            .execute(arguments: [time.microseconds, link.key])
    }

    /// Between commas, so that one can be searched for: `,news,spring,`; empty for none.
    static func text(of tags: [Tag]) -> String {
        tags.isEmpty ? "" : "," + tags.map(\.description).joined(separator: ",") + ","
    }

    static func tags(in text: some StringProtocol) -> [Tag] {
        text.split(separator: ",").compactMap { try? Tag(String($0)) }
    }

    static func page(_ query: LinkQuery, _ db: Database) throws -> LinkPage {
        var conditions = ["owner = ?", "deleted_at IS NULL"]
        var arguments: StatementArguments = [query.owner]
        if let search = query.search {
            conditions.append("(instr(lower(code), lower(?)) > 0 OR instr(lower(destination), lower(?)) > 0)")
            arguments += [search, search]
        }
        if let isActive = query.isActive {
            conditions.append("is_active = ?")
            arguments += [isActive]
        }
        if let tag = query.tag {
            conditions.append("instr(tags, ?) > 0")
            arguments += [",\(tag),"]
        }
        if let before = query.before {
            conditions.append("key < ?")
            arguments += [before]
        }
        let matching = "FROM links WHERE " + conditions.joined(separator: " AND ")
        let codes = try String.fetchAll(
            db, sql: "SELECT code \(matching) ORDER BY key DESC LIMIT ? OFFSET ?",
            arguments: arguments + [query.limit, query.offset])
        return LinkPage(
            codes: codes.compactMap { try? ShortCode($0) },
            total: try Int.fetchOne(db, sql: "SELECT count(*) \(matching)", arguments: arguments) ?? 0)
    }

    static func code(of link: LinkID, _ db: Database) throws -> ShortCode? {
        try String.fetchOne(
            db, sql: "SELECT code FROM links WHERE id = ? AND deleted_at IS NULL", arguments: [link.description]
        ).flatMap { try? ShortCode($0) }
    }

    /// Codes of deleted links with their owners. One that was used again is not among them.
    static func deleted(_ db: Database) throws -> [ShortCode: Int] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT code, owner FROM links WHERE deleted_at IS NOT NULL
                    AND code NOT IN (SELECT code FROM links WHERE deleted_at IS NULL)
                """)
        var codes: [ShortCode: Int] = [:]
        while let row = try rows.next() {
            if let code = try? ShortCode(row[0] as String) { codes[code] = row[1] }
        }
        return codes
    }
}
