import Foundation
import NIOCore
import Testing

@testable import Kit

/// What the protocols' official suites check, point by point, on the testee they check it on.
struct ConformanceScenarios {
    /// What is late on a busy machine must not end what is tested.
    private static let patient = EngineTiming(
        interval: .seconds(600), timeout: .seconds(600), join: .seconds(600), upgrade: .seconds(600),
        farewell: .seconds(600))

    private static func run(
        _ timing: EngineTiming = patient, _ body: (TestServer.Running) async throws -> Void
    ) async throws {
        try await TestServer.run(
            {
                try? $0.beConformanceTestee()
                $0.engine = timing
                $0.closeDeadline = .seconds(600)
            }, body)
    }

    private static let webSocket = "/engine.io/?EIO=4&transport=websocket"

    // MARK: Engine.IO, handshake

    @Test func `a session of polls opens with exactly five keys`() async throws {
        try await Self.run(.conformance) { running in
            try await EnginePeer.with(running.port) { peer in
                let answer = try await peer.get()
                #expect(answer.status == 200)
                #expect(answer.head.contains("\r\nContent-Type: text/plain; charset=UTF-8\r\n"))
                #expect(
                    answer.body.wholeMatch(
                        of:
                            /0\{"sid":"[A-Za-z0-9_-]{20}","upgrades":\["websocket"\],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000\}/
                    ) != nil)
            }
            try await TestSocket.upgrade(running.port, Self.webSocket) { socket in
                let greeting = try await socket.greeting()
                #expect(greeting["upgrades"] == [])
                #expect(greeting["maxPayload"] == 1_000_000)
            }
        }
    }

    @Test(arguments: [
        ("GET", "transport=polling", 5), ("GET", "EIO=abc&transport=polling", 5), ("GET", "EIO=3&transport=polling", 5),
        ("GET", "EIO=4", 0), ("GET", "EIO=4&transport=abc", 0), ("GET", "EIO=4&transport=polling&sid=none", 1),
        ("POST", "EIO=4&transport=polling", 2), ("PUT", "EIO=4&transport=polling", 2),
        ("GET", "EIO=4&transport=websocket", 3),
    ])
    func `a request that opens nothing is told why`(method: String, query: String, code: Int) async throws {
        try await Self.run { running in
            try await EnginePeer.with(running.port) { peer in
                let answer = method == "GET" ? try await peer.get(query) : try await peer.send(method, query, "")
                #expect(answer.status == 400)
                #expect(answer.body.hasPrefix(#"{"code":\#(code),"message":""#))
            }
        }
    }

    @Test(arguments: [
        "/engine.io/?transport=websocket", "/engine.io/?EIO=abc&transport=websocket", "/engine.io/?EIO=4",
        "/engine.io/?EIO=4&transport=abc", "/engine.io/?EIO=4&transport=polling",
        "/engine.io/?EIO=4&transport=websocket&sid=none",
    ])
    func `an upgrade that opens nothing is refused`(target: String) async throws {
        try await Self.run { running in
            try await TestSocket.open(running.port) { socket in
                try await socket.send(TestSocket.handshake(target))
                #expect(try await socket.response().status == 400)
            }
        }
    }

    // MARK: Engine.IO, messages

    @Test func `packets of polls are echoed, text and binary`() async throws {
        try await Self.run { running in
            try await EnginePeer.with(running.port) { peer in
                let session = try await peer.open()
                let said = try await peer.send("POST", session, "4test1\u{1E}4test2\u{1E}4héé")
                #expect(said.status == 200)
                #expect(said.body == "ok")
                #expect(said.head.contains("\r\nContent-Type: text/html\r\n"))
                #expect(try await peer.get(session).body == "4test1\u{1E}4test2\u{1E}4héé")
                #expect(try await peer.send("POST", session, "4test\u{1E}bAQIDBA==").body == "ok")
                #expect(try await peer.get(session).body == "4test\u{1E}bAQIDBA==")
            }
        }
    }

    @Test func `frames of a WebSocket are echoed, text and binary`() async throws {
        try await Self.run { running in
            try await TestSocket.upgrade(running.port, Self.webSocket) { socket in
                _ = try await socket.greeting()
                try await socket.sendText("4hello")
                #expect(try await socket.text() == "4hello")
                try await socket.send(.maskedFrame(.binary, ByteBuffer(bytes: [1, 2, 3, 4]), mask: 7))
                #expect(try await socket.message() == .binary(ByteBuffer(bytes: [1, 2, 3, 4])))
            }
        }
    }

    @Test(arguments: ["abc", "4a\u{1E}x", "b*", "0", "2"])
    func `a malformed payload ends the session`(body: String) async throws {
        try await Self.run { running in
            try await EnginePeer.with(running.port) { peer in
                let session = try await peer.open()
                #expect(try await peer.send("POST", session, body).status == 400)
                #expect(try await peer.get(session).status == 400)
            }
        }
    }

    @Test(arguments: ["abc", "2", "0", ""]) func `a malformed frame ends the session`(text: String) async throws {
        try await Self.run { running in
            try await TestSocket.upgrade(running.port, Self.webSocket) { socket in
                _ = try await socket.greeting()
                try await socket.sendText(text)
                try await socket.expectEnd()
            }
        }
    }

    @Test func `two polls at a time end the session`() async throws {
        try await Self.run { running in
            try await EnginePeer.with(running.port) { peer in
                let session = try await peer.open()
                try await EnginePeer.with(running.port) { other in
                    // Whichever comes first waits, and is told of the end; the other is refused.
                    try await peer.ask(session)
                    try await other.ask(session)
                    let first = try await peer.answer()
                    let second = try await other.answer()
                    let answers = [first, second].sorted { $0.status < $1.status }
                    #expect(answers[0].status == 200)
                    // A ping may have come in between on a slow machine.
                    #expect(["1", "2\u{1E}1"].contains(answers[0].body) || answers[0].body == "2")
                    #expect(answers[1].status == 400 || answers[1].status == 200)
                }
                #expect(try await peer.get(session).status == 400)
            }
        }
    }

    @Test func `a payload has a bound, over polls and in frames`() async throws {
        try await Self.run { running in
            try await EnginePeer.with(running.port) { peer in
                let session = try await peer.open()
                let large = "4" + String(repeating: "x", count: EngineSession.maximumPayload)
                #expect(try await peer.send("POST", session, large).status == 413)
                let binary = "Content-Type: application/octet-stream\r\n"
                #expect(try await peer.send("POST", session, "4a", headers: binary).status == 400)
            }
            try await TestSocket.upgrade(running.port, Self.webSocket) { socket in
                _ = try await socket.greeting()
                try await socket.send(
                    .maskedFrame(.text, ByteBuffer(repeating: 0x34, count: EngineSession.maximumPayload + 1), mask: 7))
                var last: MessageReader.Message?
                while let message = try await socket.message() {
                    last = message
                    if case .close = message { break }
                }
                #expect(last == .close(code: 1009))
            }
        }
    }

    // MARK: Engine.IO, heartbeat and end

    @Test func `the server pings, and whoever answers stays`() async throws {
        let timing = EngineTiming(interval: .milliseconds(300), timeout: .seconds(600), join: .seconds(600))
        try await Self.run(timing) { running in
            try await EnginePeer.with(running.port) { peer in
                let session = try await peer.open()
                for _ in 0..<3 {
                    #expect(try await peer.get(session).body == "2")
                    #expect(try await peer.send("POST", session, "3").body == "ok")
                }
            }
            try await TestSocket.upgrade(running.port, Self.webSocket) { socket in
                _ = try await socket.greeting()
                for _ in 0..<3 {
                    #expect(try await socket.text() == "2")
                    try await socket.sendText("3")
                }
            }
        }
    }

    @Test func `whoever does not answer a ping is gone`() async throws {
        let timing = EngineTiming(interval: .milliseconds(300), timeout: .seconds(10), join: .seconds(600))
        try await Self.run(timing) { running in
            try await TestSocket.upgrade(running.port, Self.webSocket) { socket in
                _ = try await socket.greeting()
                #expect(try await socket.text() == "2")
                try await socket.expectEnd()
            }
            try await EnginePeer.with(running.port) { peer in
                let session = try await peer.open()
                #expect(try await peer.get(session).body == "2")
                // The next poll waits until the session ends.
                let last = try await peer.get(session)
                #expect(last.body == "1")
                #expect(try await peer.get(session).status == 400)
            }
        }
    }

    @Test func `a client closes its session, before its last poll or behind it`() async throws {
        try await Self.run { running in
            try await EnginePeer.with(running.port) { peer in
                let session = try await peer.open()
                #expect(try await peer.send("POST", session, "1").status == 200)
                #expect(try await peer.get(session).body == "6")
                #expect(try await peer.get(session).status == 400)
            }
            try await TestSocket.upgrade(running.port, Self.webSocket) { socket in
                _ = try await socket.greeting()
                try await socket.sendText("1")
                try await socket.expectEnd()
            }
        }
    }

    // MARK: Engine.IO, upgrade

    @Test func `a session of polls moves to a WebSocket, with what waits`() async throws {
        try await Self.run { running in
            try await EnginePeer.with(running.port) { peer in
                let session = try await peer.open()
                let target = "/engine.io/?\(EnginePeer.socketQuery(session))"
                try await TestSocket.upgrade(running.port, target) { socket in
                    try await peer.ask(session)
                    try await socket.sendText("2probe")
                    #expect(try await socket.text() == "3probe")
                    let pending = try await peer.answer().body
                    #expect(["6", "2"].contains(pending))
                    #expect(try await peer.send("POST", session, "3\u{1E}4before").body == "ok")
                    try await socket.sendText("5")
                    #expect(try await Self.message(socket) == "4before")
                    try await socket.sendText("4hello")
                    #expect(try await Self.message(socket) == "4hello")
                    // The session's polls are over.
                    #expect(try await peer.get(session).status == 400)
                    #expect(try await peer.send("POST", session, "4a").status == 400)
                    // And it has its WebSocket.
                    try await TestSocket.upgrade(running.port, target) { try await $0.expectEnd() }
                    try await socket.sendText("4still here")
                    #expect(try await Self.message(socket) == "4still here")
                }
            }
        }
    }

    /// The next message that is no ping, which is answered.
    private static func message(_ socket: TestSocket) async throws -> String {
        while true {
            let text = try await socket.text()
            guard text == "2" else { return text }
            try await socket.sendText("3")
        }
    }

    @Test func `a WebSocket that does not probe is not moved to`() async throws {
        try await Self.run { running in
            try await EnginePeer.with(running.port) { peer in
                let session = try await peer.open()
                try await TestSocket.upgrade(running.port, "/engine.io/?\(EnginePeer.socketQuery(session))") { socket in
                    try await socket.sendText("5")
                    try await socket.expectEnd()
                }
                #expect(try await peer.send("POST", session, "4a").body == "ok")
            }
        }
    }

    // MARK: Socket.IO

    private static func socketIO(
        _ timing: EngineTiming = patient, _ body: @escaping (TestSocket) async throws -> Void
    ) async throws {
        try await run(timing) { running in
            try await TestSocket.upgrade(running.port, "/socket.io/?EIO=4&transport=websocket") { socket in
                _ = try await socket.greeting()
                try await body(socket)
            }
        }
    }

    private static func join(_ socket: TestSocket, _ packet: String = "40", auth: String = "{}") async throws {
        try await socket.sendText(packet)
        let namespace = packet.hasPrefix("40/") ? "/" + packet.dropFirst(3).prefix { $0 != "," } + "," : ""
        let accepted = try await message(socket)
        #expect(accepted.hasPrefix("40" + namespace + #"{"sid":""#))
        #expect(try await message(socket) == "42" + namespace + #"["auth",\#(auth)]"#)
    }

    @Test func `namespaces are joined with or without a word, and unknown ones refused`() async throws {
        try await Self.socketIO { try await Self.join($0) }
        try await Self.socketIO { socket in
            try await Self.join(socket, #"40{"token":"123"}"#, auth: #"{"token":"123"}"#)
            try await Self.join(socket, "40/custom,")
            try await socket.sendText("40/random")
            #expect(try await Self.message(socket) == #"44/random,{"message":"Invalid namespace"}"#)
        }
        try await Self.socketIO { socket in
            try await Self.join(socket, #"40/custom,{"token":"abc"}"#, auth: #"{"token":"abc"}"#)
        }
    }

    @Test func `whoever joins nothing in time is gone`() async throws {
        let timing = EngineTiming(interval: .seconds(600), timeout: .seconds(600), join: .seconds(1))
        try await Self.socketIO(timing) { socket in
            var hasEnded = false
            while !hasEnded {
                switch try await socket.message() {
                case .text(ByteBuffer(string: "2")): try? await socket.sendText("3")
                case .close, nil: hasEnded = true
                case let other: Issue.record("\(String(describing: other))")
                }
            }
        }
    }

    @Test func `one namespace is left, the other stays`() async throws {
        try await Self.socketIO { socket in
            try await Self.join(socket)
            try await Self.join(socket, "40/custom")
            try await socket.sendText("41/custom,")
            try await socket.sendText(#"42["message","message to main namespace"]"#)
            #expect(try await Self.message(socket) == #"42["message-back","message to main namespace"]"#)
            try await socket.sendText("41")
            // The session itself goes on.
            try await Self.join(socket, "40/custom")
        }
    }

    @Test func `events and their answers come back, with what they carry`() async throws {
        try await Self.socketIO { socket in
            try await Self.join(socket)
            try await socket.sendText(#"42["message",1,"2",{"3":[true]}]"#)
            #expect(try await Self.message(socket) == #"42["message-back",1,"2",{"3":[true]}]"#)
            try await socket.sendText(#"42456["message-with-ack",1,"2",{"3":[false]}]"#)
            #expect(try await Self.message(socket) == #"43456[1,"2",{"3":[false]}]"#)
            let places = #"{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}"#
            for (event, answer) in [
                (#"452-["message",\#(places)]"#, #"452-["message-back",\#(places)]"#),
                (#"452-789["message-with-ack",\#(places)]"#, "462-789[\(places)]"),
            ] {
                try await socket.sendText(event)
                try await socket.send(.maskedFrame(.binary, ByteBuffer(bytes: [1, 2, 3]), mask: 7))
                try await socket.send(.maskedFrame(.binary, ByteBuffer(bytes: [4, 5, 6]), mask: 7))
                #expect(try await Self.message(socket) == answer)
                #expect(try await socket.message() == .binary(ByteBuffer(bytes: [1, 2, 3])))
                #expect(try await socket.message() == .binary(ByteBuffer(bytes: [4, 5, 6])))
            }
        }
    }

    @Test(arguments: [
        "4abc", "42{}", #"42abc["message-with-ack",1]"#, #"42/custom,["message",1]"#, "40", "44", "47",
        #"42["connect"]"#,
        "41/custom,", #"4511-["message"]"#,
    ])
    func `a packet that may not come ends the connection`(packet: String) async throws {
        try await Self.socketIO { socket in
            try await Self.join(socket)
            try await socket.sendText(packet)
            try await socket.expectEnd()
        }
    }

    @Test func `text among attachments, and attachments of nothing, end the connection`() async throws {
        for messages in [[#"451-["message",{"_placeholder":true,"num":0}]"#, #"42["message",1]"#], []] {
            try await Self.socketIO { socket in
                try await Self.join(socket)
                for text in messages { try await socket.sendText(text) }
                if messages.isEmpty {
                    try await socket.send(.maskedFrame(.binary, ByteBuffer(bytes: [1]), mask: 7))
                }
                try await socket.expectEnd()
            }
        }
    }

    // MARK: WebSocket

    @Test func `messages of a plain WebSocket are echoed, large ones and fragments too`() async throws {
        try await Self.run { running in
            try await TestSocket.upgrade(running.port, "/echo") { socket in
                try await socket.sendText("hello")
                #expect(try await socket.text() == "hello")
                let large = ByteBuffer(repeating: 0xFE, count: 1_000_000)
                try await socket.send(.maskedFrame(.binary, large, mask: 7))
                #expect(try await socket.message() == .binary(large))
            }
        }
    }

    @Test func `a testee is for this machine only`() {
        var configuration = ServerConfiguration(dataDirectory: URL(filePath: "/nowhere"))
        configuration.host = "0.0.0.0"
        #expect(throws: KitError.self) { try configuration.beConformanceTestee() }
    }
}
