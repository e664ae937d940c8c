import Crypto
import Foundation

@testable import Kit

/// Tokens as a tenant's login makes them.
enum DashboardTokens {
    static let secret = "an-analytics-secret-of-thirty-two-bytes"

    static func make(tenant: String?, more: String = "", exp: Int = 4_102_444_800, secret: String = secret) -> String {
        let tenant = tenant.map { #","tenantId":"\#($0)""# } ?? ""
        return sign(#"{"sub":"u-1"\#(tenant),"roles":["user"],"exp":\#(exp)\#(more)}"#, secret: secret)
    }

    static func sign(
        _ claims: String, header: String = #"{"alg":"HS256","typ":"JWT"}"#, secret: String = secret
    ) -> String {
        let signed = Base64URL.encode(header.utf8) + "." + Base64URL.encode(claims.utf8)
        let key = SymmetricKey(data: Data(secret.utf8))
        return signed + "." + Base64URL.encode(HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: key))
    }
}
