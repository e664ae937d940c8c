import Foundation
import NIOCore
import Testing

@testable import Kit

/// Recorded exchanges, replayed against both halves of a codec.
///
/// `#` says what happens; `>` is a message of the client, `<` one of the server; `!` is a click that is published, written as
/// the server knows it; `@ mine CODE` says that CODE is a link of this identity.
struct TranscriptTests {
    struct Transcript: CustomTestStringConvertible {
        enum Line { case client(String), server(String), click(String), mine(String) }
        let name: String
        let lines: [Line]

        var testDescription: String { name }

        static func all(of wire: WireProtocol) -> [Transcript] {
            let folder = Bundle.module.resourceURL!.appending(path: "Fixtures/\(wire.rawValue)")
            let files =
                (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
            return files.filter { $0.pathExtension == "transcript" }.sorted { $0.path < $1.path }.map { file in
                let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
                return Transcript(
                    name: file.deletingPathExtension().lastPathComponent,
                    lines: text.split(separator: "\n").compactMap { line in
                        let rest = String(line.dropFirst(2))
                        return switch line.first {
                        case ">": .client(rest)
                        case "<": .server(rest)
                        case "!": .click(rest)
                        case "@": .mine(String(rest.dropFirst("mine ".count)))
                        default: nil
                        }
                    })
            }
        }
    }

    @Test func `there are transcripts`() { #expect(Transcript.all(of: .quikko).count >= 4) }

    @Test(arguments: Transcript.all(of: .quikko))
    func `the server says exactly what was recorded`(transcript: Transcript) throws {
        var codec = try QuikkoServerCodec(UpgradeRequest(target: "/ws?token=x"), ProtocolSettings(home: "org_x"))
        let me = Identity(user: .random(), scope: .user)
        var mine: Set<Room> = []
        var said: [String] = []
        var expected: [String] = []
        func perform(_ actions: [Action]) {
            for action in actions {
                switch action {
                case .send(let message): said.append(String(buffer: message))
                case .join(let room): #expect(room == .user(me.user))
                case .authorize(let room):
                    let answer: Result<Void, KitError> =
                        mine.contains(room) ? .success(()) : .failure(KitError(.forbidden, ""))
                    perform(codec.subscribed(to: room, answer))
                case .leave, .verify, .forgetAccount, .take, .giveBack, .end, .sendBinary, .joinAs, .leaveAs,
                    .authenticate,
                    .describe:
                    Issue.record("not for this protocol: \(action)")
                }
            }
        }
        perform(codec.opened(me))
        for line in transcript.lines {
            switch line {
            case .client(let text): perform(codec.receive(ByteBuffer(string: text)))
            case .server(let text): expected.append(text)
            case .mine(let code): mine.insert(.link(try ShortCode(code)))
            case .click(let text): said.append(try Self.published(text))
            }
        }
        #expect(said == expected)
    }

    /// The message every subscriber gets for a click, taken out of its frame.
    private static func published(_ text: String) throws -> String {
        let click = try JSONDecoder().decode(ClickEvent.self, from: Data(text.utf8))
        let details = ClickDetails(
            country: Country(click.country) ?? .unknown,
            device: Device.allCases.first { $0.name.description == click.deviceType } ?? .unknown,
            browser: Browser.allCases.first { $0.name.description == click.browser } ?? .unknown)
        let event = Event.click(
            Click(
                code: try ShortCode(click.shortCode), link: 1, owner: .random(), ownerKey: 1, details: details,
                at: try #require(Timestamp(click.timestamp))))
        var frames = ByteBuffer()
        #expect(
            QuikkoServerCodec.encode(
                event, for: Audience(wire: .quikko), in: .user(UserID(high: 1, low: 0)), into: &frames))
        var reader = MessageReader(role: .client, maximumMessage: 1_024)
        guard case .text(let message)? = try reader.next(from: &frames) else { return "" }
        #expect(frames.readableBytes == 0)
        return String(buffer: message)
    }

    @Test(arguments: Transcript.all(of: .quikko))
    func `the client understands what the server says and says what was recorded`(transcript: Transcript) throws {
        var codec = QuikkoClientCodec()
        var heard: [ClickEvent] = []
        for line in transcript.lines {
            switch line {
            case .client(let text):
                guard case .subscribe(let code)? = try? QuikkoMessage(ByteBuffer(string: text)),
                    let code = try? ShortCode(code),
                    text.hasPrefix(#"{"type":"subscribe""#)
                else { continue }
                #expect(String(buffer: QuikkoMessage.subscribe(code.description).bytes) == text)
            case .server(let text):
                switch codec.receive(ByteBuffer(string: text)) {
                case .click(let click, nil): heard.append(click)
                case .refused(let reason, let message): #expect(reason == .notFound && !message.isEmpty)
                default: Issue.record("not understood: \(text)")
                }
            case .click, .mine: break
            }
        }
        let published = try transcript.lines.compactMap { line in
            if case .click(let text) = line {
                try JSONDecoder().decode(ClickEvent.self, from: Data(text.utf8))
            } else {
                nil
            }
        }
        #expect(heard == published)
    }

    @Test(arguments: ["", "x", "[]", "{}", #"{"type":"later","payload":{}}"#, #"{"type":1}"#])
    func `a client ignores what it does not know`(text: String) {
        var codec = QuikkoClientCodec()
        #expect(codec.receive(ByteBuffer(string: text)) == nil)
    }

    @Test func `subscriptions of one connection are bounded`() throws {
        var codec = try QuikkoServerCodec(UpgradeRequest(target: "/ws?token=x"), ProtocolSettings(home: "org_x"))
        for number in 0..<QuikkoServerCodec.maximumSubscriptions {
            #expect(codec.subscribed(to: .link(try ShortCode("code-\(number)")), .success(())).isEmpty)
        }
        let actions = codec.receive(ByteBuffer(string: #"{"type":"subscribe","payload":{"shortCode":"one-more"}}"#))
        guard case .send(let message)? = actions.first else {
            Issue.record("not refused")
            return
        }
        #expect(String(buffer: message).contains("VALIDATION_ERROR"))
    }
}
