import Foundation
import GRDB
import Testing

@testable import Kit

/// What every store means, asked of each of them.
struct StoreTests {
    enum Kind: CaseIterable { case memory, sqlite }

    /// A place a store can be opened at again and again, as a restarted server would.
    final class Place {
        let kind: Kind
        let directory = FileManager.default.temporaryDirectory.appending(path: "quikko-store-\(UUID().uuidString)")
        private let memory = MemoryStore()

        init(_ kind: Kind) throws {
            self.kind = kind
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(at: directory) }

        /// What a kill left: a file of one page, and a journal that says there was none.
        static var unfinished: (file: Data, journal: Data) {
            var file = Data("SQLite format 3\0".utf8)
            file +=
                Data([0x10, 0, 2, 2, 0, 0x40, 0x20, 0x20, 0, 0, 0, 1, 0, 0, 0, 1]) + Data(count: 12) + Data(count: 4)
            file += Data([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]) + Data(count: 4096)
            file = file.prefix(100) + Data([0x0d, 0, 0, 0, 0, 0x10, 0, 0])
            file += Data(count: 4096 - file.count)
            var journal = Data([0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7])
            journal += Data([0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0x10, 0])
            journal += Data(count: 512 - journal.count)
            return (file, journal)
        }

        func store() throws -> any Store {
            kind == .memory ? memory : try SQLiteStore(file: directory.appending(path: "quikko.sqlite"))
        }
    }

    static let now = Timestamp(seconds: 1_767_225_600)

    static func link(_ key: Int, _ code: String, owner: User) throws -> Link {
        Link(
            id: .random(), key: key, code: try ShortCode(code),
            destination: try Destination("https://example.com/\(code)"),
            owner: owner.id, ownerKey: owner.key, isCustom: true, isActive: true, createdAt: now)
    }

    static func clicks(_ numbers: ClosedRange<Int64>, of link: Link) -> [Click] {
        numbers.map { number in
            var click = Click(
                of: link, details: ClickDetails(country: Country("DE") ?? .unknown, device: .mobile, browser: .safari),
                at: now)
            (click.epoch, click.ownerNumber, click.linkNumber) = (1, number, number)
            return click
        }
    }

    @Test(arguments: Kind.allCases)
    func `the first start has an organization and an administrator`(kind: Kind) throws {
        let contents = try Place(kind).store().open(now: Self.now)
        #expect(contents.directory.organization.name == "default")
        #expect(contents.directory.organization.id.hasPrefix("org_"))
        let admin = try #require(contents.directory.users.first)
        #expect(admin.email == "admin@localhost")
        #expect(admin.key == 1)
        #expect(admin.scope == .admin)
        #expect(contents.links.isEmpty)
        #expect(contents.heads.epoch == 1)
    }

    @Test(arguments: Kind.allCases)
    func `links, keys and totals are there after a restart`(kind: Kind) throws {
        let place = try Place(kind)
        var store = try place.store()
        let first = try store.open(now: Self.now)
        let admin = first.directory.users[0]
        let link = try Self.link(1, "guide", owner: admin)
        var (key, _) = APIKey.make(for: admin.id, scope: .admin, label: "test", now: Self.now)
        let answers = try store.commit(
            CommitGroup(clicks: Self.clicks(1...3, of: link), changes: [.link(link), .key(key)]))
        #expect(answers.count == 2)
        key.revokedAt = Self.now
        _ = try store.commit(CommitGroup(changes: [.key(key)]))
        try store.close(now: Self.now, isComplete: true)
        store = try place.store()
        let second = try store.open(now: Self.now)
        #expect(second.directory.users == first.directory.users)
        #expect(second.directory.organization == first.directory.organization)
        #expect(second.links.map(\.link) == [link])
        #expect(second.directory.keys == [key])
        #expect(second.heads.owners[admin.key] == 3)
        #expect(second.heads.links[link.key] == 3)
    }

    @Test(arguments: Kind.allCases)
    func `a taken code fails alone, with a conflict`(kind: Kind) throws {
        let store = try Place(kind).store()
        let admin = try store.open(now: Self.now).directory.users[0]
        let answers = try store.commit(
            CommitGroup(changes: [
                .link(try Self.link(1, "one", owner: admin)), .link(try Self.link(2, "one", owner: admin)),
                .link(try Self.link(3, "two", owner: admin)),
            ]))
        #expect(throws: Never.self) { try answers[0].get() }
        #expect { try answers[1].get() } throws: { ($0 as? KitError)?.code == .conflict }
        #expect(throws: Never.self) { try answers[2].get() }
    }

    @Test(arguments: Kind.allCases)
    func `a clean stop continues the epoch, an unclean one begins another`(kind: Kind) throws {
        let place = try Place(kind)
        let link = try Self.link(1, "guide", owner: try place.store().open(now: Self.now).directory.users[0])
        // Not closed: this was a crash.
        var store = try place.store()
        #expect(try store.open(now: Self.now).heads.epoch == 2)
        _ = try store.commit(CommitGroup(clicks: Self.clicks(1...2, of: link), changes: [.link(link)]))
        try store.close(now: Self.now, isComplete: true)
        store = try place.store()
        let contents = try store.open(now: Self.now)
        #expect(contents.heads.epoch == 2)
        #expect(contents.heads.links[1] == 2)
    }

    @Test func `after an orderly stop the database is one file`() throws {
        let place = try Place(.sqlite)
        let store = try place.store()
        let link = try Self.link(1, "guide", owner: try store.open(now: Self.now).directory.users[0])
        _ = try store.commit(CommitGroup(clicks: Self.clicks(1...3, of: link), changes: [.link(link)]))
        try store.close(now: Self.now, isComplete: true)
        let backup = try Place(.sqlite)
        try FileManager.default.copyItem(
            at: place.directory.appending(path: "quikko.sqlite"), to: backup.directory.appending(path: "quikko.sqlite"))
        let contents = try backup.store().open(now: Self.now)
        #expect(contents.links.map(\.link) == [link])
        #expect(contents.heads.links[1] == 3)
    }

    @Test func `every commit of SQLite is synced`() throws {
        let place = try Place(.sqlite)
        let store = try #require(try place.store() as? SQLiteStore)
        _ = try store.open(now: Self.now)
        #expect(store.synchronousLevel == 2)
    }

    @Test func `totals are right after a crash, whether the heads were written or not`() throws {
        let place = try Place(.sqlite)
        var store = try place.store()
        let link = try Self.link(1, "guide", owner: try store.open(now: Self.now).directory.users[0])
        _ = try store.commit(CommitGroup(changes: [.link(link)]))
        var next: Int64 = 1
        for _ in 0..<3 {
            let last = next + Int64(SQLiteStore.headsInterval) * 2 / 3
            _ = try store.commit(CommitGroup(clicks: Self.clicks(next...last, of: link)))
            next = last + 1
            store = try place.store()
            let heads = try store.open(now: Self.now).heads
            #expect(heads.owners[1] == last)
            #expect(heads.links[1] == last)
        }
    }

    @Test func `another program's database is refused and left alone`() throws {
        let place = try Place(.sqlite)
        let file = place.directory.appending(path: "quikko.sqlite")
        try DatabaseQueue(path: file.path).write { try $0.execute(sql: "CREATE TABLE theirs (a)") }
        let before = try Data(contentsOf: file)
        #expect { try place.store() } throws: { ($0 as? KitError)?.code == .invalid }
        #expect(try Data(contentsOf: file) == before)
    }

    // Killed between creating the file and its switch to WAL mode, it leaves a journal that a reader cannot roll back.
    @Test func `a database killed before it was in WAL mode is opened again`() throws {
        let place = try Place(.sqlite)
        let file = place.directory.appending(path: "quikko.sqlite")
        let half = Place.unfinished
        try half.file.write(to: file)
        try half.journal.write(to: URL(filePath: file.path + "-journal"))
        #expect(try place.store().open(now: Self.now).heads.epoch == 1)
        // With a journal, too, another program's database is not ours.
        let other = try Place(.sqlite)
        var theirs = half.file
        theirs.replaceSubrange(40..<44, with: [0, 0, 0, 7])
        try theirs.write(to: other.directory.appending(path: "quikko.sqlite"))
        try half.journal.write(to: other.directory.appending(path: "quikko.sqlite-journal"))
        #expect { try other.store() } throws: { ($0 as? KitError)?.code == .invalid }
    }

    @Test func `a database killed before its first migration is opened again`() throws {
        let place = try Place(.sqlite)
        let file = place.directory.appending(path: "quikko.sqlite")
        try DatabaseQueue(path: file.path).write {
            try $0.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        }
        #expect(try place.store().open(now: Self.now).heads.epoch == 1)
    }

    @Test func `a damaged database is refused and left alone`() throws {
        let place = try Place(.sqlite)
        let file = place.directory.appending(path: "quikko.sqlite")
        try Data(repeating: 7, count: 8_192).write(to: file)
        #expect { try place.store() } throws: { ($0 as? KitError)?.code == .invalid }
        #expect(try Data(contentsOf: file) == Data(repeating: 7, count: 8_192))
    }

    @Test func `a database of a newer quikko is refused`() throws {
        let place = try Place(.sqlite)
        let store = try place.store()
        _ = try store.open(now: Self.now)
        try store.close(now: Self.now, isComplete: true)
        let file = place.directory.appending(path: "quikko.sqlite")
        try DatabaseQueue(path: file.path).write {
            try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('9 from the future')")
        }
        #expect { try place.store() } throws: { ($0 as? KitError)?.message.contains("newer") == true }
    }
}

/// Reading feeds back, from every store.
struct FeedReadingTests {
    private static func click(_ link: Link, epoch: Int32, owner: Int64, number: Int64, at seconds: Int64 = 0) -> Click {
        var click = Click(
            of: link, details: ClickDetails(country: Country("DE")!, device: .mobile, browser: .safari, isBot: true),
            at: StoreTests.now + .seconds(seconds))
        (click.epoch, click.ownerNumber, click.linkNumber) = (epoch, owner, number)
        return click
    }

    private static func hole(_ feed: Feed, _ epoch: Int32, _ numbers: ClosedRange<Int64>) -> FeedHole {
        FeedHole(
            feed: feed,
            hole: Hole(epoch: epoch, from: numbers.lowerBound, to: numbers.upperBound, reason: .overflow))
    }

    @Test(arguments: StoreTests.Kind.allCases)
    func `a page has a feed's clicks behind a position, whole and in order`(kind: StoreTests.Kind) throws {
        let place = try StoreTests.Place(kind)
        let store = try place.store()
        let admin = try store.open(now: StoreTests.now).directory.users[0]
        let one = try StoreTests.link(1, "one", owner: admin)
        let two = try StoreTests.link(2, "two", owner: admin)
        let clicks = [
            Self.click(one, epoch: 1, owner: 1, number: 1), Self.click(two, epoch: 1, owner: 2, number: 1),
            Self.click(one, epoch: 1, owner: 3, number: 2), Self.click(one, epoch: 2, owner: 6, number: 3),
        ]
        let holes = [Self.hole(.owner(1), 1, 4...5), Self.hole(.link(2), 1, 2...3)]
        _ = try store.commit(CommitGroup(clicks: clicks, holes: holes, changes: [.link(one), .link(two)]))
        let all = try store.page(of: .owner(1), after: .start, limit: 10)
        #expect(all == LogPage(clicks: clicks, holes: [holes[0].hole]))
        let first = try store.page(of: .owner(1), after: .start, limit: 2)
        #expect(first == LogPage(clicks: Array(clicks[..<2]), isFull: true))
        #expect(
            try store.page(of: .owner(1), after: Position(epoch: 1, number: 2), limit: 2)
                == LogPage(clicks: Array(clicks[2...]), holes: [holes[0].hole]))
        #expect(
            try store.page(of: .link(1), after: Position(epoch: 1, number: 1), limit: 9).clicks.map(\.linkNumber) == [
                2, 3,
            ])
        #expect(try store.page(of: .link(2), after: .start, limit: 9).holes == [holes[1].hole])
        // Whoever saw more of the first epoch than was kept begins with the second.
        #expect(
            try store.page(of: .owner(1), after: Position(epoch: 1, number: 99), limit: 9).clicks.map(\.epoch) == [2])
        #expect(try store.page(of: .owner(7), after: .start, limit: 9) == LogPage())
    }

    @Test(arguments: StoreTests.Kind.allCases)
    func `numbering goes on behind what is in the log, holes too`(kind: StoreTests.Kind) throws {
        let place = try StoreTests.Place(kind)
        var store = try place.store()
        let link = try StoreTests.link(1, "one", owner: try store.open(now: StoreTests.now).directory.users[0])
        _ = try store.commit(
            CommitGroup(
                clicks: [Self.click(link, epoch: 1, owner: 1, number: 1)],
                holes: [Self.hole(.owner(1), 1, 2...9), Self.hole(.link(1), 1, 2...9)], changes: [.link(link)]))
        try store.close(now: StoreTests.now, isComplete: true)
        store = try place.store()
        let contents = try store.open(now: StoreTests.now)
        #expect(contents.heads.epoch == 1)
        #expect(contents.heads.number(of: .owner(1)) == 9)
        #expect(contents.heads.number(of: .link(1)) == 9)
        #expect(contents.holes == 2)
    }

    // An orderly stop after a crash once moved on past rows whose numbers it had not written.
    @Test(arguments: StoreTests.Kind.allCases)
    func `a feed that nobody clicks between a crash and an orderly stop keeps its numbers`(
        kind: StoreTests.Kind
    ) throws {
        let place = try StoreTests.Place(kind)
        var store = try place.store()
        let admin = try store.open(now: StoreTests.now).directory.users[0]
        let quiet = try StoreTests.link(1, "quiet", owner: admin)
        let busy = try StoreTests.link(2, "busy", owner: admin)
        _ = try store.commit(
            CommitGroup(
                clicks: (1...10).map { Self.click(quiet, epoch: 1, owner: $0, number: $0) },
                changes: [.link(quiet), .link(busy)]))
        // A crash; then a run in which only the other link is clicked, and one in which none is.
        for number in Int64(1)...2 {
            store = try place.store()
            let epoch = try store.open(now: StoreTests.now).heads.epoch
            if number == 1 {
                _ = try store.commit(CommitGroup(clicks: [Self.click(busy, epoch: epoch, owner: 11, number: 1)]))
            }
            try store.close(now: StoreTests.now, isComplete: true)
        }
        store = try place.store()
        let heads = try store.open(now: StoreTests.now).heads
        #expect(heads.number(of: .link(1)) == 10)
        #expect(heads.number(of: .link(2)) == 1)
        #expect(heads.number(of: .owner(1)) == 11)
    }

    @Test(arguments: StoreTests.Kind.allCases)
    func `a time is found in the feed, whichever epoch it lies in`(kind: StoreTests.Kind) throws {
        let place = try StoreTests.Place(kind)
        var store = try place.store()
        var link: Link?
        var number: Int64 = 0
        for epoch in Int32(1)...3 {
            let contents = try store.open(now: StoreTests.now)
            #expect(contents.heads.epoch == epoch)
            let made = try link ?? StoreTests.link(1, "one", owner: contents.directory.users[0])
            let clicks = (0..<10).map { _ in
                number += 1
                return Self.click(made, epoch: epoch, owner: number, number: number, at: number)
            }
            _ = try store.commit(CommitGroup(clicks: clicks, changes: link == nil ? [.link(made)] : []))
            link = made
            store = try place.store()
        }
        func position(_ seconds: Int64) throws -> Position? {
            try store.position(in: .link(1), at: StoreTests.now + .seconds(seconds))
        }
        #expect(try position(-5) == Position(epoch: 1, number: 0))
        #expect(try position(1) == Position(epoch: 1, number: 0))
        #expect(try position(7) == Position(epoch: 1, number: 6))
        #expect(try position(11) == Position(epoch: 2, number: 10))
        #expect(try position(15) == Position(epoch: 2, number: 14))
        #expect(try position(30) == Position(epoch: 3, number: 29))
        #expect(try position(31) == nil)
    }

    @Test func `a page is read through an index`() throws {
        let place = try StoreTests.Place(.sqlite)
        _ = try place.store().open(now: StoreTests.now)
        let queue = try DatabaseQueue(path: place.directory.appending(path: "quikko.sqlite").path)
        for (feed, name, number) in [(Feed.owner(1), "owner", "owner_number"), (.link(1), "link", "link_number")] {
            let (page, ends) = try queue.read { db in
                (
                    try Row.fetchAll(
                        db, sql: "EXPLAIN QUERY PLAN " + SQLiteFeeds.pageQuery(feed), arguments: [1, 1, 1, 9]
                    )
                    .map { $0["detail"] as String },
                    try Row.fetchAll(
                        db, sql: "EXPLAIN QUERY PLAN " + SQLiteFeeds.endsQuery(feed), arguments: [1, 1, 1, 1]
                    )
                    .map { $0["detail"] as String }
                )
            }
            let index = "INDEX clicks_by_\(name) (\(name)=? AND"
            #expect(page.first?.contains("\(index) (epoch,\(number))>(?,?))") == true, "\(page)")
            #expect(!page.contains { $0.contains("TEMP B-TREE") || $0.hasPrefix("SCAN clicks") }, "\(page)")
            #expect(ends.count { $0.contains("COVERING \(index) epoch=?)") } == 2, "\(ends)")
        }
    }
}
