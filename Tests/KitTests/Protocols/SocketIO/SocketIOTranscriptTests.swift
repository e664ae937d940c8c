import Foundation
import NIOCore
import Testing

@testable import Kit

/// Recorded exchanges of the dashboards' sockets, replayed against both halves; Engine.IO's part is left out.
///
/// `>` is a packet of the client, `<` one of the server; `@ TOKEN TENANT` says whose a token is; `% ENTITY METRICS TILES` what an entity is; `=` is
/// the end.
struct SocketIOTranscriptTests {
    private static let settings = ProtocolSettings(home: "org_home")

    static func transcripts() throws -> [(name: String, lines: [String])] {
        let folder = Bundle.module.resourceURL!.appending(path: "Fixtures/socketio")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.filter { $0.pathExtension == "transcript" }.sorted { $0.path < $1.path }.map { file in
            let text = try String(contentsOf: file, encoding: .utf8)
            return (file.lastPathComponent, text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") })
        }
    }

    /// The server as far as a codec sees it.
    private struct Replay {
        var codec: SocketIOServerCodec
        var tenants: [String: String] = [:]
        var entities: [String: EntityReport] = [:]
        var places: [Room: Set<Audience>] = [:]
        var said: [String] = []
        var isOver = false

        mutating func perform(_ actions: [Action]) {
            for action in actions where !isOver {
                switch action {
                case .send(let message):
                    let text = String(buffer: message).replacing(/"sid":"[A-Za-z0-9_-]{20}"/, with: #""sid":"SID""#)
                    said.append("< " + text)
                case .joinAs(let room, let audience):
                    let isNew = places[room, default: []].insert(audience).inserted
                    #expect(isNew, "a place taken twice")
                case .leaveAs(let room, let audience):
                    let place = places[room]?.remove(audience)
                    #expect(place != nil)
                case .authenticate(let token, let purpose):
                    perform(codec.authenticated(for: purpose, identity(of: token)))
                case .describe(let question):
                    let report = entities[question.entity]
                    perform(codec.described(question, report.map { .success($0) } ?? .failure(.notFound)))
                case .end(let code, let reason):
                    said.append("= \(code.rawValue) \(reason)")
                    isOver = true
                case .sendBinary, .join, .leave, .authorize, .verify, .forgetAccount, .take, .giveBack:
                    Issue.record("not for this protocol: \(action)")
                }
            }
        }

        private func identity(of token: String) -> Result<Identity, KitError> {
            switch token {
            case "late": .failure(KitError(.expired, "the token has expired; get a new one"))
            case "homeless": .failure(KitError(.forbidden, "the token names no tenant"))
            default:
                tenants[token].map { .success(Identity(user: .random(), scope: .user, organization: $0)) }
                    ?? .failure(TokenKey.refused)
            }
        }
    }

    private static func entity(_ line: String) throws -> (String, EntityReport) {
        let parts = line.split(separator: " ").map(String.init)
        guard case .object(let metrics) = try JSON(parsing: parts[1].utf8) else { throw KitError(.invalid, line) }
        return (
            parts[0],
            EntityReport(
                rooms: [.link(try ShortCode(parts[0])), .entity(EntityKey(.home, parts[0]))],
                metrics: metrics.members.map { ($0.key, $0.value) }, tiles: try JSON(parsing: parts[2].utf8))
        )
    }

    @Test func `both halves say and understand what was recorded`() throws {
        let transcripts = try Self.transcripts()
        #expect(transcripts.count >= 2)
        for (name, lines) in transcripts {
            var replay = Replay(
                codec: try SocketIOServerCodec(UpgradeRequest(target: "/socket.io/"), Self.settings))
            replay.perform(replay.codec.opened(.anonymous))
            for line in lines {
                let text = String(line.dropFirst(2))
                switch line.first {
                case ">": replay.perform(replay.codec.receive(ByteBuffer(string: text)))
                case "@":
                    let parts = text.split(separator: " ")
                    replay.tenants[String(parts[0])] = String(parts[1])
                case "%":
                    let (entity, report) = try Self.entity(text)
                    replay.entities[entity] = report
                default: break
                }
            }
            #expect(replay.said == lines.filter { $0.hasPrefix("<") || $0.hasPrefix("=") }, "\(name)")
            var client = SocketIOClientCodec()
            _ = client.opened(presenting: .ticket("good"), subscribingTo: [], entities: ["guide"])
            for line in lines where line.hasPrefix("<") {
                let packet = try SocketIOPacket(ByteBuffer(string: String(line.dropFirst(2))))
                let heard = client.receive(ByteBuffer(string: "4" + packet.text))
                switch (packet.kind, heard) {
                case (.connect, nil), (.ack, nil), (.connectError, .refused?), (.event, .said?), (.event, .refused?):
                    break
                default: Issue.record("\(name): not understood as it should be: \(line)")
                }
            }
        }
    }

    @Test func `leaving a namespace leaves its rooms, and both may hear of the same`() throws {
        var replay = Replay(codec: try SocketIOServerCodec(UpgradeRequest(target: "/socket.io/"), Self.settings))
        replay.tenants["good"] = "org_home"
        let (entity, report) = try Self.entity(#"guide {"clicks":1} []"#)
        replay.entities[entity] = report
        func say(_ text: String) { replay.perform(replay.codec.receive(ByteBuffer(string: text))) }
        for namespace in ["/dashboard", "/analytics/dashboard"] {
            say(#"0\#(namespace),{"token":"good"}"#)
            say(#"2\#(namespace),["subscribe",{"entityId":"guide","entityType":"event"}]"#)
        }
        let room = Room.link(try ShortCode("guide"))
        #expect(replay.places[room]?.count == 2)
        #expect(replay.places[.dashboards(.home)]?.count == 1)
        say("1/dashboard,")
        #expect(replay.places[room]?.count == 1)
        say(#"2/analytics/dashboard,["unsubscribe",{"entityId":"guide"}]"#)
        #expect(replay.places[room]?.isEmpty == true)
        say("1/analytics/dashboard,")
        let left = replay.places.values.filter { !$0.isEmpty }
        #expect(left.isEmpty)
        #expect(!replay.codec.isEstablished)
    }

    @Test func `a socket has so many subscriptions and no more`() throws {
        var replay = Replay(codec: try SocketIOServerCodec(UpgradeRequest(target: "/socket.io/"), Self.settings))
        replay.tenants["good"] = "org_home"
        replay.perform(replay.codec.receive(ByteBuffer(string: #"0/dashboard,{"token":"good"}"#)))
        for number in 0...SocketIOServerCodec.maximumSubscriptions {
            replay.entities["e\(number)"] = EntityReport(rooms: [], metrics: [], tiles: [])
            let text = #"2/dashboard,["subscribe",{"entityId":"e\#(number)","entityType":"event"}]"#
            replay.perform(replay.codec.receive(ByteBuffer(string: text)))
        }
        #expect(replay.said.last?.contains("ANALYTICS_1004") == true)
        #expect(
            replay.said.filter { $0.contains("dashboard:initial") }.count == SocketIOServerCodec.maximumSubscriptions)
    }

    @Test func `the client asks for what it is to hear of, and answers pings`() throws {
        var client = SocketIOClientCodec()
        let none = client.opened(presenting: .ticket("a.b"), subscribingTo: [.link(try ShortCode("guide"))])
        #expect(none.isEmpty)
        #expect(client.receive(ByteBuffer(string: #"0{"sid":"x"}"#)) == nil)
        #expect(client.takeReplies().map { String(buffer: $0) } == [#"40/dashboard,{"token":"a.b"}"#])
        #expect(client.receive(ByteBuffer(string: #"40/dashboard,{"sid":"x"}"#)) == nil)
        #expect(
            client.takeReplies().map { String(buffer: $0) } == [
                #"42/dashboard,["subscribe",{"entityId":"guide","entityType":"link"}]"#
            ])
        #expect(client.receive(ByteBuffer(string: "2")) == nil)
        #expect(client.takeReplies().map { String(buffer: $0) } == ["3"])
    }

    @Test func `a click is a metric, by each of its names`() throws {
        let subject = MetricSubject(.dashboard, entity: #"a"b"#, clickNames: ["clicks", "traffic"])
        let audience = Audience(wire: .socketio, subject: subject)
        var frames = ByteBuffer()
        let time = try #require(Timestamp("2026-06-27T12:34:56.123456Z"))
        #expect(SocketIOServerCodec.encode(.total(13, time), for: audience, in: .totals, into: &frames))
        var payload = ByteBuffer()
        EnginePayload.append(frames, to: &payload)
        let said = ["clicks", "traffic"].map {
            #"42/dashboard,["metric:update",{"entityId":"a\"b","metricName":"\#($0)","value":13,"timestamp":"2026-06-27T12:34:56.123Z"}]"#
        }
        #expect(String(buffer: payload) == said.joined(separator: "\u{1E}"))
    }
}
