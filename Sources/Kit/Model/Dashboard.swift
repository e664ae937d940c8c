/// A value of an entity, by name; its newest value is all that counts.
struct Metric: Sendable, Equatable {
    /// Of links and of `all`: counted by this server, published by nobody.
    static let clicks = "clicks"

    /// Whether a metric may be called so: 1 to 64 of letters, digits and `_-.:`.
    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                    || [0x5F, 0x2D, 0x2E, 0x3A].contains(byte)
            }
    }

    let entity: String
    let name: String
    /// A number.
    let value: JSON
    let at: Timestamp
}

/// What a tenant has put together to look at an entity.
struct Dashboard: Sendable, Equatable {
    /// Upstream's limit (`ANALYTICS_1102`).
    static let maximumTiles = 20

    let id: String
    /// What it shows: a link by its code, `all`, or whatever metrics are published for.
    let entity: String
    var title: String
    /// In their order; a tile's position is its place here.
    var tiles: [Tile]

    struct Tile: Sendable, Equatable {
        let id: String
        var type: String
        var metric: String
        var title: String?
    }

    /// Every entity has one, stored only when it is changed.
    static func usual(of entity: String) -> Dashboard {
        Dashboard(
            id: "dash-\(entity)", entity: entity, title: entity,
            tiles: [Tile(id: "tile-clicks", type: "counter", metric: Metric.clicks, title: "Clicks")])
    }
}

/// What was done to a dashboard.
struct DashboardChange: Sendable, Equatable {
    enum Action: String, Sendable, CaseIterable {
        case added = "tile_added"
        case removed = "tile_removed"
        case reordered = "tile_reordered"
        case updated = "tile_updated"
    }

    let dashboard: String
    let action: Action
    let tile: Dashboard.Tile
    /// The tile's place, from 0; where it was, for one that was removed.
    let position: Int
}

extension Dashboard {
    var json: JSON {
        [
            "id": .string(id), "entityId": .string(entity), "title": .string(title), "tiles": tileList,
        ]
    }

    var tileList: JSON { .array(tiles.enumerated().map { $1.json(at: $0) }) }
}

extension Dashboard.Tile {
    func json(at position: Int) -> JSON {
        let members: [(String, JSON)] =
            [("id", .string(id)), ("type", .string(type)), ("metricName", .string(metric))]
            + (title.map { [("title", .string($0))] } ?? []) + [("position", .int(position))]
        return .object(.init(members))
    }
}

/// What a store holds of dashboards, by the name of their tenant; the server's own is called by its organization's id.
struct DashboardContents: Sendable, Equatable {
    var dashboards: [String: [Dashboard]] = [:]
    var metrics: [String: [Metric]] = [:]
}
