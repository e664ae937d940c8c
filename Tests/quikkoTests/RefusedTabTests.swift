import Foundation
import NIOCore
import Testing

@testable import Kit

/// Tabs above a limit come again for ever: each attempt must leave nothing behind. `QUIKKO_TABS` of them; some otherwise.
struct RefusedTabTests {
    private static let wanted = ProcessInfo.processInfo.environment["QUIKKO_TABS"].flatMap { Int($0) }
    private static let tabs = wanted ?? 1_000

    private struct Footprint {
        let descriptors: Int
        /// Resident memory in KiB.
        let memory: Int

        init(of process: Int32) throws {
            descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
            let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
            memory = try #require(status.firstMatch(of: /VmRSS:\s+(\d+) kB/).flatMap { Int($0.1) })
        }
    }

    /// One tab that is refused.
    private static func tab(_ origin: Origin) async throws {
        let socket = try await ClientSocket.connect(
            to: origin, target: "/ws", maximumMessage: 65_536, pace: ReadingPace())
        var said: [String] = []
        _ = try await socket.run { _, messages, _ in
            while let message = try await messages() { said.append(String(buffer: message)) }
            return false
        }
        #expect(said.count == 2)
        #expect(said.last?.contains("CONNECTION_LIMIT_TOTAL_EXCEEDED") == true)
    }

    @Test func `refused tabs in a loop leave memory and descriptors as they were`() async throws {
        let program = try Program()
        let server = try await program.serve([], environment: ["SOCKET_MAX_TOTAL_CONNECTIONS": "0"])
        let origin = try Origin(server.url)
        // The books of closed connections fill up to their bound, and memory to what such a load needs.
        for _ in 0..<Self.tabs { try await Self.tab(origin) }
        let before = try Footprint(of: server.identifier)
        for _ in 0..<Self.tabs { try await Self.tab(origin) }
        var after = try Footprint(of: server.identifier)
        // The server's side of the last few may not have ended yet.
        for _ in 0..<1_000 where after.descriptors > before.descriptors {
            _ = try await server.client.server()
            after = try Footprint(of: server.identifier)
        }
        #expect(after.descriptors <= before.descriptors)
        #expect(after.memory < before.memory + 8_192, "\(before.memory) to \(after.memory) KiB")
        if Self.wanted != nil {
            print(
                "\(Self.tabs) refused tabs after as many: \(before.memory) to \(after.memory) KiB, "
                    + "\(before.descriptors) to \(after.descriptors) descriptors")
        }
        server.signal(SIGTERM)
        #expect(await server.end() == 0)
    }
}
