import NIOCore
import Testing

@testable import Kit

/// A client of Engine.IO that says exactly what a test tells it to, over polls.
struct EnginePeer {
    let socket: TestSocket
    let path: String

    /// Asks without waiting for the answer.
    func ask(_ query: String) async throws {
        try await socket.send("GET \(path)?\(query) HTTP/1.1\r\nHost: x\r\n\r\n")
    }

    func answer() async throws -> (status: Int, head: String, body: String) { try await socket.response() }

    func get(_ query: String = "EIO=4&transport=polling") async throws -> (status: Int, head: String, body: String) {
        try await ask(query)
        return try await answer()
    }

    func send(
        _ method: String = "POST", _ query: String, _ body: String, headers: String = ""
    ) async throws -> (status: Int, head: String, body: String) {
        try await socket.send(
            "\(method) \(path)?\(query) HTTP/1.1\r\nHost: x\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        return try await socket.response()
    }

    /// Opens a session; returns the query that names it.
    func open() async throws -> String {
        let answer = try await get()
        #expect(answer.status == 200)
        let id = try #require(answer.body.firstMatch(of: /"sid":"([A-Za-z0-9_-]{20})"/)).1
        return "EIO=4&transport=polling&sid=\(id)"
    }

    /// The query of the same session's WebSocket.
    static func socketQuery(_ query: String) -> String {
        query.replacing("transport=polling", with: "transport=websocket")
    }

    /// Runs `body` with a connection of its own.
    static func with(
        _ port: Int, _ path: String = "/engine.io/", _ body: (EnginePeer) async throws -> Void
    ) async throws {
        try await TestSocket.open(port) { try await body(EnginePeer(socket: $0, path: path)) }
    }
}

extension TestSocket {
    /// The open packet of a session of its own.
    func greeting() async throws -> JSON {
        let text = try await text()
        #expect(text.first == "0")
        return try JSON(parsing: text.utf8.dropFirst())
    }

    func expectEnd() async throws {
        while let message = try await message() {
            if case .close = message { return }
        }
    }
}
