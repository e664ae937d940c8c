/// What is known of who clicked: six bytes, no address and no user agent.
public struct ClickDetails: Sendable, Hashable {
    public var country: Country
    public var device: Device
    public var browser: Browser
    /// Programs that fetch links by themselves. They are counted like everyone else and can be told apart.
    public var isBot: Bool
    /// A bot that wants to show what is behind a link, where somebody has written it.
    public var isPreview: Bool

    public init(
        country: Country = .unknown, device: Device = .unknown, browser: Browser = .unknown, isBot: Bool = false,
        isPreview: Bool = false
    ) {
        self.country = country
        self.device = device
        self.browser = browser
        self.isBot = isBot || isPreview
        self.isPreview = isPreview
    }
}

/// An ISO 3166-1 alpha-2 country, or unknown. The two letters are kept in one word.
public struct Country: Sendable, Hashable, CustomStringConvertible {
    public static let unknown = Country(code: 0)
    private let code: UInt16

    private init(code: UInt16) { self.code = code }

    /// Two letters in either case; nil for anything else, and for `XX`, which proxies send when they do not know.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 2, let first = bytes.first, let last = bytes.dropFirst().first else { return nil }
        let upper = (first & 0xdf, last & 0xdf)
        guard (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(upper.0),
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(upper.1),
            upper != (UInt8(ascii: "X"), UInt8(ascii: "X"))
        else { return nil }
        code = UInt16(upper.0) << 8 | UInt16(upper.1)
    }

    public init?(_ text: String) { self.init(text.utf8) }

    public var isKnown: Bool { code != 0 }

    /// The two letters, when the country is known.
    var letters: (UInt8, UInt8) { (UInt8(code >> 8), UInt8(code & 0xff)) }

    public var description: String {
        isKnown ? String(decoding: [letters.0, letters.1], as: UTF8.self) : "unknown"
    }
}

/// The kind of device, as the original dashboard names them.
public enum Device: UInt8, Sendable, CaseIterable {
    case unknown, desktop, mobile, tablet

    public var name: StaticString {
        switch self {
        case .unknown: "unknown"
        case .desktop: "desktop"
        case .mobile: "mobile"
        case .tablet: "tablet"
        }
    }

    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ("\($0.name)", $0) })
    /// The device a log calls so; `.unknown` for a name this program does not know.
    init(named name: String) { self = Self.byName[name] ?? .unknown }
}

/// The browser family.
public enum Browser: UInt8, Sendable, CaseIterable {
    case unknown, chrome, firefox, safari, edge, opera, samsung, vivaldi, curl, bot

    public var name: StaticString {
        switch self {
        case .unknown: "unknown"
        case .chrome: "Chrome"
        case .firefox: "Firefox"
        case .safari: "Safari"
        case .edge: "Edge"
        case .opera: "Opera"
        case .samsung: "Samsung Internet"
        case .vivaldi: "Vivaldi"
        case .curl: "curl"
        case .bot: "bot"
        }
    }

    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ("\($0.name)", $0) })
    /// The browser a log calls so; `.unknown` for a name this program does not know.
    init(named name: String) { self = Self.byName[name] ?? .unknown }
}
