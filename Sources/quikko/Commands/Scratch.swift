import Foundation
import Kit
import Synchronization

/// A directory that is gone when the program ends, however it ends itself.
final class Scratch: Sendable {
    let url: URL
    /// What `exit` removes; an exit handler can capture nothing.
    private static let current = Mutex<URL?>(nil)

    /// - Throws: `.unwritable` when there is no place for it.
    init() throws(KitError) {
        let parent = ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        var template = Array("\(parent)/quikko.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw KitError(.unwritable, "cannot make a temporary directory in \(parent); set TMPDIR to another place")
        }
        url = URL(filePath: String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
        Self.current.withLock { $0 = url }
        atexit { Scratch.removeCurrent() }
    }

    func remove() { Self.removeCurrent() }

    private static func removeCurrent() {
        current.withLock { url in
            // Gone already, or not to be removed by us: there is nobody left to tell.
            if let url { try? FileManager.default.removeItem(at: url) }
            url = nil
        }
    }
}
