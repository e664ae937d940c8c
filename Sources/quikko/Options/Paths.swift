import Foundation

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
