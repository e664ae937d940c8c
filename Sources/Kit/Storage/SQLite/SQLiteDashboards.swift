import GRDB

/// Dashboards and metrics of tenants.
enum SQLiteDashboards {
    static func insert(_ dashboard: Dashboard, _ tenant: String, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO dashboards (tenant, id, entity, title, tiles) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (tenant, id) DO UPDATE SET title = excluded.title, tiles = excluded.tiles
                """
        ).execute(arguments: [
            tenant, dashboard.id, dashboard.entity, dashboard.title, dashboard.tileList.text,
        ])
    }

    static func insert(_ metric: Metric, _ tenant: String, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO metrics (tenant, entity, name, value, at) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (tenant, entity, name) DO UPDATE SET value = excluded.value, at = excluded.at
                """
        ).execute(arguments: [tenant, metric.entity, metric.name, metric.value.text, metric.at.microseconds])
    }

    static func contents(_ db: Database) throws -> DashboardContents {
        var contents = DashboardContents()
        for row in try Row.fetchAll(db, sql: "SELECT * FROM dashboards") {
            contents.dashboards[row["tenant"], default: []].append(
                Dashboard(id: row["id"], entity: row["entity"], title: row["title"], tiles: tiles(row["tiles"])))
        }
        for row in try Row.fetchAll(db, sql: "SELECT * FROM metrics") {
            guard let value = try? JSON(parsing: (row["value"] as String).utf8) else { continue }
            contents.metrics[row["tenant"], default: []].append(
                Metric(
                    entity: row["entity"], name: row["name"], value: value, at: Timestamp(microseconds: row["at"])))
        }
        return contents
    }

    /// What another program made of them is left out.
    private static func tiles(_ text: String) -> [Dashboard.Tile] {
        guard case .array(let values)? = try? JSON(parsing: text.utf8) else { return [] }
        return values.compactMap { value in
            guard case .string(let id)? = value["id"], case .string(let type)? = value["type"],
                case .string(let metric)? = value["metricName"]
            else { return nil }
            var title: String?
            if case .string(let text)? = value["title"] { title = text }
            return Dashboard.Tile(id: id, type: type, metric: metric, title: title)
        }
    }
}
