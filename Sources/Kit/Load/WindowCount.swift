/// What of a growing count came while measured.
struct WindowCount: Sendable {
    private var first: Int?
    private var last: Int?

    /// Measuring begins at this count, or ends.
    mutating func mark(_ count: Int) {
        if first == nil { first = count } else if last == nil { last = count }
    }

    /// - Parameter count: As it is now.
    /// - Returns: 0 before measuring began.
    func counted(_ count: Int) -> Int { first.map { (last ?? count) - $0 } ?? 0 }
}
