import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import Kit

struct StallClockTests {
    private func seconds(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(1) + .seconds(seconds) }

    @Test func `a peer that takes a byte now and then has all the time it wants`() {
        var clock = StallClock(timeout: .seconds(30), acknowledged: 100, now: seconds(0))
        var verdicts: [Bool] = []
        for minute in Int64(1)...60 {
            verdicts.append(clock.isOver(acknowledged: 100 + UInt64(minute), now: seconds(minute * 29)))
        }
        #expect(!verdicts.contains(true))
        verdicts = [29, 30].map { clock.isOver(acknowledged: 160, now: seconds(60 * 29 + $0)) }
        #expect(verdicts == [false, true])
    }

    @Test func `where nobody can tell what was taken, time alone counts`() {
        var clock = StallClock(timeout: .seconds(30), acknowledged: nil, now: seconds(0))
        let verdicts = [29, 30].map { clock.isOver(acknowledged: nil, now: seconds($0)) }
        #expect(verdicts == [false, true])
    }

    @Test func `the system counts the bytes a peer has taken`() async throws {
        try await TestServer.run { running in
            try await TestSocket.open(running.port) { socket in
                let descriptor = try await socket.descriptor()
                let before = try #require(StallClock.acknowledgedBytes(of: descriptor))
                let request = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
                try await socket.send(request)
                _ = try await socket.response()
                // The handshake's own byte may be counted late: at least those of the request.
                while try #require(StallClock.acknowledgedBytes(of: descriptor)) < before + UInt64(request.utf8.count) {
                    await Task.yield()
                }
            }
        }
    }
}
