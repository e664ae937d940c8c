/// What dashboards' clients are told when something is wrong: upstream's codes (docs.eventzr.com, error codes).
struct AnalyticsError: Error, Equatable {
    enum Code: Int, Sendable {
        case metricNotFound = 1000
        case invalidMetricType = 1001
        /// Of subscriptions, and of how fast they are asked for, in sockets.
        case limitExceeded = 1004
        case dashboardNotFound = 1100
        case dashboardExists = 1101
        case tileLimit = 1102
        case invalidTile = 1103

        /// The status over HTTP.
        var status: Int {
            switch self {
            case .metricNotFound, .dashboardNotFound: 404
            case .dashboardExists: 409
            case .invalidMetricType, .limitExceeded, .tileLimit, .invalidTile: 400
            }
        }
    }

    let code: Code
    let message: String

    init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }

    /// What is not there, what is another tenant's and what cannot be: one answer.
    static let notFound = AnalyticsError(.dashboardNotFound, "The requested dashboard was not found")

    var json: JSON { ["code": .string("ANALYTICS_\(code.rawValue)"), "message": .string(message)] }
}
