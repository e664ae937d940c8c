/// What is to be done to the tiles of a dashboard.
enum DashboardEdit: Sendable, Equatable {
    /// - Parameter at: Its place, from 0; nil for the last.
    case add(Dashboard.Tile, at: Int?)
    case remove(String)
    /// What is nil stays as it is.
    case update(String, type: String?, metric: String?, title: String?)
    /// All of them, in their new order.
    case order([String])
}

extension Dashboard {
    /// - Returns: What has changed, tile by tile.
    mutating func apply(_ edit: DashboardEdit) throws(AnalyticsError) -> [DashboardChange] {
        switch edit {
        case .add(let tile, let place): return [try add(tile, at: place)]
        case .remove(let id):
            let place = try place(of: id)
            return [change(.removed, tiles.remove(at: place), at: place)]
        case .update(let id, let type, let metric, let title):
            let place = try place(of: id)
            tiles[place].type = type ?? tiles[place].type
            tiles[place].metric = metric ?? tiles[place].metric
            tiles[place].title = title ?? tiles[place].title
            return [change(.updated, tiles[place], at: place)]
        case .order(let ids): return try reorder(ids)
        }
    }

    private mutating func add(_ tile: Tile, at place: Int?) throws(AnalyticsError) -> DashboardChange {
        guard tiles.count < Self.maximumTiles else {
            throw AnalyticsError(.tileLimit, "A dashboard has at most \(Self.maximumTiles) tiles")
        }
        guard !tiles.contains(where: { $0.id == tile.id }) else {
            throw AnalyticsError(.invalidTile, "The dashboard has a tile of this id; choose another")
        }
        let place = min(max(place ?? tiles.count, 0), tiles.count)
        tiles.insert(tile, at: place)
        return change(.added, tile, at: place)
    }

    private mutating func reorder(_ ids: [String]) throws(AnalyticsError) -> [DashboardChange] {
        guard ids.count == tiles.count, Set(ids) == Set(tiles.map(\.id)) else {
            throw AnalyticsError(.invalidTile, "Name each tile of the dashboard once")
        }
        let before = tiles
        tiles = ids.compactMap { id in before.first { $0.id == id } }
        return tiles.enumerated().filter { before[$0].id != $1.id }.map { change(.reordered, $1, at: $0) }
    }

    private func place(of id: String) throws(AnalyticsError) -> Int {
        guard let place = tiles.firstIndex(where: { $0.id == id }) else {
            throw AnalyticsError(.invalidTile, "The dashboard has no tile of this id")
        }
        return place
    }

    private func change(_ action: DashboardChange.Action, _ tile: Tile, at place: Int) -> DashboardChange {
        DashboardChange(dashboard: id, action: action, tile: tile, position: place)
    }
}

extension Dashboard.Tile {
    /// Reads `{"id","type","metricName","title"}`; the id may be left out, and so may the title.
    init(_ json: JSON) throws(AnalyticsError) {
        let fields = TileFields(json)
        let type = try fields.name("type")
        let metric = try fields.name("metricName")
        guard let type, let metric else {
            throw AnalyticsError(.invalidTile, "A tile needs type and metricName")
        }
        self.init(
            id: try fields.name("id") ?? "tile-\(SocketIOID.make().prefix(8))", type: type, metric: metric,
            title: try fields.title())
    }
}

extension DashboardEdit {
    /// Reads what of a tile is to be another.
    static func update(_ id: String, _ json: JSON) throws(AnalyticsError) -> DashboardEdit {
        let fields = TileFields(json)
        return .update(
            id, type: try fields.name("type"), metric: try fields.name("metricName"), title: try fields.title())
    }

    /// Reads `["tile-2","tile-1"]`.
    static func order(_ json: JSON?) throws(AnalyticsError) -> DashboardEdit {
        guard case .array(let values)? = json else {
            throw AnalyticsError(.invalidTile, "order must be a list of all tiles' ids")
        }
        return .order(values.compactMap { if case .string(let id) = $0 { id } else { nil } })
    }
}

/// Members of a tile as somebody sent it.
private struct TileFields {
    private static let longestTitle = 256
    private let json: JSON

    init(_ json: JSON) { self.json = json }

    /// Nil when it is absent.
    func name(_ key: String) throws(AnalyticsError) -> String? {
        switch json[key] {
        case nil, .null: return nil
        case .string(let text) where Metric.isName(text): return text
        default:
            throw AnalyticsError(.invalidTile, "\(key) must be 1 to 64 of letters, digits and _-.:")
        }
    }

    func title() throws(AnalyticsError) -> String? {
        switch json["title"] {
        case nil, .null: return nil
        case .string(let text) where text.utf8.count <= Self.longestTitle: return text
        default: throw AnalyticsError(.invalidTile, "title must be a text of at most \(Self.longestTitle) bytes")
        }
    }
}
