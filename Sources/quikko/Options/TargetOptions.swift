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
    /// - Parameter other: A server named by an argument, such as a short URL's. A key or token meant for the server asked for
    ///   is not sent to it unless they are the same; what the key file holds for it is.
    /// - Throws: `.invalid` for a bad address or an unreadable key file.
    func client(for other: Origin? = nil) throws -> APIClient {
        let environment = ProcessInfo.processInfo.environment
        let asked = try Origin(
            url ?? environment["QUIKKO_URL"].flatMap { $0.isEmpty ? nil : $0 } ?? "http://127.0.0.1:8080")
        let origin = other ?? asked
        let given = origin == asked ? try givenCredential(environment) : nil
        guard given?.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) ?? true else {
            throw KitError(.unauthorized, "the API key or token given has characters no credential has")
        }
        return APIClient(origin, credential: try given ?? KeyFile(Paths.keyFile).key(for: origin.description))
    }

    private func givenCredential(_ environment: [String: String]) throws -> String? {
        if let tokenFile {
            guard let text = try? String(contentsOfFile: tokenFile, encoding: .utf8) else {
                Terminal.complain("quikko: cannot read the token file \(tokenFile)")
                throw ExitStatus.inputUnreadable
            }
            return text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        if tokenStdin { return readLine()?.trimmingCharacters(in: .whitespacesAndNewlines) }
        return environment["QUIKKO_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension WireProtocol {
    /// What `--protocol` takes.
    static func named(_ name: String) throws -> WireProtocol {
        guard let wire = WireProtocol(rawValue: name) else {
            throw ValidationError("--protocol is one of \(allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return wire
    }
}
