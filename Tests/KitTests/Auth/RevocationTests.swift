import Testing

@testable import Kit

struct RevocationTests {
    private static let now = Timestamp(seconds: 1_767_225_600)

    private static func proof(_ ids: [CredentialID], issued: Timestamp? = now) -> Proof {
        Proof(credentials: ids, issuedAt: issued)
    }

    @Test func `a credential is refused for itself and for what it was bought with`() throws {
        let (own, parent, other) = (CredentialID.random(), CredentialID.random(), CredentialID.random())
        let revocations = Revocations([
            Revocation(subject: .credential(parent), at: Self.now, until: Self.now + .seconds(60))
        ])
        #expect(revocations.covers(Self.proof([own, parent])))
        #expect(revocations.covers(Self.proof([parent])))
        #expect(!revocations.covers(Self.proof([own, other])))
        #expect(!revocations.covers(Self.proof([])))
        try revocations.add([], byAdmin: true, now: Self.now + .seconds(61))
        #expect(!revocations.covers(Self.proof([parent])), "nothing it covers is good any more: forgotten")
    }

    @Test func `of a user's everything up to that moment is refused, and what does not say when`() throws {
        let user = UserID.random()
        let revocations = Revocations()
        try revocations.add(
            [Revocation(subject: .user(user), at: Self.now), Revocation(subject: .account(7), at: Self.now)],
            byAdmin: true, now: Self.now)
        for issued in [nil, Self.now, Self.now + .seconds(-1)] as [Timestamp?] {
            #expect(revocations.covers(Self.proof([], issued: issued), of: user))
            #expect(revocations.covers(Self.proof([], issued: issued), of: nil, 7))
        }
        let later = Self.proof([], issued: Self.now + .milliseconds(1))
        #expect(!revocations.covers(later, of: user, 7))
        #expect(!revocations.covers(Self.proof([]), of: UserID.random(), 8))
        // An older order does not take back a newer one.
        try revocations.add(
            [Revocation(subject: .user(user), at: Self.now + .seconds(-5))], byAdmin: true, now: Self.now)
        #expect(revocations.covers(Self.proof([]), of: user))
    }

    @Test(arguments: StoreTests.Kind.allCases)
    func `stores keep them until they do not matter`(kind: StoreTests.Kind) throws {
        let place = try StoreTests.Place(kind)
        var store = try place.store()
        #expect(try store.open(now: Self.now).revocations == [])
        let all = [
            Revocation(subject: .credential(.random()), at: Self.now, until: Self.now + .seconds(60)),
            Revocation(subject: .user(.random()), at: Self.now),
            Revocation(subject: .account(-7), at: Self.now + .seconds(1)),
        ]
        // Again is fine, in the same group and in another.
        for _ in 0..<2 {
            _ = try store.commit(CommitGroup(changes: (all + all).map { .revocation($0) })).map { try $0.get() }
        }
        func kept(at moment: Timestamp) throws -> Set<String> {
            try store.close(now: Self.now, isComplete: true)
            store = try place.store()
            return Set(try store.open(now: moment).revocations.map { "\($0)" })
        }
        #expect(try kept(at: Self.now) == Set(all.map { "\($0)" }))
        #expect(try kept(at: Self.now + .seconds(61)) == Set(all.dropFirst().map { "\($0)" }))
    }
}
