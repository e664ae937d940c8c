import NIOCore
import Testing

@testable import Kit

/// The native extensions on the wire, byte for byte, and read back by the client half.
struct NumberedFrameTests {
    private static let user = Room.user(UserID("64a1f0c2b3d4e5f601234567")!)

    private static func click() throws -> Click {
        var click = Click(
            code: try ShortCode("xYz12A7"), link: 1, owner: UserID("64a1f0c2b3d4e5f601234567")!, ownerKey: 1,
            details: ClickDetails(country: Country("PE")!, device: .desktop, browser: .chrome),
            at: Timestamp("2026-06-27T12:34:56.123456Z")!)
        (click.epoch, click.ownerNumber, click.linkNumber) = (12, 1_000, 99)
        return click
    }

    private static let payload =
        #"{"shortCode":"xYz12A7","country":"PE","deviceType":"desktop","browser":"Chrome","timestamp":"2026-06-27T12:34:56.123456Z"}"#

    private func text(_ frame: ByteBuffer) throws -> String {
        var frame = frame
        var reader = MessageReader(role: .client, maximumMessage: 65_536)
        guard case .text(let message)? = try reader.next(from: &frame) else { return "" }
        #expect(frame.readableBytes == 0)
        return String(buffer: message)
    }

    @Test func `with positions an event names its room, epoch and number, and the payload keeps its five keys`() throws
    {
        let positions = Audience(wire: .quikko, variant: .positions)
        var frame = ByteBuffer()
        #expect(QuikkoServerCodec.encode(.click(try Self.click()), for: positions, in: Self.user, into: &frame))
        let start = #"{"type":"click_event","room":"user:64a1f0c2b3d4e5f601234567","epoch":12,"n":1000,"payload":"#
        #expect(try text(frame) == start + Self.payload + "}")
        frame = ByteBuffer()
        let link = Room.link(try ShortCode("xYz12A7"))
        #expect(QuikkoServerCodec.encode(.click(try Self.click()), for: positions, in: link, into: &frame))
        #expect(
            try text(frame) == #"{"type":"click_event","room":"url:xYz12A7","epoch":12,"n":99,"payload":"#
                + Self.payload + "}")
        var codec = QuikkoClientCodec()
        let place = Place(room: link, position: Position(epoch: 12, number: 99))
        #expect(codec.receive(ByteBuffer(string: try text(frame))) == .click(ClickEvent(try Self.click()), place))
    }

    @Test(arguments: [Int64(1), 9, 10, 99, 100, 12_345, 999_999_999_999, .max])
    func `numbers of any length fit their frame`(number: Int64) throws {
        var click = try Self.click()
        click.ownerNumber = number
        var frame = ByteBuffer()
        let positions = Audience(wire: .quikko, variant: .positions)
        #expect(QuikkoServerCodec.encode(.click(click), for: positions, in: Self.user, into: &frame))
        #expect(try text(frame).contains(#""n":\#(number),"payload""#))
    }

    @Test func `an event stream carries the same text, with the position as its id`() throws {
        var bytes = ByteBuffer()
        let events = Audience(wire: .quikko, variant: .events)
        #expect(QuikkoServerCodec.encode(.click(try Self.click()), for: events, in: Self.user, into: &bytes))
        #expect(
            String(buffer: bytes) == """
                id: 12:1000
                event: click_event
                data: {"type":"click_event","room":"user:64a1f0c2b3d4e5f601234567","epoch":12,"n":1000,"payload":\(Self.payload)}


                """)
    }

    static let notices: [(Notice, String)] = [
        (
            .gap(Gap(room: user, epoch: 2, numbers: 5...9, reason: .slow)),
            #"{"type":"gap","payload":{"room":"user:64a1f0c2b3d4e5f601234567","epoch":2,"from":5,"to":9,"count":5,"reason":"slow_consumer"}}"#
        ),
        (
            .hole(user, Hole(epoch: 1, from: 813, to: nil, reason: .crash)),
            #"{"type":"hole","payload":{"room":"user:64a1f0c2b3d4e5f601234567","epoch":1,"from":813,"to":null,"reason":"crash"}}"#
        ),
        (
            .recovered(
                Recovery(
                    room: user, from: Position(epoch: 1, number: 3), to: Position(epoch: 2, number: 20), count: 10,
                    holes: [Hole(epoch: 1, from: 4, to: 10, reason: .overflow)])),
            #"{"type":"recovered","payload":{"room":"user:64a1f0c2b3d4e5f601234567","from":"1:3","to":"2:20","count":10,"complete":false,"holes":[{"epoch":1,"from":4,"to":10,"reason":"recorder_overflow"}]}}"#
        ),
        (
            .position(user, Position(epoch: 2, number: 20)),
            #"{"type":"position","payload":{"room":"user:64a1f0c2b3d4e5f601234567","epoch":2,"n":20}}"#
        ),
    ]

    @Test(arguments: notices)
    func `notices are one JSON object each, and a client reads them back`(notice: Notice, expected: String) throws {
        var frame = ByteBuffer()
        #expect(QuikkoServerCodec.encode(notice, for: Audience(wire: .quikko, variant: .positions), into: &frame))
        #expect(try text(frame) == expected)
        var codec = QuikkoClientCodec()
        let heard = codec.receive(ByteBuffer(string: expected))
        switch notice {
        case .gap(let gap): #expect(heard == .gap(gap))
        case .hole(let room, let hole): #expect(heard == .hole(room, hole))
        case .recovered(let recovery): #expect(heard == .recovered(recovery))
        case .position(let room, let position): #expect(heard == .position(Place(room: room, position: position)))
        }
    }

    @Test func `a connection that did not ask is told nothing`() {
        for (notice, _) in Self.notices {
            var frame = ByteBuffer()
            #expect(!QuikkoServerCodec.encode(notice, for: Audience(wire: .quikko), into: &frame))
            #expect(frame.readableBytes == 0)
        }
    }
}

struct FollowingTests {
    private func following(_ query: String) throws(KitError) -> Following? {
        try Following(UpgradeRequest(target: "/ws?token=x" + query))
    }

    @Test func `without the opt-in nothing is followed by number`() throws {
        #expect(try following("") == nil)
        #expect(try following("&positions=0") == nil)
    }

    @Test func `each extension is an opt-in`() throws {
        let a = Room.link(try ShortCode("aaa"))
        let b = Room.link(try ShortCode("bbb"))
        #expect(try following("&positions=1") == Following())
        #expect(try following("&since=2:5") == Following(since: .position(Position(epoch: 2, number: 5))))
        #expect(try following("&since=10m") == Following(since: .ago(.seconds(600))))
        #expect(try following("&overflow=replay") == Following(replays: true))
        #expect(
            try following("&rooms=url:aaa,url:bbb&since=1:5,2:0")
                == Following(
                    rooms: [
                        (a, .position(Position(epoch: 1, number: 5))), (b, .position(Position(epoch: 2, number: 0))),
                    ], since: .position(Position(epoch: 1, number: 5))))
        #expect(
            try following("&rooms=url:aaa,url:bbb&since=1h")
                == Following(
                    rooms: [(a, .ago(.seconds(3_600))), (b, .ago(.seconds(3_600)))], since: .ago(.seconds(3_600))))
        // A browser percent-encodes the separators.
        #expect(try following("&rooms=url%3Aaaa%2Curl%3Abbb")?.rooms.map(\.room) == [a, b])
    }

    @Test(arguments: [
        "&positions=yes", "&rooms=aaa", "&rooms=url:a", "&rooms=user:1", "&rooms=url:aaa,url:aaa", "&since=soon",
        "&since=1", "&since=-1:2", "&since=1:-2", "&since=1:2:3", "&since=+1:2", "&since=1:2,1:3",
        "&rooms=url:aaa,url:bbb&since=1:1", "&overflow=close", "&since=99999999999:1", "&since=1:99999999999999999999",
        "&since=1:9223372036854775807",
        "&rooms=user:64a1f0c2b3d4e5f601234567,url:aaa",
        "&rooms=" + (0...Following.maximumRooms).map { "url:code-\($0)" }.joined(separator: ","),
    ])
    func `what makes no sense is refused`(query: String) {
        #expect { try following(query) } throws: { ($0 as? KitError)?.code == .invalid }
    }
}

extension ClickEvent {
    /// A click in the words a client hears.
    fileprivate init(_ click: Click) {
        self.init(
            shortCode: click.code.description, country: click.details.country.description,
            deviceType: "\(click.details.device.name)", browser: "\(click.details.browser.name)",
            timestamp: click.at.description)
    }
}
