import Testing

@testable import Kit

/// What every store means by notifications.
struct NotificationStoreTests {
    private static func notification(_ id: Int, of account: AccountID = 7) -> AccountNotification {
        AccountNotification(
            id: id, account: account,
            data: ["type": "x", "message": .string("number \(id)"), "ratio": .number("1.50")],
            createdAt: Timestamp(microseconds: 1_767_225_600_123_456))
    }

    @discardableResult
    private static func commit(
        _ store: any Store, _ changes: [CommitGroup.Change]
    ) throws -> [KitError.Code?] {
        try store.commit(CommitGroup(changes: changes)).map { answer in
            if case .failure(let error) = answer { error.code } else { nil }
        }
    }

    @Test(arguments: StoreTests.Kind.allCases)
    func `notifications are there after a restart, the newest first, and only for their account`(
        kind: StoreTests.Kind
    ) throws {
        let place = try StoreTests.Place(kind)
        var store = try place.store()
        #expect(try store.open(now: StoreTests.now).lastNotification == 0)
        let all = [Self.notification(1), Self.notification(2, of: -8), Self.notification(3), Self.notification(4)]
        try Self.commit(store, all.map { .notification($0, keeping: 10) })
        try store.close(now: StoreTests.now, isComplete: true)
        store = try place.store()
        #expect(try store.open(now: StoreTests.now).lastNotification == 4)
        var page = try store.notifications(of: 7, from: 0, limit: 2)
        #expect(page == NotificationPage(notifications: [all[3], all[2]], total: 3, unread: 3))
        page = try store.notifications(of: 7, from: 2, limit: 2)
        #expect(page == NotificationPage(notifications: [all[0]], total: 3, unread: 3))
        #expect(try store.notifications(of: -8, from: 0, limit: 9).notifications == [all[1]])
        #expect(try store.notifications(of: 9, from: 0, limit: 9) == NotificationPage())
    }

    @Test(arguments: StoreTests.Kind.allCases)
    func `only one's own are marked as read`(kind: StoreTests.Kind) throws {
        let place = try StoreTests.Place(kind)
        let store = try place.store()
        _ = try store.open(now: StoreTests.now)
        try Self.commit(store, (1...3).map { .notification(Self.notification($0), keeping: 10) })
        #expect(
            try Self.commit(store, [.read(7, 2), .read(7, 9), .read(8, 1), .read(8, nil)]) == [
                nil, .notFound, .notFound, nil,
            ])
        #expect(try store.notifications(of: 7, from: 0, limit: 9).notifications.map(\.isRead) == [false, true, false])
        #expect(try Self.commit(store, [.read(7, 2), .read(7, nil)]) == [nil, nil], "again is fine")
        #expect(try store.notifications(of: 7, from: 0, limit: 9).unread == 0)
    }

    @Test(arguments: StoreTests.Kind.allCases)
    func `above the bound read ones go first, then the oldest, and no id comes twice`(kind: StoreTests.Kind) throws {
        let place = try StoreTests.Place(kind)
        var store = try place.store()
        _ = try store.open(now: StoreTests.now)
        try Self.commit(store, (1...4).map { .notification(Self.notification($0), keeping: 4) })
        try Self.commit(store, [.notification(Self.notification(5, of: 8), keeping: 4), .read(7, 3), .read(7, 4)])
        func kept() throws -> [Int] { try store.notifications(of: 7, from: 0, limit: 9).notifications.map(\.id) }
        try Self.commit(store, [.notification(Self.notification(6), keeping: 4)])
        #expect(try kept() == [6, 4, 2, 1])
        try Self.commit(store, [.notification(Self.notification(7), keeping: 4)])
        #expect(try kept() == [7, 6, 2, 1])
        try Self.commit(store, [.notification(Self.notification(8), keeping: 4)])
        #expect(try kept() == [8, 7, 6, 2])
        // The last of all goes, being read; its id is not given again.
        try Self.commit(store, [.notification(Self.notification(9, of: 3), keeping: 1), .read(3, nil)])
        try Self.commit(store, [.notification(Self.notification(10, of: 3), keeping: 1), .read(3, nil)])
        try store.close(now: StoreTests.now, isComplete: true)
        store = try place.store()
        #expect(try store.open(now: StoreTests.now).lastNotification == 10)
    }
}
