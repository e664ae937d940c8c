public import Foundation

/// The API keys of the commands on this machine, one per server address: `{"keys":{"http://127.0.0.1:8080":"qk_…"}}`, mode 0600.
public struct KeyFile: Sendable {
    private struct Contents: Codable {
        var keys: [String: String]
    }

    public let url: URL

    public init(_ url: URL) { self.url = url }

    /// The key made for exactly this scheme, host and port; nil when there is none.
    ///
    /// - Throws: `.invalid` when the file cannot be understood.
    public func key(for origin: String) throws(KitError) -> String? { try read().keys[origin] }

    /// Keeps `key` for `origin` and leaves the other entries as they are.
    public func set(_ key: String, for origin: String) throws(KitError) {
        var contents = try read()
        contents.keys[origin] = key
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch {
            throw KitError(.unwritable, "cannot make \(url.deletingLastPathComponent().path)", cause: error)
        }
        let members = contents.keys.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) }
        try PrivateFile.write(JSON.object(["keys": .object(.init(members))]).text + "\n", to: url)
    }

    /// Keeps a key alone in a file of its own (mode 0600), for `--token-file`.
    public static func write(_ key: String, to file: URL) throws(KitError) {
        try PrivateFile.write(key + "\n", to: file)
    }

    private func read() throws(KitError) -> Contents {
        guard FileManager.default.fileExists(atPath: url.path) else { return Contents(keys: [:]) }
        guard let data = try? Data(contentsOf: url) else {
            throw KitError(.invalid, "cannot read the key file \(url.path)")
        }
        guard let contents = try? JSONDecoder().decode(Contents.self, from: data) else {
            throw KitError(
                .invalid, "the key file \(url.path) is damaged; remove it, the server writes it again at its next start"
            )
        }
        return contents
    }
}
