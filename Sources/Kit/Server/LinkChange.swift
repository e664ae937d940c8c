/// What a body says a link is to be: what it does not name stays as it is, and `null` takes an end away.
struct LinkChange: Sendable {
    var destination: Destination?
    var isActive: Bool?
    var expiresAt: Timestamp??
    var maxClicks: Int??
    var tags: [Tag]?

    /// - Throws: `.invalid` or `.invalidURL` saying which member is wrong.
    init(_ body: JSON, now: Timestamp) throws(KitError) {
        guard case .object(let members) = body else { throw KitError(.invalid, "the body must be a JSON object") }
        for (name, value) in members.members {
            switch (name, value) {
            case ("originalUrl", .string(let text)): destination = try Destination(text)
            case ("isActive", .bool(let value)): isActive = value
            case ("expiresAt", .null): expiresAt = .some(nil)
            case ("expiresAt", .string(let text)): expiresAt = .some(try Self.future(text, now))
            case ("maxClicks", .null): maxClicks = .some(nil)
            case ("maxClicks", .int(let count)) where (1...Link.mostClicks).contains(count): maxClicks = .some(count)
            case ("maxClicks", .int): throw KitError(.invalid, "maxClicks must be from 1 to \(Link.mostClicks)")
            case ("tags", .array(let values)): tags = try Tag.list(try values.map(Self.text))
            case ("originalUrl", _), ("isActive", _), ("expiresAt", _), ("maxClicks", _), ("tags", _):
                throw KitError(.invalid, "\(name) has the wrong type")
            default: continue
            }
        }
    }

    var isEmpty: Bool {
        destination == nil && isActive == nil && expiresAt == nil && maxClicks == nil && tags == nil
    }

    func apply(to link: inout Link) {
        if let destination { link.destination = destination }
        if let isActive { link.isActive = isActive }
        if let expiresAt { link.expiresAt = expiresAt }
        if let maxClicks { link.maxClicks = maxClicks }
        if let tags { link.tags = tags }
    }

    private static func text(_ value: JSON) throws(KitError) -> String {
        guard case .string(let text) = value else { throw KitError(.invalid, "tags must be texts") }
        return text
    }

    private static func future(_ text: String, _ now: Timestamp) throws(KitError) -> Timestamp {
        guard let time = Timestamp(text) else {
            throw KitError(.invalid, "expiresAt must be a time in UTC, such as 2030-01-31T12:00:00Z")
        }
        guard time > now else { throw KitError(.invalid, "expiresAt has passed") }
        return time
    }
}
