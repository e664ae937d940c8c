import Logging
import NIOCore
import Synchronization

/// Dashboards and published metrics of all tenants, in memory; the store has the same.
///
/// Bounded: 1,000 tenants with something of their own; in each 1,000 stored dashboards, and 10,000 entities of 32 metrics.
final class Dashboards: Sendable {
    static let maximumTenants = 1_000
    static let maximumDashboards = 1_000
    static let maximumEntities = 10_000
    static let maximumMetrics = 32
    /// The entity that is all of a tenant's links.
    static let all = "all"
    /// Metrics every link has in the original (EventZR analytics-svc); nothing of them happens here unless it is published.
    private static let usualMetrics = ["engagement", "transactions", "revenue"]

    private struct Tenant {
        var dashboards: [String: Stored] = [:]
        /// By entity and name.
        var metrics: [String: [String: Metric]] = [:]
    }

    /// A dashboard and what of it is on its way to the store.
    private struct Stored {
        var durable: Dashboard?
        var current: Dashboard
        var pending = 0
    }

    private let settings: ProtocolSettings
    private let recorder: ClickRecorder
    private let sequencer: Sequencer
    private let log: Logger
    private let tenants: Guarded<[OrganizationKey: Tenant]>

    init(
        _ contents: DashboardContents, settings: ProtocolSettings, recorder: ClickRecorder, sequencer: Sequencer,
        log: Logger
    ) {
        (self.settings, self.recorder, self.sequencer, self.log) = (settings, recorder, sequencer, log)
        var tenants: [OrganizationKey: Tenant] = [:]
        for (name, dashboards) in contents.dashboards {
            for dashboard in dashboards {
                tenants[settings.key(of: name), default: Tenant()].dashboards[dashboard.id] = Stored(
                    durable: dashboard, current: dashboard)
            }
        }
        for (name, metrics) in contents.metrics {
            for metric in metrics {
                tenants[settings.key(of: name), default: Tenant()].metrics[metric.entity, default: [:]][metric.name] =
                    metric
            }
        }
        self.tenants = Guarded(tenants)
    }

    // MARK: Asking

    /// What an entity is at this moment, and where it is heard of; what is not there and what is another tenant's are one answer.
    ///
    /// - Parameter shard: Of the loop that asks: what it delivers later is not in the report yet.
    func report(
        on name: String, of tenant: OrganizationKey, links: LinkTable, from shard: HubShard
    ) -> Result<EntityReport, AnalyticsError> {
        let link = tenant == .home ? (try? ShortCode(name)).flatMap { links.entry($0)?.link } : nil
        var clicks: Int64?
        var rooms: [Room] = []
        if let link {
            clicks = shard.totals(of: .link(Int32(link.key))).head
            rooms = [.link(link.code)]
        } else if name == Self.all {
            clicks = tenant == .home ? shard.totals(of: nil).total : 0
            rooms = tenant == .home ? [.totals] : []
        }
        let (metrics, dashboard) = tenants.withLock { tenants in
            (tenants[tenant]?.metrics[name] ?? [:], tenants[tenant]?.dashboards["dash-\(name)"]?.current)
        }
        guard clicks != nil || !metrics.isEmpty else { return .failure(.notFound) }
        rooms.append(.entity(EntityKey(tenant, name)))
        return .success(
            EntityReport(
                rooms: rooms, metrics: values(clicks, metrics),
                tiles: (dashboard ?? .usual(of: name)).tileList))
    }

    private func values(_ clicks: Int64?, _ published: [String: Metric]) -> [(name: String, value: JSON)] {
        var values: [(name: String, value: JSON)] = []
        if let clicks {
            // A click is a visit.
            let counted = settings.clickNames + (settings.clickNames.contains("traffic") ? [] : ["traffic"])
            values = counted.map { ($0, published[$0]?.value ?? .int(Int(clicks))) }
            values += Self.usualMetrics.filter { !settings.clickNames.contains($0) }
                .map { ($0, published[$0]?.value ?? 0) }
        }
        let known = Set(values.map(\.name))
        return values
            + published.values.filter { !known.contains($0.name) }.sorted { $0.name < $1.name }
            .map { ($0.name, $0.value) }
    }

    /// Stored ones, in the order of their ids.
    func list(of tenant: OrganizationKey) -> [Dashboard] {
        tenants.withLock { $0[tenant]?.dashboards.values.map(\.current) ?? [] }.sorted { $0.id < $1.id }
    }

    /// The dashboard of this id, stored or an entity's usual one.
    private func dashboard(
        _ id: String, of tenant: OrganizationKey, in tenants: [OrganizationKey: Tenant], _ links: LinkTable
    ) -> Dashboard? {
        if let stored = tenants[tenant]?.dashboards[id] { return stored.current }
        guard id.hasPrefix("dash-") else { return nil }
        let entity = String(id.dropFirst(5))
        let isThere =
            entity == Self.all || tenants[tenant]?.metrics[entity] != nil
            || tenant == .home && (try? ShortCode(entity)).flatMap { links.entry($0) } != nil
        return isThere ? .usual(of: entity) : nil
    }

    // MARK: Changing

    /// A dashboard besides the usual one.
    func create(_ dashboard: Dashboard, tenant name: String, on home: any EventLoop) -> EventLoopFuture<Dashboard> {
        change(name, on: home) { tenant, _ throws(AnalyticsError) in
            guard tenant.dashboards[dashboard.id] == nil else {
                throw AnalyticsError(.dashboardExists, "A dashboard with this id exists")
            }
            return (dashboard, [])
        }
    }

    /// Changes the tiles of a dashboard; whoever watches it hears of it once that is stored.
    func edit(
        _ id: String, tenant name: String, links: LinkTable, on home: any EventLoop, _ edit: DashboardEdit
    ) -> EventLoopFuture<Dashboard> {
        let key = settings.key(of: name)
        return change(name, on: home) { [self] _, all throws(AnalyticsError) in
            guard var dashboard = dashboard(id, of: key, in: all, links) else { throw .notFound }
            let changes = try dashboard.apply(edit)
            return (dashboard, changes)
        }
    }

    /// One after the other, on one loop: the store gets them in the order they were made in.
    private func change(
        _ name: String, on home: any EventLoop,
        _ make:
            @escaping @Sendable (Tenant, [OrganizationKey: Tenant]) throws(AnalyticsError) -> (
                Dashboard, [DashboardChange]
            )
    ) -> EventLoopFuture<Dashboard> {
        let key = settings.key(of: name)
        return home.flatSubmit { [self] in
            let result = tenants.withLock { tenants -> Result<(Dashboard, [DashboardChange]), any Error> in
                do {
                    let tenant = tenants[key] ?? Tenant()
                    let (dashboard, changes) = try make(tenant, tenants)
                    guard tenants[key] != nil || tenants.count < Self.maximumTenants,
                        tenant.dashboards[dashboard.id] != nil || tenant.dashboards.count < Self.maximumDashboards
                    else { throw KitError(.limitExceeded, "there are too many dashboards") }
                    var stored = tenant.dashboards[dashboard.id] ?? Stored(current: dashboard)
                    stored.current = dashboard
                    stored.pending += 1
                    tenants[key, default: Tenant()].dashboards[dashboard.id] = stored
                    return .success((dashboard, changes))
                } catch {
                    return .failure(error)
                }
            }
            switch result {
            case .failure(let error): return home.makeFailedFuture(error)
            case .success(let (dashboard, changes)):
                return recorder.apply(.dashboard(tenant: name, dashboard), on: home).map { [self] in
                    settle(dashboard, of: key, isDurable: true)
                    for change in changes { publish(change, of: dashboard, tenant: key) }
                    return dashboard
                }.flatMapErrorThrowing { [self] error in
                    settle(dashboard, of: key, isDurable: false)
                    throw error
                }
            }
        }
    }

    /// What could not be stored is as if it had not been.
    private func settle(_ dashboard: Dashboard, of key: OrganizationKey, isDurable: Bool) {
        tenants.withLock { tenants in
            guard var stored = tenants[key]?.dashboards[dashboard.id] else { return }
            stored.pending -= 1
            if isDurable { stored.durable = dashboard }
            if stored.pending == 0, let durable = stored.durable { stored.current = durable }
            tenants[key]?.dashboards[dashboard.id] = stored.pending == 0 && stored.durable == nil ? nil : stored
        }
    }

    private func publish(_ change: DashboardChange, of dashboard: Dashboard, tenant: OrganizationKey) {
        for room in [Room.dashboards(tenant), .entity(EntityKey(tenant, dashboard.entity))] {
            sequencer.publish(Publication(.dashboard(change), in: room, at: .now, size: 256))
        }
    }

    // MARK: Metrics

    /// Tells a new value of a metric; it is remembered, and stored with the next clicks.
    ///
    /// - Throws: `.limitExceeded` when a tenant has no room for it, `.invalid` for what this server counts itself.
    func tell(
        _ metric: Metric, tenant name: String, on loop: any EventLoop, counting reached: DeliveryCount
    ) throws(KitError) {
        guard !settings.clickNames.contains(metric.name) else {
            throw KitError(.invalid, "\(metric.name) is counted by this server; choose another name")
        }
        let key = settings.key(of: name)
        let isKept = tenants.withLock { tenants in
            guard tenants[key] != nil || tenants.count < Self.maximumTenants else { return false }
            let entity = tenants[key]?.metrics[metric.entity]
            guard entity != nil || tenants[key]?.metrics.count ?? 0 < Self.maximumEntities,
                entity?[metric.name] != nil || entity?.count ?? 0 < Self.maximumMetrics
            else { return false }
            tenants[key, default: Tenant()].metrics[metric.entity, default: [:]][metric.name] = metric
            return true
        }
        guard isKept else { throw KitError(.limitExceeded, "there are too many metrics; publish known ones") }
        recorder.apply(.metric(tenant: name, metric), on: loop, isUrgent: false).whenFailure { [log] error in
            log.warning("a metric could not be stored; it is told all the same", metadata: ["error": "\(error)"])
        }
        sequencer.publish(
            Publication(.metric(metric), in: .entity(EntityKey(key, metric.entity)), at: metric.at, size: 128),
            counting: reached)
    }
}
