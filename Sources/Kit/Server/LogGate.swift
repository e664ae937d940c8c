import Logging

/// Lets a few lines a second into the log and says how many it kept back. Confined to its loop.
struct LogGate {
    /// Lines in one second at most.
    static let rate = 10

    private let log: Logger
    private var second: Int64 = 0
    private var passed = 0
    private var suppressed = 0

    init(_ log: Logger) { self.log = log }

    mutating func notice(
        _ message: Logger.Message, _ metadata: @autoclosure () -> Logger.Metadata, now: Timestamp = .now
    ) {
        if now.seconds != second { (second, passed) = (now.seconds, 0) }
        guard passed < Self.rate else {
            suppressed += 1
            return
        }
        passed += 1
        var metadata = metadata()
        if suppressed > 0 { metadata["suppressed"] = "\(exchange(&suppressed, with: 0))" }
        log.notice(message, metadata: metadata)
    }
}
