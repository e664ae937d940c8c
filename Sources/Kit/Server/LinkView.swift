/// A link as the REST API shows it.
enum LinkView {
    static let names = [
        "id", "shortCode", "shortUrl", "originalUrl", "isCustomAlias", "isActive", "createdAt", "totalClicks",
        "qrCodeBase64", "status", "expiresAt", "maxClicks", "tags",
    ]

    /// - Parameter clicks: Its total, where it was read with others; otherwise as it is now.
    static func json(_ entry: LinkTable.Entry, clicks: Int64? = nil, _ call: Call) -> JSON {
        let link = entry.link
        return [
            "id": .string(link.id.description), "shortCode": .string(link.code.description),
            "shortUrl": .string("\(call.services.baseURL)/\(link.code)"),
            "originalUrl": .string(link.destination.description),
            "isCustomAlias": .bool(link.isCustom), "isActive": .bool(link.isActive),
            "createdAt": .string(link.createdAt.secondsDescription),
            "totalClicks": .int(Int(clicks ?? call.services.sequencer.head(of: .link(Int32(link.key))).number)),
            // No QR codes yet; clients of the original take an empty string for a failed one.
            "qrCodeBase64": "",
            "status": .string(status(of: entry, now: call.now)),
            "expiresAt": link.expiresAt.map { .string($0.secondsDescription) } ?? .null,
            "maxClicks": link.maxClicks.map(JSON.int) ?? .null,
            "tags": .array(link.tags.map { .string($0.description) }),
        ]
    }

    /// `active`, or why it does not redirect.
    static func status(of entry: LinkTable.Entry, now: Timestamp) -> String {
        if !entry.link.isActive { return "paused" }
        if !entry.isOpen(at: now) { return "expired" }
        return entry.budget?.isSpent == true ? "exhausted" : "active"
    }
}
