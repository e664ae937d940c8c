import Foundation

/// Universally unique identifiers (RFC 9562 §5.4), in lower case as PostgreSQL writes them.
enum UniversalID {
    static func random() -> String { UUID().uuidString.lowercased() }
}
