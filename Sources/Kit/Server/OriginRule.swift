/// Whether a page of some origin may open sockets or call the API. Programs that are no browser send no origin.
struct OriginRule {
    let allowed: [String]

    init(_ configuration: ServerConfiguration) { allowed = configuration.allowedOrigins }

    /// The server's own pages, those named, and callers without an origin. Whole origins are compared, never parts.
    func allows(_ origin: String?, host: String) -> Bool {
        guard let origin = origin?.lowercased() else { return true }
        return origin == "http://\(host.lowercased())" || origin == "https://\(host.lowercased())"
            || allowed.contains(origin)
    }
}
