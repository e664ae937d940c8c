/// Finds the end of a body in chunks (RFC 9112 §7.1), however the reads cut it; what the chunks hold is nobody's business here.
struct ChunkedBody {
    private enum Part {
        /// Hexadecimal digits, until something else comes.
        case size
        /// The rest of the line that has them.
        case sizeLine
        case data
        /// The line feed behind it.
        case dataEnd
        /// Lines behind the last chunk, up to an empty one.
        case trailer
    }

    private static let longestLine = 16_384
    private var part = Part.size
    /// Of the chunk under way: its size while that is read, then what is missing of it.
    private var left = 0
    private var digits = 0
    /// Bytes of the line under way, without carriage returns.
    private var line = 0

    /// - Returns: how many of `bytes` belong to the body, and whether it ends with them.
    /// - Throws: `.failed` on what is no chunk, or a line of more than 16 KiB.
    mutating func read(_ bytes: UnsafeRawBufferPointer) throws -> (count: Int, isComplete: Bool) {
        var at = 0
        while at < bytes.count {
            if part == .data, left > 0 {
                let step = min(left, bytes.count - at)
                at += step
                left -= step
                continue
            }
            let byte = bytes[at]
            at += 1
            if try take(byte) { return (at, true) }
        }
        return (at, false)
    }

    /// - Returns: whether the body ends with this byte.
    private mutating func take(_ byte: UInt8) throws -> Bool {
        switch part {
        case .size:
            guard let digit = byte.hexadecimalValue else {
                guard digits > 0 else { throw SystemError.failed("a chunk without a size") }
                part = .sizeLine
                return try take(byte)
            }
            guard digits < 8 else { throw SystemError.failed("a chunk of 4 GiB or more") }
            (left, digits) = (left * 16 + Int(digit), digits + 1)
        case .sizeLine:
            guard try endsLine(byte) else { break }
            (part, digits) = (left == 0 ? .trailer : .data, 0)
        case .data:
            part = .dataEnd
            return try take(byte)
        case .dataEnd:
            guard byte == 0x0D || byte == 0x0A else { throw SystemError.failed("a chunk longer than its size") }
            if byte == 0x0A { part = .size }
        case .trailer:
            let isEmpty = line == 0
            return try endsLine(byte) && isEmpty
        }
        return false
    }

    private mutating func endsLine(_ byte: UInt8) throws -> Bool {
        if byte == 0x0A {
            line = 0
            return true
        }
        if byte != 0x0D { line += 1 }
        guard line <= Self.longestLine else { throw SystemError.failed("a line of more than 16 KiB between chunks") }
        return false
    }
}
