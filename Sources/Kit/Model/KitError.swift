/// The one error type that leaves Kit: a stable code, a message for whoever asked, a cause for the log.
public struct KitError: Error, Sendable {
    public enum Code: String, CaseIterable, Sendable {
        case invalid, invalidURL, unauthorized, expired, forbidden, notFound, conflict, inactive, tooLarge
        case limitExceeded, unavailable, unwritable, `internal`
        case wrongPassword, emailTaken
    }

    public let code: Code
    /// No secrets and no internals; says what to do when there is something to do.
    public let message: String
    /// Logged, never sent.
    public let cause: (any Error)?
    /// Whole seconds after which it may go better, where that is known.
    public var retryAfter: Int?

    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

extension KitError.Code {
    /// The code of the REST API's error envelope: a contract with its clients.
    public var wireName: String {
        switch self {
        case .invalid: "VALIDATION_ERROR"
        case .invalidURL: "INVALID_URL"
        case .unauthorized: "AUTH_TOKEN_INVALID"
        case .expired: "AUTH_TOKEN_EXPIRED"
        case .forbidden: "FORBIDDEN"
        case .notFound: "URL_NOT_FOUND"
        case .conflict: "ALIAS_TAKEN"
        case .inactive: "URL_INACTIVE"
        case .tooLarge: "PAYLOAD_TOO_LARGE"
        case .limitExceeded: "RATE_LIMIT_EXCEEDED"
        case .wrongPassword: "AUTH_INVALID_CREDENTIALS"
        case .emailTaken: "AUTH_EMAIL_TAKEN"
        case .unavailable, .unwritable, .internal: "INTERNAL_ERROR"
        }
    }
}

extension KitError {
    /// One address asks for more redirects in a second than this server gives.
    static var tooManyRedirects: KitError {
        var error = KitError(.limitExceeded, "too many redirects from this address; try again in a second")
        error.retryAfter = 1
        return error
    }
}

extension KitError: CustomStringConvertible {
    public var description: String { message }
}
