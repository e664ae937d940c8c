import Foundation
import Glibc

/// A quikko of this run's own, in a child process with its data in a directory of its own.
///
/// Whoever starts one stops it. `@unchecked` holds because only its owner changes it, one call after the other.
final class PrivateServer: @unchecked Sendable {
    private static let readyLimit = 20.0
    private static let stopLimit = 15.0

    private let program: String
    private let directory: URL
    private let arguments: [String]
    private let children: RunningChildren
    private var child: Child?
    private(set) var origin: Origin
    private(set) var key: String

    /// - Parameters:
    ///   - program: The file of the program to run.
    ///   - directory: For its data and its key file; the caller removes it.
    ///   - arguments: Of `serve`, besides.
    ///   - children: Knows its process from the start to the end.
    /// - Throws: `.unavailable` with its last words when it is not ready within 20 s.
    init(program: String, directory: URL, arguments: [String], children: RunningChildren) throws(KitError) {
        (self.program, self.directory, self.arguments, self.children) = (program, directory, arguments, children)
        (child, origin, key) = try Self.launch(program, directory, arguments, port: 0, children)
    }

    /// Nil while it is stopped.
    var process: Int32? { child?.process }

    /// SIGKILL, or SIGTERM and what it takes; then the same port and the same data again.
    ///
    /// - Throws: `.unavailable` when it does not come back.
    func restart(killing: Bool) throws(KitError) {
        let port = origin.port
        if killing, let child { Glibc.kill(child.process, SIGKILL) }
        stop()
        (child, origin, key) = try Self.launch(program, directory, arguments, port: port, children)
    }

    /// It ended and nobody asked it to; false while it is stopped.
    var hasEnded: Bool { child?.hasEnded ?? false }

    /// SIGTERM, then after 15 s SIGKILL; returns when it is gone.
    func stop() {
        guard let child else { return }
        child.end(within: Self.stopLimit)
        children.remove(child.process)
        self.child = nil
    }

    private static func launch(
        _ program: String, _ directory: URL, _ arguments: [String], port: Int, _ children: RunningChildren
    ) throws(KitError) -> (Child, Origin, String) {
        let words = ["quikko", "serve", "--data-dir", directory.path, "--port", "\(port)", "--print-ready"] + arguments
        let child: Child
        do {
            child = try Child.spawn(program, arguments: words, isApart: true, environment: environment(directory))
            children.add(child.process)
        } catch {
            throw KitError(.unavailable, "cannot start a server: \(error)", cause: error)
        }
        do {
            let line = try child.firstLine(before: MonotonicClock.after(seconds: readyLimit))
            let ready = try JSONDecoder().decode(Ready.self, from: Data(line.utf8))
            let origin = try Origin(ready.url)
            guard let key = try KeyFile(URL(filePath: ready.keyFile)).key(for: origin.description) else {
                throw KitError(.unavailable, "it left no key")
            }
            return (child, origin, key)
        } catch {
            let words = child.end(within: stopLimit)
            children.remove(child.process)
            throw KitError(.unavailable, "the server did not start: \(error)\(words)")
        }
    }

    /// Nothing this shell was told about another server: the result must not depend on it.
    private static func environment(_ directory: URL) -> [String] {
        let own = ProcessInfo.processInfo.environment
        let kept = ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "QUIKKO_LOG_LEVEL"].compactMap { name in
            own[name].map { "\(name)=\($0)" }
        }
        return kept + ["XDG_CONFIG_HOME=\(directory.path)"]
    }

    private struct Ready: Decodable {
        let url: String
        let keyFile: String
    }
}
