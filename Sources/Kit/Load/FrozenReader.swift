import Foundation
import Glibc
import Synchronization

/// A client that is a process of its own, `quikko subscribe`, stopped in the middle of it all and continued at the end.
///
/// It resumes and replays like any of our clients, so it is owed everything. A thread reads what it prints all the while: it is the
/// process that is to stand still, not its pipe.
final class FrozenReader: Sendable {
    /// Microseconds.
    private static let look: UInt32 = 10_000
    private static let endLimit = 2.0
    private let child: Child
    private let children: RunningChildren
    private let tally: Guarded<Tally>
    private let isRead = Atomic<Bool>(false)

    /// - Parameters:
    ///   - code: The link whose feed it follows.
    ///   - start: Behind this it is owed everything.
    init(
        program: String, origin: Origin, token: String, code: ShortCode, since start: Position,
        children: RunningChildren
    ) throws {
        let environment = ["QUIKKO_URL=\(origin)", "QUIKKO_TOKEN=\(token)", "HOME=/nonexistent"]
        let path = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"].map { ["LD_LIBRARY_PATH=\($0)"] } ?? []
        let child = try Child.spawn(
            program, arguments: ["quikko", "subscribe", "\(code)", "--since", "\(start)", "-o", "ndjson"],
            isApart: true,
            environment: environment + path)
        children.add(child.process)
        var tally = Tally()
        tally.begin(at: start)
        (self.child, self.children) = (child, children)
        self.tally = Guarded(tally)
        Thread.detachNewThread { [self] in read() }
    }

    /// It has its first event.
    var hasJoined: Bool { tally.withLock { $0.received > 0 } }

    func freeze() { kill(child.process, SIGSTOP) }

    /// Continues it, and waits until it has printed `head`; then it ends. Blocks.
    ///
    /// - Returns: what it was owed and got.
    func thaw(until head: Position?, within seconds: Double) -> Tally {
        kill(child.process, SIGCONT)
        let deadline = MonotonicClock.after(seconds: seconds)
        while MonotonicClock.now() < deadline, let head, tally.withLock({ $0.last < head }) { usleep(Self.look) }
        end()
        return tally.withLock { $0 }
    }

    func end() {
        kill(child.process, SIGCONT)
        kill(child.process, SIGTERM)
        // Its output is closed only when nobody reads it any more: the number might be another file's by then.
        let deadline = MonotonicClock.after(seconds: Self.endLimit)
        while !isRead.load(ordering: .acquiring) {
            if MonotonicClock.now() > deadline { kill(child.process, SIGKILL) }
            usleep(Self.look)
        }
        child.end(within: Self.endLimit)
        children.remove(child.process)
    }

    /// Until it ends: its output is closed then.
    private func read() {
        var text: [UInt8] = []
        while let more = child.output(before: .max) {
            text += more
            let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
            for line in lines.dropLast() { count(line) }
            text = Array(lines.last ?? [])
        }
        isRead.store(true, ordering: .releasing)
    }

    private func count(_ line: ArraySlice<UInt8>) {
        guard let record = try? JSONDecoder().decode(Line.self, from: Data(line)),
            let position = try? Position(record.position)
        else { return }
        tally.withLock { _ = $0.receive(position.epoch, position.number) }
    }

    private struct Line: Decodable {
        let position: String
    }
}
