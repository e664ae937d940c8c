/// What a measured number counts.
enum LoadUnit: String, Sendable {
    case microseconds = "us"
    case bytes
    case percent = "%"
    case perSecond = "/s"
    case one = "1"

    /// How a number may be written in a threshold: the suffix, and how much of this unit one of it is.
    var suffixes: [(text: String, factor: Double)] {
        switch self {
        case .microseconds: [("ns", 0.001), ("us", 1), ("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000)]
        case .bytes: [("B", 1), ("KiB", 1_024), ("MiB", 1_048_576), ("GiB", 1_073_741_824)]
        case .percent: [("%", 1)]
        case .perSecond: [("/s", 1), ("", 1)]
        case .one: [("", 1)]
        }
    }

    /// What to write behind a number, in words.
    var words: String {
        switch self {
        case .microseconds: "a time: ns, us, ms, s or m"
        case .bytes: "a size: B, KiB, MiB or GiB"
        case .percent: "a share in %"
        case .perSecond: "a rate, with /s or without a unit"
        case .one: "a plain number"
        }
    }

    /// For people: `3.1 ms`, `200 MiB`, `0.25 %`, `812 /s`, `17`.
    /// - Parameter digits: How many count; a whole number of things keeps all of its own.
    func write(_ value: Double, digits: Int = 3) -> String {
        switch self {
        case .microseconds: scaled(value, [(1, "µs"), (1_000, "ms"), (1_000_000, "s")], digits)
        case .bytes: scaled(value, [(1, "B"), (1_024, "KiB"), (1_048_576, "MiB"), (1_073_741_824, "GiB")], digits)
        case .percent: Self.number(value, digits) + " %"
        case .perSecond: Self.number(value, digits) + " /s"
        case .one: Self.number(value, digits)
        }
    }

    private func scaled(_ value: Double, _ steps: [(size: Double, name: String)], _ digits: Int) -> String {
        // A value that would be rounded up to the next step is written in that one.
        let step = steps.last { value.magnitude >= $0.size * 0.9995 } ?? steps[0]
        return Self.number(value / step.size, digits) + " " + step.name
    }

    /// So many significant digits, more for a whole number; zeros at the end of a fraction are left out.
    private static func number(_ value: Double, _ digits: Int) -> String {
        guard value.magnitude < 1e15 else { return "\(value)" }
        if value == value.rounded() { return "\(Int64(value))" }
        var places = 0
        var scale = 1.0
        let least = (1..<digits).reduce(1.0) { size, _ in size * 10 }
        while (value * scale).magnitude < least, places < 9 {
            places += 1
            scale *= 10
        }
        let whole = Int64((value.magnitude * scale).rounded())
        let sign = value < 0 && whole > 0 ? "-" : ""
        guard places > 0 else { return "\(sign)\(whole)" }
        let text = String(whole)
        let padded = String(repeating: "0", count: max(places + 1 - text.count, 0)) + text
        var fraction = padded.suffix(places)
        while fraction.hasSuffix("0") { fraction = fraction.dropLast() }
        let before = padded.dropLast(places)
        return fraction.isEmpty ? "\(sign)\(before)" : "\(sign)\(before).\(fraction)"
    }
}
