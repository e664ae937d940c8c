import Foundation
import Glibc
import Testing

@testable import Kit
@testable import quikko

/// The command as a user runs it; each way it can end has its own status.
@Suite(.serialized) struct LoadtestTests {
    /// A second of load on a server of its own.
    private static let short = ["loadtest", "smoke", "--duration", "1s", "--warmup", "200ms", "--clients", "fast:3"]

    private func leftovers(_ program: Program, in place: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: place.path)
    }

    @Test func `a run passes, writes both reports, and leaves nothing else behind`() async throws {
        let program = try Program()
        let place = program.home.appending(path: "tmp")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let out = program.home.appending(path: "out").path
        let clients =
            "fast:5,never:1,stall=200ms/300ms:1,trickle=2KiB/s:1,no-pong:1,reset=500ms:1,churn=10/s:1,frozen:1"
        let result = try await program.run(
            Self.short + ["--clients", clients, "--out", out], environment: ["TMPDIR": place.path])
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        #expect(result.output.hasPrefix("PASS   smoke"))
        #expect(result.errors.contains("t=1 phase="))
        #expect(try leftovers(program, in: place).isEmpty)
        #expect(try leftovers(program, in: URL(filePath: out)).sorted() == ["report.html", "report.json"])
        let report = try ReportFile.decode(
            Array(Data(contentsOf: URL(filePath: out + "/report.json"))), name: "report.json")
        #expect(report.accounting.unexplained == 0)
        #expect(report.accounting.bookMismatches == 0)
        #expect(report.clientCount == 12)
        #expect(report.clients.contains { $0.model == "frozen" && $0.received > 0 })
        #expect(report.clients.contains { $0.model == "reset=500ms" && $0.reconnects > 0 })
        for format in ["md", "junit", "hgrm", "csv", "json", "html", "github"] {
            let made = try await program.run("loadtest", "report", out + "/report.json", "--format", format)
            #expect(made.status == 0, "\(format) \(made.errors)")
            #expect(!made.output.isEmpty)
        }
        // A link is written through: it was once replaced by the file.
        let (link, behind) = (program.home.appending(path: "link").path, program.home.appending(path: "behind").path)
        try Data().write(to: URL(filePath: behind))
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: behind)
        #expect(try await program.run("loadtest", "report", out + "/report.json", "--out", link).status == 0)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == behind)
        #expect(try String(contentsOfFile: behind, encoding: .utf8).contains("smoke"))
        let compared = try await program.run("loadtest", "compare", out + "/report.json", out + "/report.json")
        #expect(compared.status == 0)
        #expect(compared.output.contains("e2e"))
    }

    @Test func `a server that is running is loaded and judged by its own books`() async throws {
        let program = try Program()
        let server = try await program.serve()
        let result = try await program.run(Self.short + ["--url", server.url, "-o", "json"])
        #expect(result.status == 0, "\(result.errors)")
        let report = try ReportFile.decode(Array(result.output.utf8), name: "output")
        #expect(report.server.kind == "remote")
        let numbered = try await server.client.server().clicks.numbered
        #expect(report.accounting.published == numbered)
        server.signal(SIGTERM)
        _ = await server.end()
    }

    @Test func `the restart test kills its server and finds everything again`() async throws {
        let program = try Program()
        let result = try await program.run(
            "loadtest", "restart", "--duration", "6s", "--warmup", "200ms", "--clients", "fast:4,frozen:1", "-o", "json"
        )
        #expect(result.status == 0, "\(result.output.prefix(3_000)) \(result.errors)")
        let report = try ReportFile.decode(Array(result.output.utf8), name: "output")
        #expect(report.restart?.stops.map(\.how) == ["kill", "term", "kill"])
        #expect(report.accounting.unexplained == 0)
        #expect(report.clientCount == 5)
    }

    private static let endings: [(arguments: [String], status: Int32)] = [
        // A broken threshold; one nothing was seen of; the same, allowed; those that make no sense.
        (["--threshold", "fast: e2e.p50<1us"], 99),
        (["--threshold", "recovery.fresh.p50<60m", "--clients", "fast:2,stall=900ms/10ms:1"], 97),
        (
            [
                "--threshold", "recovery.fresh.p50<60m", "--clients", "fast:2,stall=900ms/10ms:1",
                "--allow-inconclusive",
            ],
            0
        ),
        (["--threshold", "fast: e2e.p50<1us abort", "--duration", "1h"], 99),
        (["--threshold", "e2e.p50<1GiB"], 64), (["--threshold", "nothing.p50<1s"], 64),
        (["--threshold", "delta(e2e.p99)<1ms"], 64), (["--rate", "5/s", "--ramp", "1..2/s"], 64),
        (["--clients", "fats:3"], 64), (["--publish", "GET /"], 64), (["--url", "http://127.0.0.1:1"], 69),
        (["--url", "http://192.0.2.1"], 64), (["--url", "wss://127.0.0.1"], 64), (["--url", "ws://127.0.0.1:1/"], 64),
        (["--out", "/proc/nowhere"], 73),
    ]

    @Test(arguments: endings)
    func `each way it ends has its status`(ending: (arguments: [String], status: Int32)) async throws {
        let (arguments, status) = ending
        let program = try Program()
        let start = ["loadtest", "--duration", "1s", "--warmup", "0s", "--clients", "fast:3"]
        let file = program.home.appending(path: "plan.json")
        try Data(#"{"name":"short"}"#.utf8).write(to: file)
        let result = try await program.run(
            start + arguments + [file.path], environment: ["QUIKKO_TOKEN": "qk_none_none"])
        #expect(result.status == status, "\(arguments) \(result.output) \(result.errors)")
        if status >= 64, status < 90 { #expect(!result.errors.isEmpty) }
    }

    @Test func `a bad scenario file is bad input, a missing one cannot be read, a bad key is refused`() async throws {
        let program = try Program()
        let bad = program.home.appending(path: "bad.json")
        try Data(#"{"clients":[{"model":"fats","count":1}]}"#.utf8).write(to: bad)
        let refused = try await program.run("loadtest", bad.path)
        #expect(refused.status == 65)
        #expect(refused.errors.contains("clients[0].model"))
        try Data(#"{"thresholds":["e2e.p50<1GiB"]}"#.utf8).write(to: bad)
        #expect(try await program.run("loadtest", bad.path).status == 65)
        #expect(try await program.run("loadtest", "./none.json").status == 66)
        #expect(try await program.run("loadtest", "nonesuch").status == 64)
        #expect(try await program.run("loadtest", "report", bad.path).status == 65)
        #expect(try await program.run("loadtest", "report", "none.json").status == 66)
        let server = try await program.serve()
        let stranger = try await program.run(
            Self.short + ["--url", server.url], environment: ["QUIKKO_TOKEN": "qk_none_none"])
        #expect(stranger.status == 77, "\(stranger.errors)")
        server.signal(SIGTERM)
        _ = await server.end()
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `an interrupted run still reports, and takes its server with it`(signal: Int32) async throws {
        let program = try Program()
        let place = program.home.appending(path: "tmp")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let out = program.home.appending(path: "out").path
        let run = try program.start(
            ["loadtest", "smoke", "--duration", "1h", "--clients", "fast:2", "--out", out],
            environment: ["TMPDIR": place.path], watchesErrors: true)
        for await line in run.lines where line.contains("phase=measure") { break }
        run.signal(signal)
        #expect(await run.end() == 128 + signal)
        #expect(try leftovers(program, in: place).isEmpty)
        let report = try ReportFile.decode(
            Array(Data(contentsOf: URL(filePath: out + "/report.json"))), name: "report.json")
        #expect(report.verdict == .interrupted)
        #expect(report.accounting.received > 0)
        #expect(report.accounting.unexplained == 0)
        let mine = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { process in
            let words = try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)
            return words?.contains(place.path) ?? false
        }
        #expect(mine.isEmpty)
    }

    @Test func `a server that dies under the test fails it and is named`() async throws {
        let program = try Program()
        let run = try program.start(
            ["loadtest", "smoke", "--duration", "1h", "--clients", "fast:2", "-o", "json"], watchesErrors: true)
        for await line in run.lines where line.contains("phase=measure") { break }
        let servers = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter {
            let words = (try? String(contentsOfFile: "/proc/\($0)/stat", encoding: .utf8))?.split(separator: " ") ?? []
            return words.count > 3 && words[3] == "\(run.identifier)"
        }
        #expect(servers.count == 1)
        for server in servers { kill(server, SIGKILL) }
        #expect(await run.end() == 99)
    }

    @Test func `too few open files are said before anything is opened`() async throws {
        let program = try Program()
        let script = program.home.appending(path: "limited.sh")
        try Data("#!/bin/sh\nulimit -Sn 64; ulimit -Hn 64\nexec \"$PROGRAM\" loadtest smoke\n".utf8).write(to: script)
        chmod(script.path, 0o755)
        let result = try await program.run(
            executable: script, in: program.home, environment: ["PROGRAM": Program.executable.path])
        #expect(result.status == 64, "\(result.errors)")
        #expect(result.errors.contains("ulimit -n"))
    }

    @Test func `the doctor says a verdict a line`() async throws {
        let program = try Program()
        let result = try await program.run("loadtest", "doctor", "--clients", "10")
        #expect([0, 1].contains(result.status))
        #expect(result.output.contains("descriptors"))
        let json = try await program.run("loadtest", "doctor", "-o", "json")
        #expect(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) is [String: Any])
    }
}
