import Crypto
import Foundation
import JWTKit

/// Access tokens: JSON Web Tokens under HS256, or RS256 where another issuer signs (RFC 7515, RFC 7519).
///
/// The library signs and compares; what counts as a token is decided here first, because the library is lenient
/// (it lets `alg: none` in a header pass over a good signature, unknown `kid`, repeated keys and padded base64).
struct TokenKey: Sendable {
    static let maximumBytes = 8_192

    /// The verified payload.
    struct Claims: Sendable, Equatable, Codable {
        /// 24 hexadecimal digits.
        let userID: String
        /// `access` or `refresh`; a token without it counts as access.
        var type: String?
        /// Seconds since the Unix epoch.
        var iat: Int?
        /// The same in milliseconds.
        var iatMs: Int?
        let exp: Int
        var nbf: Int?
        /// Names this one token, for revocation.
        var jti: String?
        /// What the token is good for at most; absent means whatever its user may do.
        var scope: Scope?
        /// What it was bought with: identifiers with spaces between them.
        var via: String?

        var expiresAt: Timestamp { Timestamp(seconds: Int64(clamping: min(exp, 253_402_300_799))) }

        /// What it can be revoked by.
        func proof(of text: String) -> Proof {
            let issued =
                iatMs.map { $0.multipliedReportingOverflow(by: 1_000) }
                ?? iat?.multipliedReportingOverflow(by: 1_000_000)
            let issuedAt = issued.flatMap { $0.overflow ? nil : Timestamp(microseconds: Int64($0.partialValue)) }
            return Proof(id: jti, text: text, issuedAt: issuedAt, bought: CredentialID.list(via))
        }
    }

    private let algorithm: any JWTAlgorithm
    /// As headers name it; fixed by the key, never by a token.
    private let algorithmName: String

    /// Verifies what the holder of the private key signed; signs nothing.
    ///
    /// - Parameter pem: SubjectPublicKeyInfo, `-----BEGIN PUBLIC KEY-----` (RFC 7468 §13).
    /// - Throws: `.invalid` when it is no RSA key of 2,048 bits or more.
    init(publicKey pem: String) async throws(KitError) {
        algorithmName = "RS256"
        do {
            let keys = JWTKeyCollection()
            await keys.add(rsa: try Insecure.RSA.PublicKey(pem: pem), digestAlgorithm: .sha256)
            algorithm = try await keys.getKey()
        } catch {
            throw KitError(
                .invalid, "ANALYTICS_JWT_PUBLIC_KEY is no RSA public key in PEM, of 2048 bits at least", cause: error)
        }
    }

    init(_ secret: SymmetricKey) async throws(KitError) {
        algorithmName = "HS256"
        do {
            let keys = JWTKeyCollection()
            await keys.add(hmac: HMACKey(key: secret), digestAlgorithm: .sha256)
            // Taken once: the collection is an actor, and an upgrade must not wait for one.
            algorithm = try await keys.getKey()
        } catch {
            throw KitError(.internal, "cannot make the token key", cause: error)
        }
    }

    /// A token for `user`, bought with these credentials. Shape: base64url(header) "." base64url(claims) "." base64url(HMAC-SHA256).
    ///
    /// - Parameter type: `access` or `refresh`.
    func sign(
        for user: UserID, type: String = "access", scope: Scope, expiresAt: Timestamp, now: Timestamp,
        bought: [CredentialID] = []
    ) throws(KitError) -> String {
        var members: [(String, JSON)] = [
            ("userID", .string(user.description)), ("type", .string(type)), ("iat", .int(Int(now.seconds))),
            ("iatMs", .int(Int(now.microseconds / 1_000))), ("exp", .int(Int(expiresAt.seconds))),
            ("jti", .string(HexID<TokenKey>.random().description)), ("scope", .string(scope.rawValue)),
        ]
        if !bought.isEmpty { members.append(("via", .string(bought.map(\.description).joined(separator: " ")))) }
        let claims = JSON.object(.init(members))
        let signed = Base64URL.encode(#"{"alg":"HS256","typ":"JWT"}"#.utf8) + "." + Base64URL.encode(claims.text.utf8)
        do {
            return signed + "." + Base64URL.encode(try algorithm.sign(Data(signed.utf8)))
        } catch {
            throw KitError(.internal, "cannot sign a token", cause: error)
        }
    }

    /// - Parameter now: Nil reads it whenever it is good.
    /// - Throws: `.expired` when everything but the time is fine, `.unauthorized` for anything else that is wrong.
    ///
    /// - Parameter type: What it must be good for; one that does not say is an access token.
    func verify(_ text: String, type: String = "access", now: Timestamp?) throws(KitError) -> Claims {
        guard let claims = Claims(json: try payload(of: text)), claims.type ?? "access" == type,
            UserID(claims.userID) != nil
        else { throw Self.refused }
        guard let now else { return claims }
        guard claims.exp > now.seconds else { throw KitError(.expired, "the token has expired; get a new one") }
        guard claims.nbf.map({ $0 <= now.seconds }) ?? true else { throw Self.refused }
        return claims
    }

    /// The claims of a token signed with this key, as JSON; what they say is the caller's to judge.
    ///
    /// - Throws: `.unauthorized` when it is not signed so, or is no token.
    func payload(of text: String) throws(KitError) -> [UInt8] {
        let bytes = Array(text.utf8.prefix(Self.maximumBytes + 1))
        let segments = bytes.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard bytes.count <= Self.maximumBytes, segments.count == 3, isOurs(header: segments[0]),
            let payload = Base64URL.decode(segments[1]), let signature = Base64URL.decode(segments[2]),
            (try? algorithm.verify(signature, signs: bytes[..<segments[1].endIndex])) == true
        else { throw Self.refused }
        return payload
    }

    private static let usualHeader = Array(Base64URL.encode(#"{"alg":"HS256","typ":"JWT"}"#.utf8).utf8)

    private func isOurs(header: ArraySlice<UInt8>) -> Bool {
        if algorithmName == "HS256", header.elementsEqual(Self.usualHeader) { return true }
        guard let json = Base64URL.decode(header), let members = FlatJSON.members(of: json) else { return false }
        let names = members.map(\.name)
        return members.contains { $0 == ("alg", .text(algorithmName)) } && !names.contains("crit")
            && !names.contains("kid")
    }

    static var refused: KitError { KitError(.unauthorized, "the token is missing or not valid") }
}

extension TokenKey.Claims {
    /// Nil when it lacks what a token must have. Whatever is not plain is the library's to read.
    fileprivate init?(json: [UInt8]) {
        if let plain = FlatJSON.members(of: json).flatMap(Self.init(plain:)) {
            self = plain
        } else if let claims = try? JSONDecoder().decode(Self.self, from: Data(json)) {
            self = claims
        } else {
            return nil
        }
    }

    private init?(plain members: [FlatJSON.Member]) {
        var (user, type, jti, via): (String?, String?, String?, String?)
        var (iat, iatMs, exp, nbf): (Int?, Int?, Int?, Int?)
        var scope: Scope?
        for (name, value) in members {
            switch (name, value) {
            case ("userID", .text(let text)): user = text
            case ("type", .text(let text)): type = text
            case ("jti", .text(let text)): jti = text
            case ("via", .text(let text)): via = text
            case ("scope", .text(let text)):
                guard let known = Scope(rawValue: text) else { return nil }
                scope = known
            case ("iat", .word(let word)), ("iatMs", .word(let word)), ("exp", .word(let word)),
                ("nbf", .word(let word)):
                guard let number = Int(word) else { return nil }
                switch name {
                case "iat": iat = number
                case "iatMs": iatMs = number
                case "exp": exp = number
                default: nbf = number
                }
            case ("userID", _), ("type", _), ("jti", _), ("scope", _), ("iat", _), ("exp", _), ("nbf", _),
                ("iatMs", _), ("via", _):
                return nil
            default: continue
            }
        }
        guard let user, let exp else { return nil }
        self.init(
            userID: user, type: type, iat: iat, iatMs: iatMs, exp: exp, nbf: nbf, jti: jti, scope: scope, via: via)
    }
}
