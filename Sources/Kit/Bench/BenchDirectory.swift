import Foundation

/// A data directory for a server under test, with its key file, and links in its database before it starts.
struct BenchDirectory {
    private let url: URL
    private static let linksPerCommit = 20_000

    /// Makes it and writes links with the codes `pbench1` to `pbench<links>`.
    init(links: Int) throws {
        url = FileManager.default.temporaryDirectory.appending(path: "quikko-bench-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(
                at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try Self.fill(url.appending(path: "quikko.sqlite"), links: links)
        } catch SystemError.interrupted {
            remove()
            throw SystemError.interrupted
        } catch {
            remove()
            throw SystemError.failed("cannot prepare \(url.path): \(error)")
        }
    }

    var path: String { url.path }

    /// Nothing this shell was told about another server: the result must not depend on it.
    var environment: [String] {
        [
            "METRIC_COALESCE_MS=0", "HOME=\(path)", "XDG_CONFIG_HOME=\(path)",
            "PATH=\(ProcessInfo.processInfo.environment["PATH"] ?? "")",
        ]
            + ["LD_LIBRARY_PATH", "TMPDIR"].compactMap { name in
                ProcessInfo.processInfo.environment[name].map { "\(name)=\($0)" }
            }
    }

    func remove() { try? FileManager.default.removeItem(at: url) }

    private static func fill(_ file: URL, links: Int) throws {
        let store = try SQLiteStore(file: file)
        let owner = try store.open(now: .now).directory.users[0]
        var number = 1
        while number <= links {
            try BenchInterrupt.check()
            let last = min(number + linksPerCommit - 1, links)
            let changes = try (number...last).map { number in
                CommitGroup.Change.link(
                    Link(
                        id: .random(), key: number, code: try ShortCode("pbench\(number)"),
                        destination: try Destination("https://example.com/some/path/that/is/as/long/as/most/\(number)"),
                        owner: owner.id, ownerKey: owner.key, isCustom: true, isActive: true, createdAt: .now))
            }
            for answer in try store.commit(CommitGroup(changes: changes)) { try answer.get() }
            number = last + 1
        }
        try store.close(now: .now, isComplete: true)
    }
}
