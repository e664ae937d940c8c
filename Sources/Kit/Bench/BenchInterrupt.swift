import Glibc
import Synchronization

/// Set by the signal handler, read wherever the driver waits. A handler may do little more than store a word.
private let requested = Atomic<Bool>(false)

/// Turns Ctrl-C and its relatives into a thrown error, so that children are ended on the way out.
///
/// The driver never sleeps longer than 100 ms in one call, which is how late it may notice.
enum BenchInterrupt {
    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    /// Runs `body` with the handlers in place and puts the previous ones back afterwards.
    static func catching<Value>(_ body: () throws -> Value) rethrows -> Value {
        // The first use creates the global; that must not happen inside the handler.
        requested.store(false, ordering: .relaxed)
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in requested.store(true, ordering: .relaxed) }
        let previous = signals.map { signal in
            var old = sigaction()
            sigaction(signal, &action, &old)
            return old
        }
        defer {
            for (signal, var old) in zip(signals, previous) { sigaction(signal, &old, nil) }
        }
        return try body()
    }

    /// - Throws: `.interrupted` once a signal has come.
    @inline(__always)
    static func check() throws {
        if requested.load(ordering: .relaxed) { throw SystemError.interrupted }
    }
}
