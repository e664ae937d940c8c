import Kit

extension Record {
    static let linkFields = [
        "id", "shortCode", "shortUrl", "originalUrl", "isCustomAlias", "isActive", "createdAt", "totalClicks", "status",
        "expiresAt", "maxClicks", "tags",
    ]

    /// A link; in a pipe a line of tab-separated fields: code, clicks, status, destination.
    init(_ link: APIClient.LinkAnswer) {
        let status = link.status ?? (link.isActive ? "active" : "paused")
        self.init(
            fields: Self.fields(link),
            line: "\(link.shortCode)  \(link.totalClicks) clicks  \(status)  \(Terminal.printable(link.originalUrl))",
            plain: [link.shortCode, "\(link.totalClicks)", status, link.originalUrl].joined(separator: "\t"),
            identifier: link.shortCode)
    }

    static func fields(_ link: APIClient.LinkAnswer) -> [(name: String, value: JSON)] {
        [
            ("id", .string(link.id)), ("shortCode", .string(link.shortCode)), ("shortUrl", .string(link.shortUrl)),
            ("originalUrl", .string(link.originalUrl)), ("isCustomAlias", .bool(link.isCustomAlias)),
            ("isActive", .bool(link.isActive)), ("createdAt", .string(link.createdAt)),
            ("totalClicks", .int(link.totalClicks)), ("status", link.status.map(JSON.string) ?? .null),
            ("expiresAt", link.expiresAt.map(JSON.string) ?? .null),
            ("maxClicks", link.maxClicks.map(JSON.int) ?? .null),
            ("tags", .array((link.tags ?? []).map(JSON.string))),
        ]
    }
}
