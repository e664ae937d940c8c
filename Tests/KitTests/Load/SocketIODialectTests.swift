import Foundation
import Testing

@testable import Kit

struct SocketIODialectTests {
    private let dialect: SocketIODialect

    init() throws { dialect = SocketIODialect(token: "t", links: [try ShortCode("abc1234")]) }

    private func read(_ text: String) -> LoadMessage {
        Array(text.utf8).withUnsafeBytes { dialect.read($0, of: 0) }
    }

    @Test func `totals and what comes before them are understood`() {
        let update =
            #"42/dashboard,["metric:update",{"entityId":"abc1234","metricName":"clicks","value":17,"timestamp":"x"}]"#
        #expect(read(update) == .total(17))
        #expect(
            read(#"42/dashboard,["dashboard:initial",{"entityId":"abc1234","metrics":{"clicks":12},"tiles":[]}]"#)
                == .begins(12))
        #expect(read(#"0{"sid":"x"}"#) == .other)
        #expect(read(#"40/dashboard,{"sid":"x"}"#) == .other)
        #expect(read("2") == .asked(answer: "3"))
        for broken in [
            #"44/dashboard,{"message":"Unauthorized"}"#, "", "x", "4x", "6",
            #"42/dashboard,["metric:update",{"entityId":"abc1234","metricName":"clicks","value":"17"}]"#,
            #"42/dashboard,["dashboard:initial",{"entityId":"other","metrics":{"clicks":12},"tiles":[]}]"#,
        ] {
            guard case .broken = read(broken) else {
                Issue.record("not broken: \(broken)")
                continue
            }
        }
    }

    @Test func `a client joins and subscribes at once`() {
        #expect(
            dialect.hello(of: 0) == [
                #"40/dashboard,{"token":"t"}"#,
                #"42/dashboard,["subscribe",{"entityId":"abc1234","entityType":"link"}]"#,
            ])
    }

    @Test func `what a total takes the place of is named`() {
        var tally = Tally()
        tally.begin(at: Position(epoch: 1, number: 12))
        // Two at a time: nothing lies between the first, three between the second; the last goes back and is none.
        let heard = ([13, 17, 15] as [Int64]).map { number in
            (superseded: tally.supersede(before: number), isNew: tally.receive(1, number))
        }
        #expect(heard.map(\.superseded) == [0, 3, 0])
        #expect(heard.map(\.isNew) == [true, true, false])
        #expect(tally.named == 3)
        #expect(tally.unexplained == 0)
        #expect(tally.duplicates == 1)
        // Another connection begins with all there is: what was lost with the first is told by that.
        tally.resumeBlindly()
        tally.begin(atTotal: 20, epoch: 1)
        let next = tally.receive(1, 21)
        #expect(next)
        #expect(tally.named == 6)
        #expect(tally.inDoubt == 0)
        #expect(tally.owed == 9)
    }
}
