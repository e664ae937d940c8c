import NIOCore
import NIOHTTP1

/// `POST /api/v1/publish`: what administrators tell everybody.
enum PublishRoute {
    static func publish(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        guard try call.caller().isAdmin else { throw KitError(.forbidden, "only an administrator publishes") }
        let bytes = Array(call.request.body.readableBytesView)
        guard bytes.count <= PublicationRequest.maximumBytes else {
            throw KitError(.tooLarge, "a publication has at most 256 KiB")
        }
        let json = try JSON(parsing: bytes)
        // The kinds of this API, in the words of the protocol that has them.
        let type: String
        switch json["kind"] {
        case .string("broadcast"): type = "broadcast"
        case .string("change"): type = "postgres_changes"
        case .string("notification"): return try notify(json, call)
        case .string("metric"): return try tell(json, call)
        case .string("tile"): return try edit(json, call)
        default: throw KitError(.invalid, "kind must be broadcast, change, notification, metric or tile")
        }
        let request: PublicationRequest
        do throws(PublicationRequest.Refused) {
            request = try PublicationRequest(
                json, type: type, size: bytes.count, settings: call.services.protocols, now: call.now)
        } catch {
            throw error.error
        }
        return call.services.publish(request.publication, answeringOn: call.server.loop)
            .map { HTTPResponse(["delivered": .int($0), "organization": .string(request.organization)]) }
    }

    /// `{"kind":"metric","entity":"event-7","name":"revenue","value":12.5}`, with `tenant` at will.
    private static func tell(_ json: JSON, _ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        guard case .string(let entity)? = json["entity"], (1...256).contains(entity.utf8.count) else {
            throw KitError(.invalid, "entity must be a text of 1 to 256 bytes")
        }
        guard case .string(let name)? = json["name"], Metric.isName(name) else {
            throw KitError(.invalid, "name must be 1 to 64 of letters, digits and _-.:")
        }
        switch json["value"] {
        case .int, .number: break
        default: throw KitError(.invalid, "value must be a number")
        }
        let reached = DeliveryCount()
        try call.services.dashboards.tell(
            Metric(entity: entity, name: name, value: json["value"] ?? 0, at: call.now), tenant: try tenant(json, call),
            on: call.server.loop, counting: reached)
        return call.services.total(reached, answeringOn: call.server.loop)
            .map { HTTPResponse(["delivered": .int($0)]) }
    }

    /// `{"kind":"tile","dashboard":"dash-abc","action":"add","tile":{"type","metricName","title"?,"id"?},"position"?}`, `"action":"remove"`
    /// or `"update"` with the tile's `id`, or `"action":"order","order":[ids]`.
    private static func edit(_ json: JSON, _ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        guard case .string(let dashboard)? = json["dashboard"] else {
            throw KitError(.invalid, "dashboard must be the id of one, such as dash-abc123")
        }
        let edit: DashboardEdit
        do throws(AnalyticsError) { edit = try Self.edit(json) } catch { throw KitError(.invalid, error.message) }
        let services = call.services
        return services.dashboards.edit(
            dashboard, tenant: try tenant(json, call), links: services.links, on: services.home, edit
        )
        .hop(to: call.server.loop)
        .map { HTTPResponse($0.json) }
        .flatMapErrorThrowing { error in
            guard let error = error as? AnalyticsError else { throw error }
            throw KitError(error.code == .dashboardNotFound ? .notFound : .invalid, error.message)
        }
    }

    private static func edit(_ json: JSON) throws(AnalyticsError) -> DashboardEdit {
        let tile = json["tile"] ?? .null
        var id = ""
        if case .string(let text)? = tile["id"] { id = text }
        switch json["action"] {
        case "add":
            var place: Int?
            if case .int(let number)? = json["position"] { place = number }
            return .add(try Dashboard.Tile(tile), at: place)
        case "remove": return .remove(id)
        case "update": return try .update(id, tile)
        case "order": return try .order(json["order"])
        default: throw AnalyticsError(.invalidTile, "action must be add, remove, update or order")
        }
    }

    /// This server's own unless another is named, by its UUID or by what another issuer calls it.
    private static func tenant(_ json: JSON, _ call: Call) throws(KitError) -> String {
        let own = call.services.directory.organization
        switch json["tenant"] {
        case nil, .null: return own.id
        case .string(let name) where (1...256).contains(name.utf8.count): return name == own.tenant ? own.id : name
        default: throw KitError(.invalid, "tenant must be a text of 1 to 256 bytes")
        }
    }

    /// `{"kind":"notification","userId":7,"data":{…}}`
    private static func notify(_ json: JSON, _ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        guard case .int(let account)? = json["userId"], account != 0 else {
            throw KitError(.invalid, "userId must be a whole number but 0")
        }
        guard let data = json["data"], case .object = data else { throw KitError(.invalid, "data must be an object") }
        let services = call.services
        let reached = DeliveryCount()
        return services.notifications.tell(
            account, data, at: call.now, on: services.home, isUrgent: true, counting: reached
        )
        .hop(to: call.server.loop)
        .flatMap { [loop = call.server.loop] notification in
            services.total(reached, answeringOn: loop)
                .map { HTTPResponse(["id": .int(notification.id), "delivered": .int($0)]) }
        }
    }
}
