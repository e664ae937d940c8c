import Crypto
import Foundation

@testable import Kit

/// Tokens as QuickDapp's login makes them.
enum QuickdappTokens {
    static let secret = "a-session-encryption-key-of-32-bytes"

    static func make(_ account: Int, more: String = "", secret: String = secret) -> String {
        sign(#"{"type":"auth","userId":\#(account),"iat":1767225600,"exp":4102444800\#(more)}"#, secret: secret)
    }

    static func sign(
        _ claims: String, header: String = #"{"alg":"HS256","typ":"JWT"}"#, secret: String = secret
    ) -> String {
        let signed = Base64URL.encode(header.utf8) + "." + Base64URL.encode(claims.utf8)
        let key = SymmetricKey(data: Data(secret.utf8))
        return signed + "." + Base64URL.encode(HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: key))
    }
}
