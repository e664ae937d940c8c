import Foundation
import Glibc

/// Files only their owner may read: secrets and API keys.
enum PrivateFile {
    /// Replaces `file` in one step with mode 0600: a reader sees the old text or the new, and nobody else sees either.
    ///
    /// - Throws: `.unwritable` naming the file and the system's reason.
    static func write(_ text: String, to file: URL) throws(KitError) {
        let draft = file.path + ".\(getpid()).new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(file) }
        defer {
            close(descriptor)
            // Gone already when it became the file.
            unlink(draft)
        }
        // A draft left by a crash keeps the mode it had.
        fchmod(descriptor, 0o600)
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw failure(file) }
            bytes = bytes.dropFirst(count)
        }
        guard fsync(descriptor) == 0, rename(draft, file.path) == 0 else { throw failure(file) }
    }

    private static func failure(_ file: URL) -> KitError {
        KitError(.unwritable, "cannot write \(file.path): \(String(cString: strerror(errno)))")
    }
}
