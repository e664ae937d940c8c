/// Fields whose names say that they need a mask, in tables where nobody said anything about them.
enum SensitiveFields {
    /// Who sees them as they are. The row's owner does upstream; here not yet.
    static let roles: Set<String> = ["admin"]

    /// In small letters and without separators.
    private static let masks: [String: RowMask] = {
        let names: [(RowMask, [String])] = [
            (.email, ["email"]), (.phone, ["phone", "mobile", "fax"]),
            (.ssn, ["ssn", "socialsecurity", "nationalid"]), (.creditCard, ["creditcard", "cc", "cardnumber", "cvv"]),
            (
                .redact,
                [
                    "iban", "password", "secret", "token", "apikey", "privatekey", "accesstoken", "refreshtoken",
                    "clientsecret", "signingsecret", "bearer", "stripe", "webhook",
                ]
            ),
        ]
        return Dictionary(uniqueKeysWithValues: names.flatMap { mask, names in names.map { ($0, mask) } })
    }()

    /// The mask of a field so called, or whose last words are: `email`, `workEmail`, `WORK_EMAIL`, `customerAPIKey`; not
    /// `headphone`, whose `phone` is no word of its own.
    static func mask(of field: String) -> RowMask? {
        let letters = Array(field.utf8)
        var ending: [UInt8] = []
        // From the last word on, so that the shortest ending that has a mask decides.
        for index in letters.indices.reversed() {
            if isLetter(letters[index]) { ending.insert(letters[index] | 0x20, at: 0) }
            guard ending.count <= 16 else { return nil }
            guard startsWord(letters, index), let mask = masks[String(decoding: ending, as: UTF8.self)] else {
                continue
            }
            return mask
        }
        return nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isCapital(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }

    /// A letter at the start, behind a separator, at a change to capitals, or the last of several before small letters.
    private static func startsWord(_ letters: [UInt8], _ index: Int) -> Bool {
        guard isLetter(letters[index]) else { return false }
        guard index > 0, isLetter(letters[index - 1]) else { return true }
        guard isCapital(letters[index]) else { return false }
        let isFollowedBySmall =
            index + 1 < letters.count && isLetter(letters[index + 1]) && !isCapital(letters[index + 1])
        return !isCapital(letters[index - 1]) || isFollowedBySmall
    }
}
