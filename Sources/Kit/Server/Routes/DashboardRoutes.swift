import Foundation
import NIOCore
import NIOHTTP1

/// `/analytics/v1/…`: dashboards, their tiles, and what an entity's metrics are. Errors are in upstream's words and numbers.
enum DashboardRoutes {
    private static let path = "/analytics/v1/"

    /// Nil for what is not there.
    static func respond(_ call: Call) -> EventLoopFuture<HTTPResponse>? {
        guard call.request.path.hasPrefix(path) else { return nil }
        let parts = call.request.path.dropFirst(path.count)
            .split(separator: "/", omittingEmptySubsequences: false)
            .map { String($0).removingPercentEncoding ?? String($0) }
        let requestID = call.request.head.headers.first(name: "x-request-id")
        do {
            return try route(call, parts)?.flatMapError { error in call.answer(answer(to: error)) }
                .map { tagged($0, requestID) }
        } catch {
            return call.answer(tagged(answer(to: error), requestID))
        }
    }

    private static func route(_ call: Call, _ parts: [String]) throws -> EventLoopFuture<HTTPResponse>? {
        let dashboards = call.services.dashboards
        switch (call.request.head.method, parts.first, parts.dropFirst().first, parts.dropFirst(2).first, parts.count) {
        case (.GET, "metrics", "event", let entity?, 3): return try metrics(entity, call)
        case (.GET, "dashboards", nil, nil, 1):
            let tenant = call.services.protocols.key(of: try tenant(call))
            return call.answer(data(.array(dashboards.list(of: tenant).map(\.json))))
        case (.POST, "dashboards", nil, nil, 1): return try create(call)
        case (.POST, "dashboards", let id?, "tiles", 3):
            let json = try body(call)
            var place: Int?
            if case .int(let number)? = json["position"] { place = number }
            return try edit(call, id, .add(Dashboard.Tile(json), at: place), status: .created)
        case (.DELETE, "dashboards", let id?, "tiles", 4): return try edit(call, id, .remove(parts[3]))
        case (.PATCH, "dashboards", let id?, "tiles", 4) where parts[3] == "order":
            return try edit(call, id, .order(body(call)["order"]))
        case (.PATCH, "dashboards", let id?, "tiles", 4): return try edit(call, id, .update(parts[3], body(call)))
        default: return nil
        }
    }

    // MARK: Who asks

    /// The tenant of a Bearer: a token of a tenant's user, or a token or key of ours. `X-Tenant-Id`, where it is sent, must name it.
    static func tenant(_ call: Call) throws(KitError) -> String {
        let text = try call.bearer()
        let authenticator = call.services.authenticator
        let identity =
            switch Credential.bearer(text) {
            case .token: try authenticator.dashboardIdentity(text, now: call.now)
            case let other: try authenticator.callerIdentity(other, now: call.now)
            }
        guard let tenant = identity.organization else { throw KitError(.forbidden, "the token names no tenant") }
        let own = call.services.directory.organization
        if let named = call.request.head.headers.first(name: "x-tenant-id"), named != tenant,
            !(tenant == own.id && named == own.tenant)
        {
            throw KitError(.forbidden, "X-Tenant-Id names another tenant than the token")
        }
        return tenant
    }

    // MARK: What is asked

    private static func metrics(_ entity: String, _ call: Call) throws -> EventLoopFuture<HTTPResponse> {
        let tenant = call.services.protocols.key(of: try tenant(call))
        let report = try call.services.dashboards.report(
            on: entity, of: tenant, links: call.services.links, from: call.server.shard
        ).get()
        return call.answer(data(["entityId": .string(entity), "metrics": report.values]))
    }

    private static func create(_ call: Call) throws -> EventLoopFuture<HTTPResponse> {
        let tenant = try tenant(call)
        let json = try body(call)
        guard case .string(let entity)? = json["entityId"], (1...256).contains(entity.utf8.count) else {
            throw AnalyticsError(.invalidTile, "entityId must be a text of 1 to 256 bytes")
        }
        var dashboard = Dashboard.usual(of: entity)
        // A foreign or absent one is none to make a dashboard for.
        _ = try call.services.dashboards.report(
            on: entity, of: call.services.protocols.key(of: tenant), links: call.services.links,
            from: call.server.shard
        ).get()
        let id: String
        switch json["id"] {
        case .string(let text) where Metric.isName(text): id = text
        case nil, .null: id = "dash-\(SocketIOID.make().prefix(12))"
        default: throw AnalyticsError(.invalidTile, "id must be 1 to 64 of letters, digits and _-.:")
        }
        dashboard = Dashboard(id: id, entity: entity, title: entity, tiles: dashboard.tiles)
        if case .string(let title)? = json["title"], title.utf8.count <= 256 { dashboard.title = title }
        return call.services.dashboards.create(dashboard, tenant: tenant, on: call.services.home)
            .hop(to: call.server.loop).map { data($0.json, status: .created) }
    }

    private static func edit(
        _ call: Call, _ id: String, _ edit: DashboardEdit, status: HTTPResponseStatus = .ok
    ) throws -> EventLoopFuture<HTTPResponse> {
        call.services.dashboards.edit(
            id, tenant: try tenant(call), links: call.services.links, on: call.services.home, edit
        ).hop(to: call.server.loop).map { data($0.json, status: status) }
    }

    private static func body(_ call: Call) throws(KitError) -> JSON {
        let json = try JSON(parsing: Array(call.request.body.readableBytesView))
        guard case .object = json else { throw KitError(.invalid, "the body must be a JSON object") }
        return json
    }

    // MARK: Answers

    private static func data(_ json: JSON, status: HTTPResponseStatus = .ok) -> HTTPResponse {
        HTTPResponse(status: status, plain: ["data": json])
    }

    private static func answer(to error: any Error) -> HTTPResponse {
        switch error {
        case let error as AnalyticsError:
            let status = HTTPResponseStatus(statusCode: error.code.status)
            return HTTPResponse(
                status: status,
                plain: [
                    "error": [
                        "code": .string("ANALYTICS_\(error.code.rawValue)"), "message": .string(error.message),
                        "http": .int(error.code.status),
                    ]
                ])
        case let error as KitError:
            let status = HTTPResponse.status(of: error.code)
            return HTTPResponse(
                status: status,
                plain: [
                    "error": [
                        "code": .string(error.code.wireName), "message": .string(error.message),
                        "http": .int(Int(status.code)),
                    ]
                ])
        default:
            return answer(to: KitError(.internal, "something failed here; the log has the reason"))
        }
    }

    /// What the caller named the request by comes back; otherwise a name is made up.
    private static func tagged(_ response: HTTPResponse, _ id: String?) -> HTTPResponse {
        var response = response
        let isPlain = id.map { $0.utf8.count <= 128 && $0.utf8.allSatisfy { (0x21...0x7E).contains($0) } } ?? false
        response.headers.append(("X-Request-Id", isPlain ? id ?? "" : SocketIOID.make()))
        return response
    }
}
