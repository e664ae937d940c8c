import Foundation
import Glibc
import Kit
import Synchronization

/// A command run by this program, on the same terminal and in the same process group.
enum ChildProcess {
    /// This program's file.
    static var executable: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }

    /// One child at most, and the signals meant for it.
    final class Handle: Sendable {
        private enum State { case idle, running(pid_t), ended }
        private let state = Mutex(State.idle)

        /// Passes a signal on; false when there is no child to pass it to.
        func forward(_ signal: Int32) -> Bool {
            state.withLock { state in
                guard case .running(let pid) = state else { return false }
                // On a terminal Ctrl-C has reached the whole group already.
                if signal != SIGINT || !Terminal.inputIsTerminal { kill(pid, signal) }
                return true
            }
        }

        /// Runs `command` and returns its exit status as a shell would: 128 and the signal's number when a signal ended it,
        /// 127 when it does not exist, 126 when it cannot be run.
        func run(_ command: [String], environment: [String: String]) async -> Int32 {
            let pid: pid_t
            do throws(NotStarted) {
                pid = try spawn(command, environment)
            } catch {
                return error.status
            }
            state.withLock { $0 = .running(pid) }
            return await withCheckedContinuation { continuation in
                Thread.detachNewThread { [self] in
                    var status: Int32 = 0
                    while waitpid(pid, &status, 0) == -1, errno == EINTR {}
                    state.withLock { $0 = .ended }
                    continuation.resume(returning: status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f)
                }
            }
        }

        private struct NotStarted: Error {
            let status: Int32
        }

        private func spawn(_ command: [String], _ environment: [String: String]) throws(NotStarted) -> pid_t {
            var attributes = posix_spawnattr_t()
            posix_spawnattr_init(&attributes)
            defer { posix_spawnattr_destroy(&attributes) }
            // The child starts with the usual signals, not with those this program ignores to handle them itself.
            var signals = sigset_t()
            sigemptyset(&signals)
            for number in Interrupts.signals + [SIGPIPE] { sigaddset(&signals, number) }
            posix_spawnattr_setsigdefault(&attributes, &signals)
            // Threads of a pool block most signals, and a child inherits the mask of the thread that starts it.
            var none = sigset_t()
            sigemptyset(&none)
            posix_spawnattr_setsigmask(&attributes, &none)
            posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
            let arguments = command.map { strdup($0) } + [nil]
            let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
            defer { for text in arguments + variables { free(text) } }
            // The lookup uses our own PATH; the child's begins with this program's directory.
            if let path = environment["PATH"] { setenv("PATH", path, 1) }
            var pid: pid_t = 0
            let code = posix_spawnp(&pid, command[0], nil, &attributes, arguments, variables)
            guard code == 0 else {
                Terminal.complain("quikko: cannot run \(command[0]): \(String(cString: strerror(code)))")
                throw NotStarted(status: code == ENOENT ? 127 : 126)
            }
            return pid
        }
    }
}
