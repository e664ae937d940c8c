/// An error in Quickback's words: which layer refused, a stable code, and what to do.
struct QuickbackError {
    let layer: String
    let code: String
    let message: String
    private var fields: [(name: String, reason: String)] = []

    /// - Parameter fields: What is wrong with the body, by field.
    init(_ error: KitError, fields: [(name: String, reason: String)] = []) {
        self.fields = fields
        message = error.message
        (layer, code) =
            switch error.code {
            case .unauthorized, .wrongPassword: ("authentication", "AUTH_INVALID_TOKEN")
            case .expired: ("authentication", "AUTH_EXPIRED")
            case .limitExceeded: ("authentication", "AUTH_RATE_LIMITED")
            case .forbidden: ("firewall", "FIREWALL_ORG_ISOLATION")
            case .invalid, .invalidURL, .tooLarge: ("validation", "VALIDATION_FAILED")
            case .notFound, .conflict, .emailTaken, .inactive: ("guards", "NOT_FOUND")
            case .unavailable, .unwritable, .internal: ("internal", "INTERNAL_ERROR")
            }
    }

    init(layer: String, code: String, _ message: String) {
        (self.layer, self.code, self.message) = (layer, code, message)
    }

    static let missing = QuickbackError(
        layer: "authentication", code: "AUTH_MISSING",
        "this needs the header Authorization: Bearer with a session token")
    static let withoutOrganization = QuickbackError(
        layer: "access", code: "ACCESS_NO_ORG", "the session's user belongs to no organization")

    var json: JSON {
        var members: [(String, JSON)] = [
            ("error", .string(message)), ("layer", .string(layer)), ("code", .string(code)), ("hint", .string(hint)),
        ]
        if !fields.isEmpty {
            members.append(
                ("details", ["fields": .object(.init(fields.map { ($0.name, .string($0.reason)) }))]))
        }
        return .object(.init(members))
    }

    private var hint: String {
        switch code {
        case "AUTH_MISSING", "AUTH_INVALID_TOKEN": "Sign in again and send its token."
        case "AUTH_EXPIRED": "Get a new ticket, or sign in again."
        case "AUTH_RATE_LIMITED": "Wait a minute; a ticket can be used until it expires."
        case "FIREWALL_ORG_ISOLATION", "ACCESS_NO_ORG": "Use an organization you are a member of."
        default: "See the documentation of this address."
        }
    }
}
