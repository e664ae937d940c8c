import Glibc
import Synchronization

/// The processes a load test has started, so that a program which must end at once takes them with it, whatever was under way.
final class RunningChildren: Sendable {
    private let state = Guarded((processes: Set<Int32>(), isAbandoned: false))

    /// One started after all were ended is ended too.
    func add(_ process: Int32) {
        state.withLock { state in
            guard !state.isAbandoned else {
                _ = kill(process, SIGKILL)
                return
            }
            state.processes.insert(process)
        }
    }

    /// It has been waited for: the number may soon be another process's.
    func remove(_ process: Int32) { state.withLock { _ = $0.processes.remove(process) } }

    /// SIGKILL, which stopped processes obey as well.
    func killAll() {
        state.withLock { state in
            state.isAbandoned = true
            for process in state.processes { kill(process, SIGKILL) }
        }
    }
}
