import Kit

/// `--expires`: a duration from now, a time, or `never`.
struct Expiry {
    let json: JSON

    init(_ text: String) throws(KitError) {
        if text == "never" {
            json = .null
        } else if let time = Timestamp(text) {
            json = .string(time.description)
        } else {
            json = .string((Timestamp.present + (try DurationText.read(text))).description)
        }
    }

    /// RFC 3339; nil for never.
    var text: String? { if case .string(let text) = json { text } else { nil } }
}

/// `--max-clicks`: a count, or `none`.
struct MaximumClicks {
    let json: JSON

    init(_ text: String) throws(KitError) { json = text == "none" ? .null : .int(try CountText.read(text)) }

    var count: Int? { if case .int(let count) = json { count } else { nil } }
}
