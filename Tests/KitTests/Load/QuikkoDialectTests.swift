import NIOCore
import Testing

@testable import Kit

struct QuikkoDialectTests {
    private func read(_ text: String) throws -> LoadMessage {
        let dialect = QuikkoDialect(token: "t", links: [try ShortCode("abc1234")])
        return Array(text.utf8).withUnsafeBytes { dialect.read($0, of: 0) }
    }

    private let payload =
        #""payload":{"shortCode":"abc1234","country":"DE","deviceType":"desktop","browser":"Firefox","timestamp":"2026-06-27T12:34:56.123456Z"}}"#

    @Test(arguments: [
        #"{"type":"click_event","room":"url:abc1234","epoch":3,"n":812,"#,
        // As another server may write it: the slow way gives the same.
        #"{ "type": "click_event", "epoch": 3, "n": 812, "room": "url:abc1234","#,
    ])
    func `an event is read by its numbers`(head: String) throws {
        #expect(try read(head + payload) == .event(epoch: 3, number: 812, sentAt: nil))
    }

    @Test func `notices are read in full`() throws {
        let gap = try read(
            #"{"type":"gap","payload":{"room":"url:abc1234","epoch":1,"from":3,"to":9,"count":7,"reason":"slow_consumer"}}"#
        )
        #expect(gap == .gap(Gap(room: try Room("url:abc1234"), epoch: 1, numbers: 3...9, reason: .slow)))
        #expect(
            try read(#"{"type":"position","payload":{"room":"url:abc1234","epoch":1,"n":9}}"#)
                == .reached(Position(epoch: 1, number: 9)))
        #expect(try read(#"{"type":"hello"}"#) == .other)
        #expect(try read("") == .broken("a message that is none of the protocol's"))
        #expect(try read(#"{"type":"click_event","room":"url:abc1234","epoch":3,"n":"#) != .other)
    }

    @Test func `the head of a 101 says where owing begins`() throws {
        let dialect = QuikkoDialect(token: "t", links: [try ShortCode("abc1234")])
        let opening = dialect.opened(
            0,
            [
                ("x-quikko-connection", "s1-9"), ("x-quikko-position", "url:other12 1:5"),
                ("x-quikko-position", "url:abc1234 2:7"),
            ])
        #expect(opening == LoadOpening(start: Position(epoch: 2, number: 7), connection: "s1-9"))
    }
}
