import ArgumentParser
import Glibc
import Kit

/// What the program's end says to scripts.
enum ExitStatus: Int32, Error {
    case failed = 1
    case usage = 64
    case badInput = 65
    case inputUnreadable = 66
    case unreachable = 69
    case internalError = 70
    case outputNotWritable = 73
    /// `subscribe` ended without what it waited for.
    case incomplete = 75
    case refused = 77
    case hungUp = 129
    case interrupted = 130
    case terminated = 143

    /// The only table from errors to exit statuses.
    init(_ code: KitError.Code) {
        self =
            switch code {
            case .invalid, .invalidURL, .tooLarge: .badInput
            case .unauthorized, .expired, .forbidden, .wrongPassword: .refused
            case .notFound, .conflict, .emailTaken, .inactive, .limitExceeded: .failed
            case .unavailable: .unreachable
            case .internal: .internalError
            case .unwritable: .outputNotWritable
            }
    }

    /// What a program ended by this signal says.
    init(signal: Int32) {
        self =
            switch signal {
            case SIGTERM: .terminated
            case SIGHUP: .hungUp
            default: .interrupted
            }
    }

    /// Says what went wrong on stderr, in one line, and ends the program.
    static func end(with error: any Error) -> Never {
        switch error {
        case let status as ExitStatus: exit(status.rawValue)
        case let error as KitError:
            report(error)
            exit(ExitStatus(error.code).rawValue)
        case let error as SystemError:
            Terminal.complain("quikko: \(error)")
            exit(error == .interrupted ? ExitStatus.interrupted.rawValue : ExitStatus.failed.rawValue)
        case is CancellationError: exit(ExitStatus.interrupted.rawValue)
        default:
            // Help, version and usage: the parser knows its streams and statuses.
            Quikko.exit(withError: error)
        }
    }

    /// One error, as text or, with JSON output, as JSON with the code the HTTP API uses.
    static func report(_ error: KitError) {
        let asksForJSON = zip(CommandLine.arguments, CommandLine.arguments.dropFirst()).contains { flag, value in
            (flag == "-o" || flag == "--output") && (value == "json" || value == "ndjson")
        }
        let isJSON = asksForJSON || CommandLine.arguments.contains { $0 == "--output=json" || $0 == "--output=ndjson" }
        guard isJSON else { return Terminal.complain("quikko: \(Terminal.printable(error.message))") }
        let json: JSON = ["error": ["code": .string(error.code.wireName), "message": .string(error.message)]]
        Terminal.complain(json.text)
    }
}
