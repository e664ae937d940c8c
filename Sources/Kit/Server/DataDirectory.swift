import Foundation
import Glibc

/// A server's directory: database, secrets and the lock that keeps a second server out.
final class DataDirectory: Sendable {
    let url: URL
    private let lock: CInt

    /// Makes the directory when it is missing (mode 0700) and locks it until `unlock` or the process's end.
    ///
    /// - Throws: `.unavailable` when another server has it, `.unwritable` when it cannot be made.
    init(_ url: URL) throws(KitError) {
        self.url = url
        do {
            try FileManager.default.createDirectory(
                at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw KitError(
                .unwritable, "cannot make the data directory \(url.path); choose another with --data-dir", cause: error)
        }
        let file = url.appending(path: "lock").path
        lock = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else {
            throw KitError(
                .unwritable,
                "cannot write in \(url.path): \(String(cString: strerror(errno))); choose another with --data-dir")
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw KitError(.unavailable, "another quikko serves \(url.path); stop it, or choose another --data-dir")
        }
    }

    var database: URL { url.appending(path: "quikko.sqlite") }

    /// Where worker processes connect.
    var workers: URL { url.appending(path: "ipc.sock") }

    func unlock() { close(lock) }
}
