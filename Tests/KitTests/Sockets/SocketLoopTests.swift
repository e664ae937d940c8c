import Glibc
import NIOCore
import Synchronization
import Testing

@testable import Kit

struct SocketLoopTests {
    private static func withLoop(_ body: (SocketLoop) async throws -> Void) async throws {
        let loop = try SocketLoop(name: "test")
        try await body(loop)
        try await loop.shutdownGracefully()
    }

    @Test func `tasks run on its thread, in the order they were given`() async throws {
        try await Self.withLoop { loop in
            #expect(!loop.inEventLoop)
            let order = Guarded<[Int]>([])
            for number in 0..<100 {
                loop.execute {
                    #expect(loop.inEventLoop)
                    order.withLock { $0.append(number) }
                    // For the next turn, behind what is there already.
                    loop.execute { order.withLock { $0.append(100 + number) } }
                }
            }
            while order.withLock(\.count) < 200 { try await loop.submit {}.get() }
            let seen = order.withLock { $0 }
            #expect(seen.filter { $0 < 100 } == Array(0..<100))
            #expect(seen.filter { $0 >= 100 } == Array(100..<200))
        }
    }

    @Test func `what is scheduled runs in the order of its deadlines, and not when it was cancelled`() async throws {
        try await Self.withLoop { loop in
            let order = Guarded<[String]>([])
            let later = loop.scheduleTask(in: .milliseconds(40)) { order.withLock { $0.append("later") } }
            let never = loop.scheduleTask(in: .milliseconds(20)) { order.withLock { $0.append("never") } }
            let sooner = loop.scheduleTask(in: .milliseconds(1)) { order.withLock { $0.append("sooner") } }
            never.cancel()
            try await later.futureResult.get()
            try await sooner.futureResult.get()
            #expect(order.withLock { $0 } == ["sooner", "later"])
            await #expect(throws: (any Error).self) { try await never.futureResult.get() }
        }
    }

    @Test func `a timer that is not due at the loop's end fails, so that nobody waits for ever`() async throws {
        let loop = try SocketLoop(name: "test")
        let failed = Guarded(false)
        loop.scheduleTask(in: .hours(1)) {}.futureResult.whenFailure { error in
            #expect(error is EventLoopError)
            failed.withLock { $0 = true }
        }
        try await loop.shutdownGracefully()
        #expect(failed.withLock { $0 })
    }

    @Test func `what was given before its end is done before its end`() async throws {
        let loop = try SocketLoop(name: "test")
        let done = Atomic<Int>(0)
        for _ in 0..<1_000 { loop.execute { done.add(1, ordering: .relaxed) } }
        try await loop.shutdownGracefully()
        #expect(done.load(ordering: .relaxed) == 1_000)
        // Once is enough, and twice does no harm.
        try await loop.shutdownGracefully()
    }

    /// Keeps what its socket says.
    private final class Ear: SocketHandler {
        var socket: LoopSocket
        var marks: [LoopSocket.Mark] = []
        var received = 0
        init(_ loop: SocketLoop) { socket = LoopSocket(closedOn: loop) }

        func handle(_ ready: Poller.Interest) {
            while ready.contains(.write), case .done(let mark) = socket.flush() { marks.append(mark) }
            if ready.contains(.read) { received += socket.receive().bytes.count }
        }
    }

    @Test func `what the kernel refuses goes out behind it, in order, and is told of`() async throws {
        try await Self.withLoop { loop in
            var pair: [Int32] = [-1, -1]
            let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
            #expect(socketpair(AF_UNIX, kind, 0, &pair) == 0)
            let (near, far) = (pair[0], pair[1])
            let ear = try await loop.submit {
                let ear = Ear(loop)
                ear.socket = try LoopSocket(near, on: loop, for: ear)
                return NIOLoopBound(ear, eventLoop: loop)
            }.get()
            let bytes = ByteBuffer(repeating: 7, count: 4 << 20)
            let taken = try await loop.submit {
                let taken = bytes.withUnsafeReadableBytes { ear.value.socket.offer($0) } ?? -1
                ear.value.socket.wait(bytes.getSlice(at: taken, length: bytes.readableBytes - taken)!, .held)
                ear.value.socket.wait(ByteBuffer(string: "end"), .reply)
                #expect(!ear.value.socket.isClear)
                #expect(ByteBuffer(string: "x").withUnsafeReadableBytes { ear.value.socket.offer($0) } == 0)
                return taken
            }.get()
            #expect(taken > 0 && taken < bytes.readableBytes)
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            var all: [UInt8] = []
            while all.count < bytes.readableBytes + 3 {
                let count = recv(far, &buffer, buffer.count, 0)
                if count > 0 { all += buffer[..<count] } else { await Task.yield() }
            }
            #expect(all.suffix(3) == Array("end".utf8) && all.dropLast(3).allSatisfy { $0 == 7 })
            let marks = try await loop.submit {
                ear.value.socket.close()
                return ear.value.marks
            }.get()
            #expect(marks == [.held, .reply])
            #expect(recv(far, &buffer, 1, 0) == 0)
            close(far)
        }
    }
}
