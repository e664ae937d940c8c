import NIOCore

/// The protocols this server speaks; the only list of codecs in the program.
public enum WireProtocol: String, Sendable, CaseIterable {
    /// The original dashboard's WebSocket.
    case quikko
    /// Row changes and broadcasts of an organization.
    case quickback
    /// Notifications of a user, in every open tab.
    case quickdapp
    /// Dashboards of a tenant, over Socket.IO.
    case socketio

    var serverCodec: any ServerCodec.Type {
        switch self {
        case .quikko: QuikkoServerCodec.self
        case .quickback: QuickbackServerCodec.self
        case .quickdapp: QuickdappServerCodec.self
        case .socketio: SocketIOServerCodec.self
        }
    }

    var clientCodec: any ClientCodec.Type {
        switch self {
        case .quikko: QuikkoClientCodec.self
        case .quickback: QuickbackClientCodec.self
        case .quickdapp: QuickdappClientCodec.self
        case .socketio: SocketIOClientCodec.self
        }
    }

    /// Writes the frame every subscriber of `audience` in `room` gets for `event`; false when the protocol has no word for it.
    @inline(__always)
    func encode(_ event: Event, for audience: Audience, in room: Room, into batch: inout ByteBuffer) -> Bool {
        switch self {
        case .quikko: QuikkoServerCodec.encode(event, for: audience, in: room, into: &batch)
        case .quickback: QuickbackServerCodec.encode(event, for: audience, in: room, into: &batch)
        case .quickdapp: QuickdappServerCodec.encode(event, for: audience, in: room, into: &batch)
        case .socketio: SocketIOServerCodec.encode(event, for: audience, in: room, into: &batch)
        }
    }

    func encode(_ notice: Notice, for audience: Audience, into batch: inout ByteBuffer) -> Bool {
        serverCodec.encode(notice, for: audience, into: &batch)
    }

    func farewell(returningAfter delay: Duration, to audience: Audience, into batch: inout ByteBuffer) -> CloseCode {
        serverCodec.farewell(returningAfter: delay, to: audience, into: &batch)
    }

    /// The protocol whose upgrade this is.
    static func claiming(
        _ request: UpgradeRequest, _ settings: ProtocolSettings, namesAccount: (String) -> Bool
    ) -> WireProtocol? {
        request.entrance.protocols.first { $0.serverCodec.claims(request, settings, namesAccount: namesAccount) }
    }
}
