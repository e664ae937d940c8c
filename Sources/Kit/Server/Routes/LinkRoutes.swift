import NIOCore
import NIOHTTP1

/// `/api/v1/urls`. A link that is absent and one of someone else are refused alike.
enum LinkRoutes {
    /// Random codes tried before giving up.
    private static let attempts = 5

    /// Answers 201 once the link is durable: from then on it survives kill -9 and power loss.
    static func create(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        let (caller, owner) = try owner(call)
        let body = try call.json()
        let change = try LinkChange(body, now: call.now)
        guard let destination = change.destination else { throw KitError(.invalid, "originalUrl is missing") }
        try check(destination, call)
        let alias = try text("customAlias", of: body)
        if !caller.isAdmin {
            try call.services.createLimit.check(
                owner.id, now: call.now, "more links in a minute than this server takes; try again later")
        }
        let (code, key) = try reserve(alias, for: owner.key, call.services)
        var link = Link(
            id: .random(), key: key, code: code, destination: destination, owner: owner.id, ownerKey: owner.key,
            isCustom: alias != nil, isActive: true, createdAt: call.now)
        change.apply(to: &link)
        let made = link
        return call.services.recorder.apply(.link(made), on: call.server.loop)
            .map {
                call.services.links.confirm(made)
                call.services.sequencer.publish(.created(made))
                call.services.linkNotifications.created(made, on: call.services.home)
                return HTTPResponse(status: .created, LinkView.json(LinkTable.Entry(made), call))
            }
            .flatMapErrorThrowing { error in
                call.services.links.release(code)
                throw error
            }
    }

    /// The caller's links, newest first: `page`, `limit`, `search`, `isActive`, `tag`. As in the original, a page or limit that is none
    /// is the first one, or 20.
    static func list(_ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        let (_, owner) = try owner(call)
        let page = call.query("page").flatMap(Int.init).flatMap { (1...1_000_000_000).contains($0) ? $0 : nil } ?? 1
        let limit = min(call.query("limit").flatMap(Int.init).flatMap { $0 > 0 ? $0 : nil } ?? 20, 100)
        var query = LinkQuery(owner: owner.key, search: call.query("search"), limit: limit)
        query.offset = (page - 1) * limit
        query.isActive = try flag("isActive", call)
        query.tag = try call.query("tag").map { text throws(KitError) in try Tag(text) }
        return call.services.reader.links(query, on: call.server.loop).map { found in
            let entries = entries(found.codes, of: owner, call)
            // The totals and the place in the owner's feed at one moment: whoever counts the events behind it stays exact.
            let heads = call.services.sequencer.heads(
                of: [.owner(Int32(owner.key))] + entries.map { .link(Int32($0.link.key)) })
            return HTTPResponse(
                .array(zip(entries, heads.dropFirst()).map { LinkView.json($0, clicks: $1.number, call) }),
                meta: [
                    "page": .int(page), "limit": .int(limit), "total": .int(found.total),
                    "totalPages": .int((found.total + limit - 1) / limit),
                    "position": .string(heads[0].description),
                ])
        }
    }

    /// As they are now; one that was deleted meanwhile is left out.
    static func entries(_ codes: [ShortCode], of owner: User, _ call: Call) -> [LinkTable.Entry] {
        codes.compactMap { call.services.links.entry($0) }.filter { $0.link.ownerKey == owner.key }
    }

    static func checkAlias(_ call: Call) throws(KitError) -> HTTPResponse {
        let (_, owner) = try owner(call)
        guard let alias = call.query("alias") else { throw KitError(.invalid, "alias is missing") }
        let code = try? ShortCode(alias)
        let isFree = code.map { !$0.isReserved && call.services.links.isFree($0, for: owner.key) } ?? false
        return HTTPResponse(["alias": .string(alias), "available": .bool(isFree)])
    }

    static func get(_ code: String, _ call: Call) throws(KitError) -> HTTPResponse {
        let (_, owner) = try owner(call)
        return HTTPResponse(LinkView.json(try entry(code, of: owner, call), call))
    }

    /// Any of `originalUrl`, `isActive`, `expiresAt`, `maxClicks` and `tags`; works from the next redirect on.
    static func change(_ id: String, _ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        let (_, owner) = try owner(call)
        let change = try LinkChange(try call.json(), now: call.now)
        guard !change.isEmpty else {
            throw KitError(.invalid, "name what to change: originalUrl, isActive, expiresAt, maxClicks or tags")
        }
        if let destination = change.destination { try check(destination, call) }
        return apply(change, to: id, of: owner, call).map { HTTPResponse(LinkView.json($0, call)) }
    }

    static func setActive(_ id: String, _ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        let (_, owner) = try owner(call)
        guard case .bool(let isActive)? = try call.json()["isActive"] else {
            throw KitError(.invalid, "isActive must be true or false")
        }
        let change = try LinkChange(["isActive": .bool(isActive)], now: call.now)
        return apply(change, to: id, of: owner, call).map { _ in HTTPResponse(.null) }
    }

    static func delete(_ id: String, _ call: Call) throws(KitError) -> EventLoopFuture<HTTPResponse> {
        let (_, owner) = try owner(call)
        return find(id, of: owner, call).flatMap { entry in
            call.services.recorder.apply(.deleted(entry.link, at: call.now), on: call.server.loop).map {
                call.services.links.remove(entry.link)
                return HTTPResponse(.null)
            }
        }
    }

    private static func apply(
        _ change: LinkChange, to id: String, of owner: User, _ call: Call
    ) -> EventLoopFuture<LinkTable.Entry> {
        let links = call.services.links
        return find(id, of: owner, call).flatMapThrowing { entry in
            let clicks = call.services.sequencer.head(of: .link(Int32(entry.link.key))).number
            guard let changed = links.change(entry.link.code, clicks: clicks, change.apply) else { throw forbidden }
            return (entry.link, changed)
        }.flatMap { (before: Link, changed: Link) in
            call.services.recorder.apply(.changed(changed), on: call.server.loop).flatMapErrorThrowing { error in
                // What is not durable is not so: back to what it was, unless someone else has changed it since.
                _ = links.change(changed.code, clicks: 0) { link in
                    if link.revision == changed.revision { link.takeTerms(of: before) }
                }
                throw error
            }.flatMapThrowing {
                guard let entry = links.entry(changed.code) else { throw forbidden }
                return entry
            }
        }
    }

    // MARK: Who and which

    static func owner(_ call: Call) throws(KitError) -> (Identity, User) {
        let caller = try call.caller()
        guard let user = call.services.directory.user(caller.user) else {
            throw KitError(.unauthorized, "the token's user does not exist")
        }
        return (caller, user)
    }

    private static var forbidden: KitError { KitError(.forbidden, "no link of yours is meant by this") }

    static func entry(_ code: String, of owner: User, _ call: Call) throws(KitError) -> LinkTable.Entry {
        guard let code = try? ShortCode(code), let entry = call.services.links.entry(code),
            entry.link.ownerKey == owner.key
        else { throw forbidden }
        return entry
    }

    private static func find(_ id: String, of owner: User, _ call: Call) -> EventLoopFuture<LinkTable.Entry> {
        guard let id = LinkID(id) else { return call.server.loop.makeFailedFuture(forbidden) }
        return call.services.reader.code(of: id, on: call.server.loop).flatMapThrowing { code in
            guard let code, let entry = call.services.links.entry(code), entry.link.id == id,
                entry.link.ownerKey == owner.key
            else { throw forbidden }
            return entry
        }
    }

    private static func check(_ destination: Destination, _ call: Call) throws(KitError) {
        try DestinationRule(call.services.configuration, baseURL: call.services.baseURL).check(destination)
    }

    private static func flag(_ name: String, _ call: Call) throws(KitError) -> Bool? {
        switch call.query(name) {
        case nil: nil
        case "true": true
        case "false": false
        default: throw KitError(.invalid, "\(name) must be true or false")
        }
    }

    private static func text(_ name: String, of body: JSON) throws(KitError) -> String? {
        switch body[name] {
        case nil, .null: nil
        case .string(let text): text
        default: throw KitError(.invalid, "\(name) has the wrong type")
        }
    }

    private static func reserve(
        _ alias: String?, for owner: Int, _ services: Services
    ) throws(KitError) -> (ShortCode, key: Int) {
        if let alias {
            let code = try ShortCode(alias)
            guard !code.isReserved else {
                throw KitError(.conflict, "\(alias) is a path of the server; choose another code")
            }
            guard let key = services.links.reserve(code, for: owner) else {
                throw KitError(.conflict, "\(alias) is taken; choose another code")
            }
            return (code, key)
        }
        for _ in 0..<attempts {
            let code = services.codes.next()
            if !code.isReserved, let key = services.links.reserve(code, for: owner) { return (code, key) }
        }
        throw KitError(.internal, "no free code was found in \(attempts) tries")
    }
}

extension Link {
    /// Everything of another one that can be changed.
    fileprivate mutating func takeTerms(of other: Link) {
        (destination, isActive, expiresAt) = (other.destination, other.isActive, other.expiresAt)
        (maxClicks, tags) = (other.maxClicks, other.tags)
    }
}
