import Foundation
import NIOCore
import Testing

@testable import Kit

/// Recorded exchanges, replayed against both halves of the codec.
///
/// `>` is a message of the client, `<` one of the server; `!` is a click and `*` an internal call's body that are published; `@` names the roles
/// from there on.
struct QuickbackTranscriptTests {
    private static let settings = ProtocolSettings(home: "org_home")

    static func transcripts() throws -> [(name: String, lines: [String])] {
        let folder = Bundle.module.resourceURL!.appending(path: "Fixtures/quickback")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.filter { $0.pathExtension == "transcript" }.sorted { $0.path < $1.path }.map { file in
            let text = try String(contentsOf: file, encoding: .utf8)
            return (
                file.lastPathComponent, text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
            )
        }
    }

    private static func identity(_ roles: String) -> Identity {
        Identity(
            user: .random(), scope: .user, organization: "org_7f3", roles: roles.split(separator: ",").map(String.init))
    }

    private static func published(_ line: Substring, isClick: Bool) throws -> Event {
        guard isClick else {
            let json = try JSON(parsing: Array(line.utf8))
            return .publication(
                try PublicationRequest(json, size: line.utf8.count, settings: settings, now: .now).publication)
        }
        let click = try JSONDecoder().decode(ClickEvent.self, from: Data(line.utf8))
        let details = ClickDetails(
            country: try #require(Country(click.country)),
            device: try #require(Device.allCases.first { $0.name.description == click.deviceType }),
            browser: try #require(Browser.allCases.first { $0.name.description == click.browser }))
        var event = Click(
            code: try ShortCode(click.shortCode), link: 1, owner: .random(), ownerKey: 1, details: details,
            at: try #require(Timestamp(click.timestamp)))
        event.linkNumber = 1
        return .click(event)
    }

    /// What a subscriber of this audience gets for an event; nil when it gets nothing.
    private static func message(_ event: Event, to audience: Audience) throws -> String? {
        var frames = ByteBuffer()
        guard QuickbackServerCodec.encode(event, for: audience, in: .organization(.home), into: &frames) else {
            #expect(frames.readableBytes == 0)
            return nil
        }
        var reader = MessageReader(role: .client, maximumMessage: 1_048_576)
        guard case .text(let message)? = try reader.next(from: &frames) else { return "" }
        #expect(frames.readableBytes == 0)
        return String(buffer: message)
    }

    @Test func `both halves say and understand what was recorded`() throws {
        let transcripts = try Self.transcripts()
        #expect(transcripts.count >= 2)
        for (name, lines) in transcripts {
            var codec = try QuickbackServerCodec(
                UpgradeRequest(target: "/realtime/v1/websocket?ws_ticket=x"), Self.settings)
            var client = QuickbackClientCodec()
            var audience = try codec.audience(of: Self.identity(""))
            #expect(
                codec.opened(Self.identity("")).allSatisfy { if case .join = $0 { true } else { false } }, "no greeting"
            )
            var said: [String] = []
            var expected: [String] = []
            for line in lines {
                let text = line.dropFirst(2)
                switch line.first {
                case ">":
                    for case .send(let message) in codec.receive(ByteBuffer(string: String(text))) {
                        said.append(String(buffer: message))
                    }
                case "!", "*":
                    if let message = try Self.message(Self.published(text, isClick: line.first == "!"), to: audience) {
                        said.append(message)
                    }
                case "@": audience = try codec.audience(of: Self.identity(String(text)))
                default: expected.append(String(text))
                }
            }
            #expect(said == expected, "\(name)")
            for text in expected {
                let event = client.receive(ByteBuffer(string: text))
                if text == "pong" {
                    #expect(event == nil)
                } else {
                    #expect(event == .said(try JSON(parsing: Array(text.utf8))))
                }
            }
        }
    }

    @Test func `subscribers of the same roles share their frames, and views are bounded`() throws {
        let views = RoleViews(.standard)
        let kept = (0..<RoleViews.most).map { views.view(of: ["member", "role\($0)"]) }
        #expect(views.view(of: ["role7", "member"]) === kept[7])
        let further = views.view(of: ["owner"])
        #expect(further.roles.isEmpty, "who comes last is shown what no role is")
        #expect(!further.allows(["owner"]))
        withExtendedLifetime(kept) {}
        // With those gone there is room again.
        let dropped = RoleViews(.standard)
        for number in 0..<1_000 { _ = dropped.view(of: ["role\(number)"]) }
        #expect(dropped.view(of: ["owner"]).allows(["owner"]))
    }

    @Test(arguments: [
        "[]", "{}", #"{"type":"x"}"#, #"{"type":"broadcast"}"#, #"{"type":"broadcast","event":7}"#,
        #"{"type":"broadcast","event":"e","targetRoles":"admin"}"#,
        #"{"type":"broadcast","event":"e","targetRoles":[1]}"#,
        #"{"type":"broadcast","event":"e","userId":{}}"#,
        #"{"type":"postgres_changes","table":"t","eventType":"TRUNCATE"}"#,
        #"{"type":"postgres_changes","table":"t","eventType":"INSERT"}"#,
        #"{"type":"postgres_changes","table":"t","eventType":"INSERT","new":[]}"#,
        #"{"type":"postgres_changes","table":"t","eventType":"DELETE","new":{"id":1},"old":{"id":1}}"#,
    ])
    func `a bad publication is refused by field`(text: String) throws {
        let json = try JSON(parsing: Array(text.utf8))
        #expect {
            try PublicationRequest(json, size: 1, settings: Self.settings, now: .now)
        } throws: { error in
            (error as? PublicationRequest.Refused)?.fields.isEmpty == false
        }
    }
}
