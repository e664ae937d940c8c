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
        default: throw KitError(.invalid, "kind must be broadcast or change")
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
}
