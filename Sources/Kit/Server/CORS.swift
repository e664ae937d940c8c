import NIOHTTP1

/// Cross-origin headers for pages of the allowed origins (Fetch standard §3.2).
enum CORS {
    static func headers(for head: HTTPRequestHead, _ rule: OriginRule) -> [(name: String, value: String)] {
        guard let origin = head.headers.first(name: "origin") else { return [] }
        guard rule.allows(origin, host: head.headers.first(name: "host") ?? "") else { return [("Vary", "Origin")] }
        return [
            ("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true"), ("Vary", "Origin"),
            ("Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE"),
            ("Access-Control-Allow-Headers", "Authorization, Content-Type"), ("Access-Control-Max-Age", "600"),
        ]
    }
}
