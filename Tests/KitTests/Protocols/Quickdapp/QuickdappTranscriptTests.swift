import Foundation
import NIOCore
import Testing

@testable import Kit

/// Recorded exchanges of QuickDapp, replayed against both halves.
///
/// `>` is a message of the client, `<` one of the server; `*` is an envelope that is published; `@ TOKEN ID` says whose a token is, and the
/// account of `full` has no place left; `=` is the end.
struct QuickdappTranscriptTests {
    private static let settings = ProtocolSettings(home: "org_home")

    static func transcripts() throws -> [(name: String, lines: [String])] {
        let folder = Bundle.module.resourceURL!.appending(path: "Fixtures/quickdapp")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.filter { $0.pathExtension == "transcript" }.sorted { $0.path < $1.path }.map { file in
            let text = try String(contentsOf: file, encoding: .utf8)
            return (file.lastPathComponent, text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") })
        }
    }

    /// The server as far as a codec sees it.
    private struct Replay {
        var codec: QuickdappServerCodec
        var accounts: [String: AccountID] = [:]
        var hasPlaces = true
        var rooms: Set<Room> = []
        var seats: [Seat] = []
        var said: [String] = []
        var isOver = false

        mutating func perform(_ actions: [Action]) {
            for action in actions where !isOver {
                switch action {
                case .send(let message): said.append("< " + String(buffer: message))
                case .join(let room): rooms.insert(room)
                case .leave(let room): rooms.remove(room)
                case .verify(let token):
                    perform(
                        codec.verified(
                            accounts[token].map { .success($0) }
                                ?? .failure(KitError(.unauthorized, "the token is missing or not valid"))))
                case .take(let seat):
                    let isFree = seat == .connection ? hasPlaces : seat != accounts["full"].map(Seat.account)
                    if isFree { seats.append(seat) }
                    perform(codec.seated(seat, isFree))
                case .forgetAccount: #expect(!seats.contains { if case .account = $0 { true } else { false } })
                case .giveBack(let seat): seats.removeAll { $0 == seat }
                case .end(let code, let reason):
                    said.append("= \(code.rawValue) \(reason)")
                    isOver = true
                case .authorize, .sendBinary, .joinAs, .leaveAs, .authenticate, .describe:
                    Issue.record("not for this protocol: \(action)")
                }
                // Whoever is in a room has a place there, and nobody has two.
                #expect(seats.count == Set(seats).count)
                if !isOver, case .join(let room) = action, case .account(let id) = room {
                    #expect(seats.contains(.account(id)))
                }
            }
        }
    }

    private static func codec(_ target: String = "/ws") throws -> QuickdappServerCodec {
        try QuickdappServerCodec(UpgradeRequest(target: target), settings)
    }

    /// What a subscriber gets for an envelope.
    private static func message(_ envelope: JSON) throws -> String {
        let event = Event.publication(Publication(.envelope(envelope), in: .accounts, at: .now, size: 1))
        var frames = ByteBuffer()
        #expect(
            QuickdappServerCodec.encode(event, for: Audience(wire: .quickdapp), in: .accounts, into: &frames))
        var reader = MessageReader(role: .client, maximumMessage: 1_048_576)
        guard case .text(let message)? = try reader.next(from: &frames) else { return "" }
        return String(buffer: message)
    }

    @Test func `both halves say and understand what was recorded`() throws {
        let transcripts = try Self.transcripts()
        #expect(transcripts.count >= 3)
        for (name, lines) in transcripts {
            var replay = Replay(codec: try Self.codec())
            replay.perform(replay.codec.opened(.anonymous))
            for line in lines {
                let text = String(line.dropFirst(2))
                switch line.first {
                case ">": replay.perform(replay.codec.receive(ByteBuffer(string: text)))
                case "*": replay.said.append("< " + (try Self.message(JSON(parsing: Array(text.utf8)))))
                case "@":
                    let parts = text.split(separator: " ")
                    replay.accounts[String(parts[0])] = Int(parts[1])
                default: break
                }
            }
            #expect(replay.said == lines.filter { $0.hasPrefix("<") || $0.hasPrefix("=") }, "\(name)")
            var client = QuickdappClientCodec()
            for line in lines where line.hasPrefix("<") {
                let json = try JSON(parsing: Array(line.utf8.dropFirst(2)))
                let heard = client.receive(ByteBuffer(string: String(line.dropFirst(2))))
                switch json["type"] {
                case "validation", "connected", "registered": #expect(heard == nil)
                case "error":
                    guard case .refused(let reason, let message)? = heard else {
                        Issue.record("not understood: \(line)")
                        continue
                    }
                    let isToken = json["data"]?["code"] == "INVALID_TOKEN"
                    #expect(reason == (isToken ? .unauthorized : .limitExceeded) && !message.isEmpty)
                default: #expect(heard == .said(json))
                }
            }
        }
    }

    @Test func `a client says who it is in its first message`() throws {
        var client = QuickdappClientCodec()
        let said = client.opened(presenting: .ticket("a.b"), subscribingTo: [])
        #expect(said.map { String(buffer: $0) } == [#"{"type":"register","jwtToken":"a.b"}"#])
        let nothing = client.opened(presenting: .none, subscribingTo: [])
        #expect(nothing.map { String(buffer: $0) } == [#"{"type":"register"}"#])
        #expect(QuickdappMessage(said[0]) == .register(token: "a.b"))
    }

    @Test func `a token in the address registers after the greeting`() throws {
        var replay = Replay(codec: try Self.codec("/ws?token=good"), accounts: ["good": 7])
        replay.perform(replay.codec.opened(.anonymous))
        #expect(replay.said.count == 2)
        #expect(replay.said.first?.contains("established") == true)
        #expect(replay.said.last?.contains(#""registered","data":{"userId":7"#) == true)
        #expect(replay.rooms == [.accounts, .account(7)])
    }

    @Test func `signing in and out moves a socket between rooms and gives its place back`() throws {
        var replay = Replay(codec: try Self.codec(), accounts: ["seven": 7, "eight": 8])
        replay.perform(replay.codec.opened(.anonymous))
        for (message, rooms) in [
            (#"{"type":"register","jwtToken":"seven"}"#, [Room.accounts, .account(7)]),
            (#"{"type":"register","jwtToken":"eight"}"#, [.accounts, .account(8)]),
            (#"{"type":"register","jwtToken":"bad"}"#, [.accounts]),
            (#"{"type":"register","jwtToken":"seven"}"#, [.accounts, .account(7)]),
            (#"{"type":"nothing"}"#, [.accounts, .account(7)]), (#"{"type":"register"}"#, [.accounts]),
        ] {
            replay.perform(replay.codec.receive(ByteBuffer(string: message)))
            #expect(replay.rooms == Set(rooms), "\(message)")
            #expect(replay.seats.count == rooms.count)
        }
    }

    @Test func `a server without a place left says so behind the greeting`() throws {
        var replay = Replay(codec: try Self.codec(), hasPlaces: false)
        replay.perform(replay.codec.opened(.anonymous))
        #expect(replay.said.count == 3)
        #expect(replay.said.first?.contains("connected") == true)
        #expect(replay.said.dropFirst().first?.contains(#""code":"CONNECTION_LIMIT_TOTAL_EXCEEDED""#) == true)
        #expect(replay.said.last == "= 1013 CONNECTION_LIMIT_TOTAL_EXCEEDED")
        #expect(replay.rooms.isEmpty)
    }

    @Test(
        arguments: [
            ("/ws", WireProtocol.quickdapp, WireProtocol.quikko), ("/ws?a=b", .quickdapp, .quikko),
            ("/ws?token=", .quikko, .quikko), ("/ws?token=native", .quikko, .quikko),
            ("/ws?token=account", .quickdapp, .quickdapp), ("/ws?ticket=account", .quikko, .quikko),
            ("/ws/", nil, nil), ("/realtime/v1/websocket", .quickback, .quickback),
        ] as [(String, WireProtocol?, WireProtocol?)])
    func `an address belongs to one protocol`(target: String, usual: WireProtocol?, refusing: WireProtocol?) {
        let request = UpgradeRequest(target: target)
        for (refuses, expected) in [(false, usual), (true, refusing)] {
            let settings = ProtocolSettings(home: "org_home", refusesBareSockets: refuses)
            #expect(WireProtocol.claiming(request, settings) { $0 == "account" } == expected)
            let claims = WireProtocol.allCases.filter {
                $0.serverCodec.claims(request, settings) { $0 == "account" }
            }
            #expect(claims.count <= 1)
        }
    }
}
