import NIOCore

/// Frames of QuickDapp: an envelope goes out as it is.
extension QuickdappServerCodec {
    static func encode(
        _ event: Event, for audience: Audience, in room: Room, into batch: inout ByteBuffer
    ) -> Bool {
        guard case .publication(let publication) = event else { return false }
        switch publication.kind {
        case .notification(let notification):
            batch.writeFrame(of: ["type": "notification_received", "data": notification.json])
        case .envelope(let message): batch.writeFrame(of: message)
        case .row, .broadcast, .metric, .dashboard: return false
        }
        return true
    }

    static func encode(_ notice: Notice, for audience: Audience, into batch: inout ByteBuffer) -> Bool { false }
}

extension AccountNotification {
    /// The five keys its clients know, on sockets and over HTTP.
    var json: JSON {
        [
            "id": .int(id), "userId": .int(account), "data": data,
            "createdAt": .string(createdAt.millisecondsDescription), "read": .bool(isRead),
        ]
    }
}
