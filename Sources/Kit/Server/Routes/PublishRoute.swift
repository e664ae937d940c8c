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
        default: throw KitError(.invalid, "kind must be broadcast, change or notification")
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
