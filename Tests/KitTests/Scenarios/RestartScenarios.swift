import Foundation
import Glibc
import NIOCore
import Testing

@testable import Kit

/// A server that stops and comes back, as its clients see it.
@Suite(.timeLimit(.minutes(5)))
struct RestartScenarios {
    private static func directory() -> URL {
        FileManager.default.temporaryDirectory.appending(path: "quikko-restart-\(UUID().uuidString)")
    }

    @Test func `a numbered socket is told when to come back, and closed with 1012`() async throws {
        try await TestServer.run { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            try await TestSocket.upgrade(running.port, "/ws?token=\(running.token())&positions=1") { socket in
                _ = try await running.client.click(ShortCode("guide"))
                running.server.stop()
                #expect(try await socket.text().contains("guide"))
                let last = try await socket.text()
                #expect(last.contains(#/^\{"type":"restart","payload":\{"delay":\d+\}\}$/#), "\(last)")
                #expect(try await socket.message() == .close(code: 1012))
            }
        }
    }

    @Test func `an event stream ends with when to come back`() async throws {
        try await TestServer.run { running in
            try await TestSocket.open(running.port) { socket in
                try await socket.send(
                    "GET /api/v1/feed HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(running.key)\r\n\r\n")
                _ = try await socket.stream(until: "retry: 1000\n\n")
                running.server.stop()
                let rest = try await socket.rest()
                #expect(rest.contains(#/retry: \d+\n\n$/#), "\(rest)")
            }
        }
    }

    @Test(arguments: ["/guide", "/health"])
    func `a connection that is kept is told that an answer is its last`(path: String) async throws {
        try await TestServer.run({ $0.lastRequests = .seconds(60) }) { running in
            _ = try await running.client.shorten("https://swift.org", code: "guide")
            try await TestSocket.open(running.port) { socket in
                let request = "GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n"
                try await socket.send(request)
                #expect(try await !socket.response().head.contains("Connection: close"))
                running.server.stop()
                // Requests that come before the stop does are answered as ever.
                while true {
                    try await socket.send(request)
                    let answer = try await socket.response()
                    #expect(answer.status == 302 || answer.status == 200)
                    if answer.head.contains("Connection: close") { break }
                }
                #expect(try await socket.rest().isEmpty)
            }
        }
    }

    @Test func `a connection that comes while no server is there is answered by the next one`() async throws {
        let place = Self.directory()
        defer { try? FileManager.default.removeItem(at: place) }
        let descriptor = try StreamSocket.listen(port: 0).descriptor
        defer { close(descriptor) }
        let inherited = try InheritedSocket(descriptor: descriptor)
        #expect(inherited.host == "127.0.0.1")
        let listen = { @Sendable (configuration: inout ServerConfiguration) in configuration.socket = inherited }
        try await TestServer.run(in: place, listen) { running in
            #expect(running.port == inherited.port)
            _ = try await running.client.shorten("https://swift.org", code: "guide")
        }
        try await TestSocket.open(inherited.port) { socket in
            try await socket.send("GET /guide HTTP/1.1\r\nHost: x\r\n\r\n")
            try await TestServer.run(in: place, listen) { _ in
                let answer = try await socket.response()
                #expect(answer.status == 302)
            }
        }
    }

    @Test func `only what was passed to this very process is taken, and only one listening socket`() throws {
        let own = "\(getpid())"
        #expect(try InheritedSocket.take([:]) == nil)
        #expect(try InheritedSocket.take(["LISTEN_FDS": "1", "LISTEN_PID": "1"]) == nil)
        #expect(try InheritedSocket.take(["LISTEN_FDS": "0", "LISTEN_PID": own]) == nil)
        #expect(throws: KitError.self) { try InheritedSocket.take(["LISTEN_FDS": "2", "LISTEN_PID": own]) }
        let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        #expect(throws: KitError.self) { try InheritedSocket(descriptor: file) }
    }

    @Test func `clients come back spread over a time that grows with their number`() {
        var random = SystemRandomNumberGenerator()
        let delays = (0..<1_000).map { _ in ReturnSpread(connections: 10_000).delay(using: &random) }
        #expect(delays.allSatisfy { $0 >= .zero && $0 <= .seconds(5) })
        // Of a thousand, none in the first second or in the last happens once in 10^96 times.
        #expect(delays.contains { $0 < .seconds(1) } && delays.contains { $0 > .seconds(4) })
        #expect(ReturnSpread(connections: 1).window == .milliseconds(250))
        #expect(ReturnSpread(connections: 1_000_000).window == .seconds(30))
    }
}
