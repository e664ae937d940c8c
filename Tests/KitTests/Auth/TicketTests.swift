import Crypto
import Foundation
import Testing

@testable import Kit

struct TicketTests {
    private let key = SymmetricKey(size: .bits256)
    private let now = Timestamp(seconds: 1_767_225_600)
    private let identity = Identity(user: .random(), scope: .user, organization: "org_1", roles: ["member"])

    @Test func `a ticket carries who and for what until it expires`() throws {
        let ticket = Ticket(use: .socket, identity: identity, now: now, ttl: .seconds(60))
        let read = try Ticket(ticket.text(signedBy: key), signedBy: key, now: now + .seconds(59))
        #expect(read == ticket)
        #expect { try Ticket(ticket.text(signedBy: key), signedBy: key, now: now + .seconds(60)) } throws: {
            ($0 as? KitError)?.code == .expired
        }
    }

    @Test func `no changed character leaves a ticket good`() throws {
        let text = Array(
            Ticket(use: .socket, identity: identity, now: now, ttl: .seconds(60)).text(signedBy: key).utf8)
        for index in text.indices {
            var changed = text
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: KitError.self) {
                try Ticket(String(decoding: changed, as: UTF8.self), signedBy: key, now: now)
            }
        }
        #expect(throws: KitError.self) {
            try Ticket(String(decoding: text, as: UTF8.self), signedBy: SymmetricKey(size: .bits256), now: now)
        }
    }

    @Test func `of a hundred that present one ticket at once, one gets in`() async throws {
        let used = UsedTickets(startedAt: now)
        let ticket = Ticket(use: .socket, identity: identity, now: now, ttl: .seconds(60))
        let winners = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<100 {
                group.addTask { [now] in
                    do {
                        try used.use(ticket, now: now)
                        return true
                    } catch {
                        return false
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(winners == 1)
    }

    @Test func `a ticket from before the start is refused, since it may have been used`() throws {
        let ticket = Ticket(use: .socket, identity: identity, now: now, ttl: .seconds(60))
        #expect(throws: KitError.self) {
            try UsedTickets(startedAt: now + .seconds(1)).use(ticket, now: now + .seconds(1))
        }
        #expect(throws: Never.self) { try UsedTickets(startedAt: now).use(ticket, now: now) }
    }

    @Test func `a ticket signed for a year nobody can count to is refused`() {
        let payload =
            #"{"type":"ticket","userId":"64a1b2c3d4e5f6a7b8c9d0e1","roles":[],"exp":9223372036854775807,"jti":"1"}"#
        let first = Base64URL.encode(payload.utf8)
        let code = HMAC<SHA256>.authenticationCode(for: Data(first.utf8), using: key)
        #expect(throws: KitError.self) { try Ticket(first + "." + Base64URL.encode(code), signedBy: key, now: now) }
    }

    @Test func `API keys are known by their digest and die with their revocation`() throws {
        var (key, text) = APIKey.make(for: identity.user, scope: .user, label: "test", now: now)
        let parts = try #require(APIKey.parts(of: text))
        #expect(parts.id == key.id)
        #expect(key.matches(secret: parts.secret))
        #expect(!key.matches(secret: parts.secret + "a"))
        key.revokedAt = now
        #expect(!key.matches(secret: parts.secret))
    }

    @Test(arguments: ["", "qk", "qk_", "qk_a", "qk__b", "qk_a_", "pk_a_b"])
    func `text of another shape is no API key`(text: String) { #expect(APIKey.parts(of: text) == nil) }
}
