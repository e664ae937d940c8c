/// `Referer` → the number of its domain. The domains seen last are known here; traffic repeats itself.
///
/// Bounded: 64 entries, a new one replaces whichever has its slot. Confined to one loop.
struct RefererCache {
    private static let size = 64
    private var slots: [(host: [UInt8], day: Int32, number: UInt32)] = Array(repeating: ([], 0, 0), count: size)

    /// - Returns: 0 when the field names no domain.
    @inline(__always)
    mutating func number(of field: UnsafeRawBufferPointer, at time: Timestamp, day: Int32, _ referrers: Referrers)
        -> UInt32
    {
        field.isEmpty ? 0 : look(field, time, day, referrers)
    }

    private mutating func look(
        _ field: UnsafeRawBufferPointer, _ time: Timestamp, _ day: Int32, _ referrers: Referrers
    ) -> UInt32 {
        guard let host = Self.host(in: field) else { return 0 }
        let slot = (host.count &* 31 &+ Int(host[host.count / 2]) &* 7 &+ Int(host[host.count - 1])) % Self.size
        if slots[slot].day == day, slots[slot].host.withUnsafeBytes({ $0.holdsSame(as: host) }) {
            return slots[slot].number
        }
        let number = Self.name(host).map { referrers.number(of: $0, at: time) } ?? 0
        slots[slot] = (Array(host), day, number)
        return number
    }

    /// The domain of a whole field; nil when it names none.
    static func domain(of field: UnsafeRawBufferPointer) -> String? { host(in: field).flatMap(name) }

    /// Between `//` and what ends an authority (RFC 3986 §3.2); of http and https only.
    private static func host(in field: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var start = 0
        for prefix in ["https://", "http://"] as [StaticString] where field.starts(with: prefix) {
            start = prefix.utf8CodeUnitCount
            break
        }
        guard start > 0 else { return nil }
        var end = start
        scan: while end < field.count {
            switch field[end] {
            case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: ":"): break scan
            default: end += 1
            }
        }
        guard end > start, end - start <= 253 else { return nil }
        return UnsafeRawBufferPointer(rebasing: field[start..<end])
    }

    /// In lower case and without `www.`; nil for what is no name of a host.
    private static func name(_ host: UnsafeRawBufferPointer) -> String? {
        let isName = host.allSatisfy { byte in
            switch byte | 0x20 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            }
        }
        guard isName else { return nil }
        let name = String(decoding: host, as: UTF8.self).lowercased()
        let short = name.hasPrefix("www.") ? String(name.dropFirst(4)) : name
        return short.isEmpty || short.hasPrefix(".") ? nil : short
    }
}

extension UnsafeRawBufferPointer {
    /// Whether it begins with `prefix`, in any case.
    fileprivate func starts(with prefix: StaticString) -> Bool {
        let count = prefix.utf8CodeUnitCount
        guard self.count >= count else { return false }
        return (0..<count).allSatisfy { place in
            let byte = self[place]
            let lower = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
            return lower == prefix.utf8Start[place]
        }
    }
}
