import Foundation
import Synchronization
import Testing

@testable import Kit

/// `quikko serve` as an operator and as a script meet it.
struct ServeTests {
    private let program: Program

    init() throws { program = try Program() }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: program.home.appending(path: path).path)[.posixPermissions]
            as? Int
    }

    @Test func `an empty home gets a data directory, secrets and a key, for their owner only`() async throws {
        let server = try await program.serve()
        #expect(try mode(".local/share/quikko") == 0o700)
        #expect(try mode(".local/share/quikko/secrets.json") == 0o600)
        #expect(try mode(".config/quikko/keys.json") == 0o600)
        // The commands find server and key by themselves, once they know the port.
        let short = try await program.run("shorten", "https://swift.org", "--url", server.url)
        #expect(short.status == 0)
        server.signal(SIGTERM)
        #expect(await server.end() == 0)
        // The second start keeps key and links.
        let keys = try Data(contentsOf: program.home.appending(path: ".config/quikko/keys.json"))
        let again = try await program.serve("--port", "\(server.port)")
        #expect(try Data(contentsOf: program.home.appending(path: ".config/quikko/keys.json")) == keys)
        #expect(try await program.run("click", short.output.trimmingCharacters(in: .newlines)).status == 0)
        again.signal(SIGINT)
        #expect(await again.end() == 0)
    }

    @Test func `a taken port is named in one line with the flag that helps`() async throws {
        let server = try await program.serve("--temp")
        let second = try await program.run("serve", "--temp", "--port", "\(server.port)")
        #expect(second.status == 69)
        #expect(second.errors.contains("\(server.port)") && second.errors.contains("--port"))
        #expect(second.errors.split(separator: "\n").count == 1)
        server.signal(SIGTERM)
        #expect(await server.end() == 0)
    }

    @Test func `a second server on one data directory is refused`() async throws {
        let server = try await program.serve()
        let second = try await program.run("serve", "--port", "0")
        #expect(second.status == 69)
        #expect(second.errors.contains("--data-dir"))
        server.signal(SIGTERM)
        #expect(await server.end() == 0)
    }

    @Test func `run gives a command a server of its own, passes its status on and leaves nothing behind`() async throws
    {
        let scratch = program.home.appending(path: "tmp")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        let environment = ["TMPDIR": scratch.path]
        let script = "quikko click $(quikko shorten https://swift.org) --fields position && exit 7"
        let result = try await program.run(
            "serve", "--temp", "--run", "--", "sh", "-c", script, environment: environment)
        #expect(result.status == 7)
        #expect(result.output == "1:1\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: program.home.path) == ["tmp"])
        let missing = try await program.run("serve", "--temp", "--run", "--", "/nonexistent", environment: environment)
        #expect(missing.status == 127)
        #expect(missing.errors.contains("/nonexistent"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
    }

    @Test func `a command ends by the signals that are meant for it, and so does serve`() async throws {
        let scratch = program.home.appending(path: "tmp")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        let result = try await program.run(
            "serve", "--temp", "--run", "--", "sh", "-c", "kill -TERM $$; echo survived",
            environment: ["TMPDIR": scratch.path])
        #expect(result.status == 143)
        #expect(result.output == "")
        // A hang-up of the terminal stops the server in order, and takes the directory along.
        let server = try await program.serve("--temp", environment: ["TMPDIR": scratch.path])
        server.signal(SIGHUP)
        #expect(await server.end() == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
    }

    @Test func `a seed makes the same codes every time`() async throws {
        func code() async throws -> String {
            let result = try await program.run(
                "serve", "--temp", "--seed", "5", "--run", "--", "quikko", "shorten", "https://swift.org", "-o", "quiet"
            )
            #expect(result.status == 0)
            return result.output
        }
        #expect(try await code() == code())
    }

    @Test func `variables that make no sense are refused at start`() async throws {
        let result = try await program.run("serve", "--temp", environment: ["JWT_SECRET": "short"])
        #expect(result.status == 65)
        #expect(result.errors.contains("JWT_SECRET"))
        #expect(!result.errors.contains("\"short\""))
        let loud = try await program.run("serve", "--temp", environment: ["QUIKKO_LOG_LEVEL": "loud"])
        #expect(loud.status == 65)
        #expect(loud.errors.contains("notice"))
    }

    @Test func `a configuration file is read before anything is served`() async throws {
        let file = program.home.appending(path: "config.json")
        let missing = try await program.run("serve", "--temp", "--config", file.path)
        #expect(missing.status == 66 && missing.errors == "quikko: cannot read the configuration file \(file.path)\n")
        try Data(#"{"realtime":{"tables":{"t":{"enable":true}}}}"#.utf8).write(to: file)
        let bad = try await program.run("serve", "--temp", "--config", file.path)
        #expect(bad.status == 65 && bad.output.isEmpty)
        #expect(
            bad.errors.hasPrefix("quikko: \(file.path): realtime.tables.t.enable is not known; known here: enabled, "))
        try Data(#"{"realtime":{"tables":{"t":{"enabled":true}}}}"#.utf8).write(to: file)
        let good = try await program.run("serve", "--temp", "--config", file.path, "--run", "--", "true")
        #expect(good.status == 0, "\(good.errors)")
    }

    @Test func `the second signal ends the program at once`() async throws {
        let server = try await program.serve("--temp")
        // A socket that never answers the close frame holds the graceful stop up.
        let ticket = try await server.client.makeTicket(kind: "ticket").ticket ?? ""
        let socket = try await StubbornSocket(port: server.port, target: "/ws?ticket=\(ticket)")
        server.signal(SIGTERM)
        await socket.waitForClose()
        server.signal(SIGTERM)
        #expect(await server.end() == 143)
    }

    @Test func `every link that was acknowledged survives kill -9`() async throws {
        let acknowledged = Acknowledged()
        for round in 0..<5 {
            let server = try await program.serve()
            let client = try server.client
            // Everything promised by the lives before is there.
            for code in acknowledged.codes {
                #expect(try await client.click(ShortCode(code)).location == "https://example.com/\(code)")
            }
            await withTaskGroup(of: Void.self) { group in
                for worker in 0..<4 {
                    group.addTask {
                        for number in 0..<10_000 {
                            let code = "r\(round)-w\(worker)-\(number)"
                            guard (try? await client.shorten("https://example.com/\(code)", code: code)) != nil else {
                                return
                            }
                            let count = acknowledged.add(code)
                            if count == (round + 1) * 40 { server.signal(SIGKILL) }
                        }
                    }
                }
            }
            #expect(await server.end() == 137)
        }
        #expect(acknowledged.codes.count >= 200)
    }

    /// Codes whose links were answered with 201.
    private final class Acknowledged: Sendable {
        private let list = Mutex<[String]>([])
        var codes: [String] { list.withLock { $0 } }
        func add(_ code: String) -> Int {
            list.withLock { list in
                list.append(code)
                return list.count
            }
        }
    }
}
