import Testing

@testable import Kit

/// What every store means by dashboards and metrics.
struct DashboardStoreTests {
    private static func commit(_ store: any Store, _ changes: [CommitGroup.Change]) throws {
        for answer in try store.commit(CommitGroup(changes: changes)) { try answer.get() }
    }

    @Test(arguments: StoreTests.Kind.allCases)
    func `a tenant's dashboards and newest metrics are there after a restart`(kind: StoreTests.Kind) throws {
        let place = try StoreTests.Place(kind)
        var store = try place.store()
        let first = try store.open(now: StoreTests.now).dashboards
        #expect(first == DashboardContents())
        var dashboard = Dashboard.usual(of: "guide")
        let other = Dashboard(id: "mine", entity: "all", title: "a \"title\"", tiles: [])
        func metric(_ value: JSON) -> Metric {
            Metric(entity: "event-7", name: "revenue", value: value, at: Timestamp(microseconds: 1_767_225_600_123_456))
        }
        try Self.commit(
            store,
            [
                .dashboard(tenant: "t-1", dashboard), .dashboard(tenant: "t-1", other),
                .dashboard(tenant: "t-2", dashboard), .metric(tenant: "t-1", metric(1)),
                .metric(tenant: "t-1", metric(.number("2.50"))), .metric(tenant: "t-2", metric(3)),
            ])
        dashboard.tiles.append(Dashboard.Tile(id: "t2", type: "line", metric: "clicks", title: nil))
        try Self.commit(store, [.dashboard(tenant: "t-1", dashboard)])
        try store.close(now: StoreTests.now, isComplete: true)
        store = try place.store()
        let contents = try store.open(now: StoreTests.now).dashboards
        let kept = contents.dashboards["t-1"]?.sorted { $0.id < $1.id }
        #expect(kept == [dashboard, other])
        #expect(contents.dashboards["t-2"] == [Dashboard.usual(of: "guide")])
        #expect(contents.metrics == ["t-1": [metric(.number("2.50"))], "t-2": [metric(3)]])
    }
}
