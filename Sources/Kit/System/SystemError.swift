import Glibc

/// Why something asked of the system came to nothing.
public enum SystemError: Error, Equatable, CustomStringConvertible {
    /// The user asked to stop; every child was ended first.
    case interrupted
    /// What happened, in words for whoever reads the table. Holds no key and no ticket.
    case failed(String)

    public var description: String {
        switch self {
        case .interrupted: "interrupted"
        case .failed(let reason): reason
        }
    }

    /// The system's own words for `code`, after what was being done.
    static func system(_ action: String, _ code: Int32) -> SystemError {
        .failed("\(action): \(String(cString: strerror(code)))")
    }
}
