import Synchronization

/// The domains visitors came from, as numbers that hold for one day: a click carries the number, the log has the name.
///
/// Bounded: 20,000 domains a day, some 100 bytes each, for two days; further ones are all `(other)`.
final class Referrers: Sendable {
    static let capacity = 20_000
    static let otherName = "(other)"

    private static let none: UInt32 = 0
    private static let other: UInt32 = 1

    private struct Day {
        var number = Int32.min
        var numbers: [String: UInt32] = [:]
        var names: [String] = []
    }

    /// Today's and yesterday's, by whether the day's number is odd.
    private let days = Guarded((Day(), Day()))

    /// The number of a domain on the day of `time`.
    func number(of domain: String, at time: Timestamp) -> UInt32 {
        let day = RollupSpan.day.bucket(of: time)
        return days.withLock { days in
            day & 1 == 0 ? Self.number(of: domain, on: day, in: &days.0) : Self.number(of: domain, on: day, in: &days.1)
        }
    }

    private static func number(of domain: String, on number: Int32, in day: inout Day) -> UInt32 {
        if day.number < number { day = Day(number: number) }
        if day.number != number { return other }
        if let known = day.numbers[domain] { return known }
        guard day.names.count < capacity else { return other }
        let new = UInt32(day.names.count) + other + 1
        day.numbers[domain] = new
        day.names.append(domain)
        return new
    }

    /// The domain a click of `time` carries; nil for 0.
    func name(_ number: UInt32, at time: Timestamp) -> String? {
        guard number != Self.none else { return nil }
        let wanted = RollupSpan.day.bucket(of: time)
        return days.withLock { days in
            let day = wanted & 1 == 0 ? days.0 : days.1
            let place = Int(number) - Int(Self.other) - 1
            return day.number == wanted && day.names.indices.contains(place) ? day.names[place] : Self.otherName
        }
    }
}
