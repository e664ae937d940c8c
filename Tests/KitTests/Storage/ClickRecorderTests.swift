import Foundation
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Kit

struct ClickRecorderTests {
    private static let log = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    private func withRecorder(_ body: (FaultyStore, ClickRecorder, Sequencer, Link) async throws -> Void) async throws {
        let store = FaultyStore()
        let contents = try store.open(now: StoreTests.now)
        let recorder = ClickRecorder(store: store, flushInterval: .milliseconds(20), log: Self.log)
        let sequencer = Sequencer(heads: contents.heads, wakeRecorder: { recorder.wake() })
        let link = try StoreTests.link(1, "guide", owner: contents.directory.users[0])
        async let running: Void = recorder.run(from: sequencer)
        do {
            try await body(store, recorder, sequencer, link)
        } catch {
            recorder.stop()
            throw error
        }
        recorder.stop()
        await running
    }

    private func submit(_ count: Int, of link: Link, to sequencer: Sequencer) {
        var clicks = (0..<count).map { _ in Click(of: link, details: ClickDetails(), at: StoreTests.now) }
        sequencer.submit(&clicks, from: nil)
    }

    @Test func `clicks become durable by themselves`() async throws {
        try await withRecorder { store, _, sequencer, link in
            submit(100, of: link, to: sequencer)
            for await isGood in store.attempts.stream where isGood { break }
            #expect(store.committed.withLock { $0 } == 100)
        }
    }

    @Test func `a change is answered when it is durable, with its own result`() async throws {
        try await withRecorder { _, recorder, _, link in
            let loop = MultiThreadedEventLoopGroup.singleton.any()
            try await recorder.apply(.link(link), on: loop).get()
            await #expect { try await recorder.apply(.link(link), on: loop).get() } throws: {
                ($0 as? KitError)?.code == .conflict
            }
        }
    }

    @Test func `while the store fails clicks wait, changes are refused, and then all is well again`() async throws {
        try await withRecorder { store, recorder, sequencer, link in
            store.isFailing.withLock { $0 = true }
            submit(50, of: link, to: sequencer)
            for await isGood in store.attempts.stream where !isGood { break }
            await #expect {
                try await recorder.apply(.link(link), on: MultiThreadedEventLoopGroup.singleton.any()).get()
            } throws: {
                ($0 as? KitError)?.code == .unavailable
            }
            #expect(recorder.isFailing)
            #expect(sequencer.unlogged == 50)
            // These come while the recorder waits to try again; its waiting must not take their wake-up.
            submit(7, of: link, to: sequencer)
            store.isFailing.withLock { $0 = false }
            var committed = 0
            for await isGood in store.attempts.stream where isGood {
                committed = store.committed.withLock { $0 }
                if committed == 57 { break }
            }
            #expect(committed == 57)
        }
    }

    @Test func `stopping writes what is left, and takes no more changes`() async throws {
        let store = FaultyStore()
        let contents = try store.open(now: StoreTests.now)
        let recorder = ClickRecorder(store: store, flushInterval: .seconds(3_600), log: Self.log)
        let sequencer = Sequencer(heads: contents.heads, wakeRecorder: { recorder.wake() })
        let link = try StoreTests.link(1, "guide", owner: contents.directory.users[0])
        async let running: Void = recorder.run(from: sequencer)
        submit(10_000, of: link, to: sequencer)
        recorder.stop()
        await running
        #expect(store.committed.withLock { $0 } == 10_000)
        #expect(sequencer.unlogged == 0)
        await #expect(throws: KitError.self) {
            try await recorder.apply(.link(link), on: MultiThreadedEventLoopGroup.singleton.any()).get()
        }
    }
}
