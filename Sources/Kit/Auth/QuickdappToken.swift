/// What the token of a QuickDapp account says. The account need not be known here.
struct QuickdappToken: Sendable, Equatable {
    let account: AccountID
    let expiresAt: Timestamp
    private let id: String?
    private let issuedAt: Timestamp?

    /// Until the year 9999.
    private static let seconds = 0...253_402_300_799

    /// What it can be revoked by.
    func proof(of text: String) -> Proof { Proof(id: id, text: text, issuedAt: issuedAt) }

    /// Reads verified claims: `type` must be `auth` and `userId` a whole number but 0; what else they say does not matter.
    ///
    /// - Parameter now: Nil reads them whenever they are good.
    /// - Throws: `.expired` when only the time is wrong, `.unauthorized` when something is missing or has the wrong type.
    init(_ json: [UInt8], now: Timestamp?) throws(KitError) {
        guard let claims = try? JSON(parsing: json), claims["type"] == "auth",
            case .int(let account)? = claims["userId"], account != 0,
            let expiry = Self.moment(claims["exp"])
        else { throw TokenKey.refused }
        self.account = account
        expiresAt = expiry
        if case .string(let text)? = claims["jti"], !text.isEmpty { id = text } else { id = nil }
        if case .int(let milliseconds)? = claims["iatMs"], Self.seconds.contains(milliseconds / 1_000) {
            issuedAt = Timestamp(microseconds: Int64(milliseconds) * 1_000)
        } else {
            issuedAt = Self.moment(claims["iat"])
        }
        guard let now else { return }
        if let begin = claims["nbf"] {
            guard let begin = Self.moment(begin), begin <= now else { throw TokenKey.refused }
        }
        guard expiresAt > now else { throw KitError(.expired, "the token has expired; sign in again") }
    }

    /// Some libraries write fractions of a second.
    private static func moment(_ value: JSON?) -> Timestamp? {
        switch value {
        case .int(let number) where seconds.contains(number): Timestamp(seconds: Int64(number))
        case .double(let number) where number >= 0 && number <= Double(seconds.upperBound):
            Timestamp(seconds: Int64(number))
        case .number(let letters):
            Double(letters).flatMap {
                $0 >= 0 && $0 <= Double(seconds.upperBound) ? Timestamp(seconds: Int64($0)) : nil
            }
        default: nil
        }
    }
}
