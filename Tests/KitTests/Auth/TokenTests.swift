import Crypto
import Foundation
import Testing

@testable import Kit

struct TokenTests {
    private static let secret = SymmetricKey(data: Data("0123456789abcdef0123456789abcdef".utf8))
    private static let now = Timestamp(seconds: 1_767_225_600)
    private static let user = "64a1b2c3d4e5f6a7b8c9d0e1"

    /// Signs whatever it is given, as an attacker who knows the key or a careless issuer would.
    private static func sign(_ header: String, _ claims: String, with key: SymmetricKey = secret) -> String {
        let signed = Base64URL.encode(header.utf8) + "." + Base64URL.encode(claims.utf8)
        return signed + "." + Base64URL.encode(HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: key))
    }

    private static let header = #"{"alg":"HS256","typ":"JWT"}"#
    private static func claims(_ extra: String = #""type":"access","#, exp: Int = 1_767_226_500) -> String {
        #"{"userID":"\#(user)",\#(extra)"iat":1767225600,"exp":\#(exp)}"#
    }

    @Test func `our own tokens are good until they expire`() async throws {
        let key = try await TokenKey(Self.secret)
        let id = try #require(UserID(Self.user))
        let text = try key.sign(for: id, scope: .user, expiresAt: Self.now + .seconds(900), now: Self.now)
        let claims = try key.verify(text, now: Self.now + .seconds(899))
        #expect(claims.userID == Self.user)
        #expect(claims.type == "access")
        #expect(claims.jti != nil)
        #expect(claims.scope == .user)
        #expect { try key.verify(text, now: Self.now + .seconds(900)) } throws: { ($0 as? KitError)?.code == .expired }
    }

    @Test func `tokens of the original system are good, also without a type`() async throws {
        let key = try await TokenKey(Self.secret)
        #expect(throws: Never.self) { try key.verify(Self.sign(Self.header, Self.claims()), now: Self.now) }
        #expect(throws: Never.self) { try key.verify(Self.sign(Self.header, Self.claims("")), now: Self.now) }
    }

    static let forged: [(why: String, token: String)] = [
        ("empty", ""), ("no segments", "abc"), ("two segments", "a.b"),
        ("four segments", sign(header, claims()) + ".a"),
        ("another key", sign(header, claims(), with: SymmetricKey(size: .bits256))),
        ("alg none over a good signature", sign(#"{"alg":"none"}"#, claims())),
        ("alg HS512", sign(#"{"alg":"HS512"}"#, claims())),
        ("no alg", sign("{}", claims())),
        ("alg twice", sign(#"{"alg":"HS256","alg":"none"}"#, claims())),
        ("alg twice, the good one last", sign(#"{"alg":"none","alg":"HS256"}"#, claims())),
        ("crit", sign(#"{"alg":"HS256","crit":["exp"]}"#, claims())),
        ("unknown kid", sign(#"{"alg":"HS256","kid":"other"}"#, claims())),
        ("escaped alg", sign(#"{"\u0061lg":"HS256"}"#, claims())),
        ("header is no object", sign("[]", claims())),
        ("a refresh token", sign(header, claims(#""type":"refresh","#))),
        ("another type", sign(header, claims(#""type":"ticket","#))),
        ("no exp", sign(header, #"{"userID":"\#(user)"}"#)),
        ("exp as text", sign(header, #"{"userID":"\#(user)","exp":"1767226500"}"#)),
        ("not before later", sign(header, claims(#""nbf":1767225700,"#))),
        ("user is no id", sign(header, #"{"userID":"admin","exp":1767226500}"#)),
        ("padded", sign(header, claims()) + "="),
        ("above 8 KiB", sign(header, claims(#""x":"\#(String(repeating: "a", count: 8_192))","#))),
        ("unsigned", Base64URL.encode(header.utf8) + "." + Base64URL.encode(claims().utf8) + "."),
    ]

    @Test(arguments: forged.indices)
    func `everything else is refused`(index: Int) async throws {
        let (why, token) = Self.forged[index]
        let key = try await TokenKey(Self.secret)
        #expect("\(why)") { try key.verify(token, now: Self.now) } throws: { ($0 as? KitError)?.code == .unauthorized }
    }

    @Test func `no changed character leaves a token good`() async throws {
        let key = try await TokenKey(Self.secret)
        let token = Array(Self.sign(Self.header, Self.claims()).utf8)
        for index in token.indices {
            var changed = token
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: KitError.self) { try key.verify(String(decoding: changed, as: UTF8.self), now: Self.now) }
        }
    }

    @Test func `short keys are refused at start`() {
        let master = SymmetricKey(size: .bits256)
        #expect(throws: KitError.self) { try Secrets(master: master, tokenSecret: "short", ticketSecret: nil) }
        #expect(throws: KitError.self) { try Secrets(master: master, tokenSecret: nil, ticketSecret: "short") }
    }

    @Test func `keys derived for two purposes differ`() throws {
        let secrets = try Secrets(master: SymmetricKey(size: .bits256), tokenSecret: nil, ticketSecret: nil)
        #expect(secrets.tokens != secrets.tickets)
    }
}
