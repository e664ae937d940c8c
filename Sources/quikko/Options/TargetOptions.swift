import ArgumentParser
import Foundation
import Kit

/// Which server, and as whom.
struct TargetOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The server's address.", discussion: "Default: $QUIKKO_URL, else http://127.0.0.1:8080.", valueName: "url"))
    var url: String?

    @Option(
        help: ArgumentHelp(
            "A file with an API key or token.",
            discussion: "Default: $QUIKKO_TOKEN, else the key `quikko serve` left on this machine.", valueName: "file"))
    var tokenFile: String?

    @Flag(help: "Read the API key or token from standard input.")
    var tokenStdin = false

    func validate() throws {
        guard tokenFile == nil || !tokenStdin else {
            throw ValidationError("--token-file and --token-stdin exclude one another")
        }
    }

    /// A client for the server asked for. Flag, then environment, then key file.
    ///
    /// - Throws: `.invalid` for a bad address or an unreadable key file.
    func client() throws -> APIClient {
        let environment = ProcessInfo.processInfo.environment
        let origin = try Origin(
            url ?? environment["QUIKKO_URL"].flatMap { $0.isEmpty ? nil : $0 } ?? "http://127.0.0.1:8080")
        return APIClient(origin, credential: try credential(for: origin, environment))
    }

    private func credential(for origin: Origin, _ environment: [String: String]) throws -> String? {
        if let tokenFile {
            guard let text = try? String(contentsOfFile: tokenFile, encoding: .utf8) else {
                Terminal.complain("quikko: cannot read the token file \(tokenFile)")
                throw ExitStatus.inputUnreadable
            }
            return text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        if tokenStdin { return readLine()?.trimmingCharacters(in: .whitespacesAndNewlines) }
        if let token = environment["QUIKKO_TOKEN"], !token.isEmpty { return token }
        return try KeyFile(Paths.keyFile).key(for: origin.description)
    }
}

/// Where things are kept (XDG base directory specification).
enum Paths {
    static var keyFile: URL { directory("XDG_CONFIG_HOME", ".config").appending(path: "quikko/keys.json") }
    static var data: URL {
        let chosen = ProcessInfo.processInfo.environment["QUIKKO_DATA_DIR"].flatMap { $0.isEmpty ? nil : $0 }
        return chosen.map { URL(filePath: $0) } ?? directory("XDG_DATA_HOME", ".local/share").appending(path: "quikko")
    }

    /// A variable that is not an absolute path is ignored, as the specification asks.
    private static func directory(_ variable: String, _ fallback: String) -> URL {
        let environment = ProcessInfo.processInfo.environment
        if let path = environment[variable], path.hasPrefix("/") { return URL(filePath: path) }
        let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? URL(filePath: $0) : nil }
        return (home ?? URL.homeDirectory).appending(path: fallback)
    }
}
