import Foundation
import Testing

/// Who may import what, read from the sources.
struct LayeringTests {
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../Sources/Kit"
    ).standardized

    /// Packages each folder may import, besides the standard library.
    private static let allowed: [String: Set<String>] = [
        "Model": [],
        "Auth": ["Foundation", "Crypto", "CryptoExtras", "JWTKit", "Synchronization", "Glibc"],
        "Protocols": ["Foundation", "Crypto", "NIOCore", "NIOFoundationCompat", "Synchronization"],
        "Feed": ["Synchronization"],
        "Metrics": ["Histogram"],
        "Locks": ["Synchronization", "Glibc"],
        "Hub": ["NIOCore", "Synchronization"],
        "Storage": ["Foundation", "Dispatch", "Logging", "NIOCore", "NIOPosix", "Synchronization"],
        "Storage/SQLite": ["Foundation", "GRDB", "GRDBSQLite", "Synchronization"],
        "Server": [
            "Foundation", "Crypto", "Glibc", "Logging", "NIOCore", "NIOFoundationCompat", "NIOHTTP1", "NIOPosix",
            "Page", "Synchronization",
        ],
        "Client": [
            "Foundation", "AsyncHTTPClient", "Crypto", "NIOCore", "NIOFoundationCompat", "NIOHTTP1", "NIOPosix",
            "NIOSSL",
        ],
        "Bench": ["Foundation", "Glibc", "Synchronization"],
        "System": ["Glibc"],
        "Sockets": ["Foundation", "Glibc", "NIOCore", "Synchronization"],
        "Load": ["Foundation", "Crypto", "Glibc", "NIOCore", "Synchronization"],
    ]

    @Test func `each folder imports only what it may`() throws {
        let files = try #require(FileManager.default.enumerator(at: Self.sources, includingPropertiesForKeys: nil))
        var count = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            let path = file.standardized.path.dropFirst(Self.sources.path.count + 1)
            let folder = Self.allowed.keys.filter { path.hasPrefix($0 + "/") }.max { $0.count < $1.count }
            let text = try String(contentsOf: file, encoding: .utf8)
            let imports = text.matches(of: /(?m)^(?:@?\w+ )*import (\w+)/).map {
                String($0.1)
            }
            guard let folder else {
                #expect(imports.isEmpty, "\(path)")
                continue
            }
            count += 1
            #expect(Set(imports).subtracting(Self.allowed[folder] ?? []).isEmpty, "\(path)")
        }
        #expect(count > 50)
    }
}
