/// Whether a page of some origin may open sockets or call the API. Programs that are no browser send no origin.
struct OriginRule {
    let allowed: [String]

    private let welcomesEvery: Bool

    init(_ configuration: ServerConfiguration, at entrance: Entrance) {
        allowed = configuration.allowedOrigins
        welcomesEvery = entrance.welcomesEveryOrigin
    }

    /// The server's own pages, those named, and callers without an origin; where the original lets every page in, every page.
    /// Whole origins are compared, never parts.
    func allows(_ origin: String?, host: String) -> Bool {
        guard !welcomesEvery, let origin = origin?.lowercased() else { return true }
        return origin == "http://\(host.lowercased())" || origin == "https://\(host.lowercased())"
            || allowed.contains(origin)
    }
}
