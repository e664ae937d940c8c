/// A 96-bit identifier, written as 24 lower-case hexadecimal digits.
///
/// `Subject` only keeps the identifiers of different things apart.
public struct HexID<Subject>: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt32

    public init(high: UInt64, low: UInt32) {
        self.high = high
        self.low = low
    }

    public static func random(using generator: inout some RandomNumberGenerator) -> HexID {
        HexID(high: .random(in: .min ... .max, using: &generator), low: .random(in: .min ... .max, using: &generator))
    }

    public static func random() -> HexID {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    /// nil unless `text` is exactly 24 hexadecimal digits.
    public init?(_ text: some StringProtocol) {
        self.init(digits: text.utf8)
    }

    /// nil unless these are exactly 24 hexadecimal digits.
    init?(digits: some Collection<UInt8>) {
        guard digits.count == 24 else { return nil }
        var (high, low): (UInt64, UInt32) = (0, 0)
        for (place, digit) in digits.enumerated() {
            guard let value = digit.hexadecimalValue else { return nil }
            if place < 16 { high = high << 4 | UInt64(value) } else { low = low << 4 | UInt32(value) }
        }
        self.init(high: high, low: low)
    }
}

extension HexID: CustomStringConvertible {
    public var description: String {
        String(unsafeUninitializedCapacity: 24) { bytes in
            write(to: UnsafeMutableRawBufferPointer(bytes))
            return 24
        }
    }

    /// Writes the 24 digits.
    func write(to bytes: UnsafeMutableRawBufferPointer) {
        let digits: StaticString = "0123456789abcdef"
        for index in 0..<16 { bytes[index] = digits.utf8Start[Int(high >> (60 - 4 * UInt64(index)) & 0xf)] }
        for index in 0..<8 { bytes[16 + index] = digits.utf8Start[Int(low >> (28 - 4 * UInt32(index)) & 0xf)] }
    }
}

extension UInt8 {
    /// Nil for what is no hexadecimal digit.
    @inline(__always)
    var hexadecimalValue: UInt8? {
        let letter = (self | 0x20) &- UInt8(ascii: "a")
        let digit = self &- UInt8(ascii: "0")
        return digit < 10 ? digit : letter < 6 ? letter + 10 : nil
    }
}
