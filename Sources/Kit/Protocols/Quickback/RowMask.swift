/// How a field is made unreadable for those who may not see it.
///
/// A character is a Unicode scalar here: as grapheme clusters, a combining mark behind the `@` would hide the `@`.
enum RowMask: String, CaseIterable, Sendable {
    case email, phone, ssn, creditCard, name, redact

    /// - Returns: `value` as it is when there is nothing to mask: no string, or an empty one. `redact` hides that too.
    func apply(to value: JSON) -> JSON {
        if self == .redact { return "[REDACTED]" }
        guard case .string(let text) = value, !text.isEmpty else { return value }
        return .string(apply(to: text))
    }

    private func apply(to text: String) -> String {
        switch self {
        case .email: Self.email(text)
        case .phone, .ssn, .creditCard: Self.digits(text)
        case .name: Self.name(text)
        case .redact: "[REDACTED]"
        }
    }

    /// `paul@example.com` → `p***@e******.com`. The last `@` and the last dot behind it count; without both, or with
    /// nothing behind the dot, it is no address and stays as it is.
    private static func email(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let at = scalars.lastIndex(of: "@") else { return text }
        let domain = scalars[scalars.index(after: at)...]
        guard let dot = domain.lastIndex(of: "."), domain.index(after: dot) < domain.endIndex else { return text }
        return "\(starred(scalars[..<at]))@\(starred(domain[..<dot]))\(String(domain[dot...]))"
    }

    /// `555-123-4567` → `******4567`. Only ASCII digits are kept; fewer than four, and the text stays as it is.
    private static func digits(_ text: String) -> String {
        let digits = text.utf8.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard digits.count >= 4 else { return text }
        return stars(digits.count - 4) + String(decoding: digits.suffix(4), as: UTF8.self)
    }

    /// `John Doe` → `J*** D**`. Spaces stay, however many.
    private static func name(_ text: String) -> String {
        text.unicodeScalars.split(separator: " ", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : starred($0) }.joined(separator: " ")
    }

    /// The first character and a star for each other, at least one.
    private static func starred(_ part: Substring.UnicodeScalarView) -> String {
        String(part.prefix(1)) + stars(max(part.count - 1, 1))
    }

    private static func stars(_ count: Int) -> String { String(repeating: "*", count: count) }
}
