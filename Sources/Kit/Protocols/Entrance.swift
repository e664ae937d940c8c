/// Where a connection comes in: at the address all protocols share, or at a port one of the originals has.
///
/// The only list of such ports. What each answers over HTTP is `Entrance.respond`.
public enum Entrance: String, CaseIterable, Sendable {
    /// Everything this server has.
    case shared
    /// Quickback's development server.
    case quickback
    case quickdapp

    /// What the original listens on; nil for the shared one, which is configured.
    public var originalPort: Int? {
        switch self {
        case .shared: nil
        case .quickback: 8_787
        case .quickdapp: 3_000
        }
    }

    /// Whose sockets open here.
    var protocols: [WireProtocol] {
        switch self {
        case .shared: WireProtocol.allCases
        case .quickback: [.quickback]
        case .quickdapp: [.quickdapp]
        }
    }

    /// Whether short codes lead somewhere.
    var hasLinks: Bool { self == .shared }

    /// Whether pages of every origin may call, as the original lets them.
    var welcomesEveryOrigin: Bool { self == .quickdapp }
}
