import Foundation

/// base64url without padding (RFC 4648 §5), canonical only. Works on bytes: it runs for every upgrade, on the loop.
enum Base64URL {
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let text = Data(bytes).base64EncodedData().prefix { $0 != UInt8(ascii: "=") }
        return String(
            decoding: text.map { byte in
                switch byte {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                default: byte
                }
            }, as: UTF8.self)
    }

    /// nil for padding, a foreign character, or spare bits that are not zero: a second spelling of the same bytes would
    /// let one signed text have many forms.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var plain: [UInt8] = []
        plain.reserveCapacity(text.utf8.count + 3)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "-"): plain.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): plain.append(UInt8(ascii: "/"))
            case _ where ShortCode.isAllowed(byte): plain.append(byte)
            default: return nil
            }
        }
        let count = plain.count
        while plain.count % 4 != 0 { plain.append(UInt8(ascii: "=")) }
        guard let data = Data(base64Encoded: Data(plain)),
            data.base64EncodedData().prefix(count) == Data(plain.prefix(count))
        else { return nil }
        return Array(data)
    }
}
