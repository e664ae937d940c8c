import Foundation
import Glibc

/// A quikko of this run's own, in a child process with its data in a directory of its own.
///
/// It may be given a socket to listen on that outlives it, as systemd does: then no connection is refused while it is down.
/// Whoever starts one stops it. `@unchecked` holds because only its owner changes it, one call after the other.
final class PrivateServer: @unchecked Sendable {
    private static let readyLimit = 20.0
    private static let stopLimit = 15.0

    private let program: String
    private let directory: URL
    private let arguments: [String]
    private let children: RunningChildren
    /// Held here through all its lives; negative when each makes its own.
    private let listening: Int32
    private var child: Child?
    private(set) var origin: Origin
    private(set) var key: String

    /// - Parameters:
    ///   - program: The file of the program to run.
    ///   - directory: For its data and its key file; the caller removes it.
    ///   - arguments: Of `serve`, besides.
    ///   - keepsSocket: Hands it a listening socket that stays open when it ends.
    ///   - children: Knows its process from the start to the end.
    /// - Throws: `.unavailable` with its last words when it is not ready within 20 s.
    init(
        program: String, directory: URL, arguments: [String], keepsSocket: Bool = false, children: RunningChildren
    ) throws(KitError) {
        (self.program, self.directory, self.arguments, self.children) = (program, directory, arguments, children)
        do {
            listening = keepsSocket ? try StreamSocket.listen(port: 0).descriptor : -1
        } catch {
            throw KitError(.unavailable, "cannot make a socket for a server: \(error)", cause: error)
        }
        do throws(KitError) {
            (child, origin, key) = try Self.launch(program, directory, arguments, port: 0, listening, children)
        } catch {
            Glibc.close(listening)
            throw error
        }
    }

    deinit { if listening >= 0 { Glibc.close(listening) } }

    /// Nil while it is stopped.
    var process: Int32? { child?.process }

    /// SIGKILL, or SIGTERM and what it takes; then the same port and the same data again.
    ///
    /// - Throws: `.unavailable` when it does not come back.
    func restart(killing: Bool) throws(KitError) {
        let port = origin.port
        if killing, let child { Glibc.kill(child.process, SIGKILL) }
        stop()
        (child, origin, key) = try Self.launch(program, directory, arguments, port: port, listening, children)
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
        _ program: String, _ directory: URL, _ arguments: [String], port: Int, _ listening: Int32,
        _ children: RunningChildren
    ) throws(KitError) -> (Child, Origin, String) {
        let place = listening >= 0 ? [] : ["--port", "\(port)"]
        let words = ["quikko", "serve", "--data-dir", directory.path, "--print-ready"] + place + arguments
        let child: Child
        do {
            child = try Child.spawn(
                program, arguments: words, isApart: true, environment: environment(directory),
                listening: listening >= 0 ? listening : nil)
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
        // Each click is counted: a dashboard is to be told of each.
        return kept + ["XDG_CONFIG_HOME=\(directory.path)", "METRIC_COALESCE_MS=0"]
    }

    private struct Ready: Decodable {
        let url: String
        let keyFile: String
    }
}
