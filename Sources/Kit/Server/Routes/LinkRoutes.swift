import NIOCore
import NIOHTTP1

/// `/api/v1/urls`.
enum LinkRoutes {
    private struct Creation: Decodable {
        let originalUrl: String
        let customAlias: String?
    }

    /// Random codes tried before giving up.
    private static let attempts = 5

    /// Answers 201 once the link is durable: from then on it survives kill -9 and power loss.
    static func create(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        let caller = try call.caller()
        guard let owner = call.services.directory.user(caller.user) else {
            throw KitError(.unauthorized, "the token's user does not exist")
        }
        let creation = try call.body(Creation.self)
        let destination = try Destination(creation.originalUrl)
        try DestinationRule(call.services.configuration, baseURL: call.services.baseURL).check(destination)
        let (code, key) = try reserve(creation.customAlias, call.services)
        let link = Link(
            id: .random(), key: key, code: code, destination: destination, owner: owner.id, ownerKey: owner.key,
            isCustom: creation.customAlias != nil, isActive: true, createdAt: call.now)
        return call.services.recorder.apply(.link(link), on: call.server.loop)
            .map {
                call.services.links.confirm(link)
                call.services.sequencer.publish(.created(link))
                call.services.linkNotifications.created(link, on: call.services.home)
                return HTTPResponse(status: .created, view(of: link, call.services))
            }
            .flatMapErrorThrowing { error in
                call.services.links.release(code)
                throw error
            }
    }

    private static func reserve(_ alias: String?, _ services: Services) throws(KitError) -> (ShortCode, key: Int) {
        if let alias {
            let code = try ShortCode(alias)
            guard !code.isReserved else {
                throw KitError(.conflict, "\(alias) is a path of the server; choose another code")
            }
            guard let key = services.links.reserve(code) else {
                throw KitError(.conflict, "\(alias) is taken; choose another code")
            }
            return (code, key)
        }
        for _ in 0..<attempts {
            let code = services.codes.next()
            if !code.isReserved, let key = services.links.reserve(code) { return (code, key) }
        }
        throw KitError(.internal, "no free code was found in \(attempts) tries")
    }

    private static func view(of link: Link, _ services: Services) -> JSON {
        [
            "id": .string(link.id.description), "shortCode": .string(link.code.description),
            "shortUrl": .string("\(services.baseURL)/\(link.code)"),
            "originalUrl": .string(link.destination.description),
            "isCustomAlias": .bool(link.isCustom), "isActive": .bool(link.isActive),
            "createdAt": .string(link.createdAt.secondsDescription),
            "totalClicks": .int(Int(services.sequencer.head(of: .link(Int32(link.key))).number)),
            // No QR codes yet; clients of the original take an empty string for a failed one.
            "qrCodeBase64": "",
        ]
    }
}
