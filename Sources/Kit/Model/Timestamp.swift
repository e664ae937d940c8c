/// A moment: microseconds since the Unix epoch, UTC.
public struct Timestamp: Hashable, Comparable, Sendable {
    public let microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }
    public init(seconds: Int64) { self.init(microseconds: seconds * 1_000_000) }

    /// Whole seconds, rounded down.
    public var seconds: Int64 {
        microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    /// Durations of more than a few thousand years end at the first or last moment there is.
    public static func + (moment: Timestamp, duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, isBeyond) = moment.microseconds.addingReportingOverflow(
            (isTooLong ? (seconds < 0 ? .min : .max) : whole))
        guard !isBeyond else { return Timestamp(microseconds: seconds < 0 ? .min : .max) }
        return Timestamp(microseconds: sum.addingReportingOverflow(attoseconds / 1_000_000_000_000).partialValue)
    }

    /// Year, month and day of the proleptic Gregorian calendar, then the time of day.
    struct Parts {
        var year, month, day, hour, minute, second, microsecond: Int
    }

    /// Days to civil date by counting from 1 March, so that the leap day comes last in its year.
    var parts: Parts {
        let days = Int(seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400)
        let time = Int(seconds) - days * 86_400
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return Parts(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
            month: month,
            day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1,
            hour: time / 3_600,
            minute: time / 60 % 60,
            second: time % 60,
            microsecond: Int(microseconds - seconds * 1_000_000)
        )
    }

    /// RFC 3339 with six fraction digits, such as `2026-06-27T12:34:56.123456Z`: always 27 bytes until the year 9999.
    public func write(to bytes: UnsafeMutableRawBufferPointer) {
        let parts = parts
        var position = 0
        func put(_ value: Int, digits: Int, then separator: Unicode.Scalar) {
            var rest = value
            for index in stride(from: position + digits - 1, through: position, by: -1) {
                bytes[index] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
            bytes[position + digits] = UInt8(ascii: separator)
            position += digits + 1
        }
        put(parts.year, digits: 4, then: "-")
        put(parts.month, digits: 2, then: "-")
        put(parts.day, digits: 2, then: "T")
        put(parts.hour, digits: 2, then: ":")
        put(parts.minute, digits: 2, then: ":")
        put(parts.second, digits: 2, then: ".")
        put(parts.microsecond, digits: 6, then: "Z")
    }

    public static let textLength = 27
}

extension Timestamp: CustomStringConvertible {
    public var description: String {
        withUnsafeTemporaryAllocation(byteCount: Self.textLength, alignment: 1) { bytes in
            write(to: bytes)
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// RFC 3339 to the second, such as `2026-06-27T12:34:56Z`: how REST answers state when something was made.
    public var secondsDescription: String { "\(description.prefix(19))Z" }

    /// RFC 3339 to the millisecond, such as `2026-06-27T12:34:56.123Z`: how JavaScript writes a date.
    public var millisecondsDescription: String { "\(description.prefix(23))Z" }

    /// Reads RFC 3339 in UTC (`Z` or `+00:00`) with up to nine fraction digits; nil for anything else.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[range] {
                guard case UInt8(ascii: "0")...UInt8(ascii: "9") = byte else { return nil }
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
            }
            return value
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), bytes[10] | 0x20 == UInt8(ascii: "t"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        var rest = bytes[19...]
        var microsecond = 0
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard (1...9).contains(digits.count) else { return nil }
            let padded = digits + Array(repeating: UInt8(ascii: "0"), count: 9 - digits.count)
            microsecond = padded.prefix(6).reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
            rest = rest.dropFirst(1 + digits.count)
        }
        let zone = String(decoding: rest, as: UTF8.self)
        guard zone == "Z" || zone == "z" || zone == "+00:00" else { return nil }
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second
        self.init(microseconds: Int64(seconds) * 1_000_000 + Int64(microsecond))
    }
}

extension Timestamp {
    /// The form HTTP headers use (RFC 9110 §5.6.7), such as `Sat, 27 Jun 2026 12:34:56 GMT`.
    var httpDate: String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = parts
        let day = Int(seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(days[((day % 7) + 7) % 7]), \(two(parts.day)) \(months[parts.month - 1]) \(parts.year) "
            + "\(two(parts.hour)):\(two(parts.minute)):\(two(parts.second)) GMT"
    }
}
