import Foundation
import Testing

@testable import Kit

/// Each command as a script meets it: its streams and its exit status.
struct CommandTests {
    private let program: Program

    init() throws { program = try Program() }

    /// Runs `body` with a server of its own and the environment its clients need.
    private func withServer(_ body: (Program.Server, [String: String]) async throws -> Void) async throws {
        let server = try await program.serve("--temp")
        do {
            let key = try KeyFile(URL(filePath: server.keyFile)).key(for: server.url)
            try await body(server, ["QUIKKO_URL": server.url, "QUIKKO_TOKEN": key ?? ""])
        } catch {
            server.signal(SIGKILL)
            throw error
        }
        server.signal(SIGTERM)
        #expect(await server.end() == 0)
    }

    @Test func `shorten prints just the short URL, and clicking it says where it leads`() async throws {
        try await withServer { server, environment in
            let short = try await program.run("shorten", "https://swift.org/documentation", environment: environment)
            #expect(short.status == 0)
            #expect(short.errors == "")
            #expect(short.output.wholeMatch(of: /http:\/\/127\.0\.0\.1:\d+\/[A-Za-z0-9]{7}\n/) != nil)
            let url = short.output.trimmingCharacters(in: .newlines)
            let click = try await program.run("click", url, "--count", "3", environment: environment)
            #expect(click.status == 0)
            let code = url.split(separator: "/").last ?? ""
            #expect(
                click.output
                    == (1...3).map {
                        #"{"code":"\#(code)","location":"https://swift.org/documentation","position":"1:\#($0)"}"#
                            + "\n"
                    }
                    .joined())
        }
    }

    @Test func `a key is not sent to another server that a short URL names`() async throws {
        try await withServer { server, environment in
            _ = try await program.run("shorten", "https://swift.org", "--code", "guide", environment: environment)
            // The same server under another name is another server: the owner's key stays here, and so does the position.
            let other = "http://localhost:\(server.port)/guide"
            let click = try await program.run("click", other, "-o", "json", environment: environment)
            #expect(click.output == #"{"code":"guide","location":"https://swift.org","position":null}"# + "\n")
            #expect(try await program.run("click", other, "--country", "DE", environment: environment).status == 77)
        }
    }

    @Test func `subscribe prints each click as one line of JSON and ends after the count`() async throws {
        try await withServer { server, environment in
            _ = try await program.run("shorten", "https://swift.org", "--code", "guide", environment: environment)
            async let lines = program.run("subscribe", "--count", "2", "--timeout", "1m", environment: environment)
            // Clicks until it has what it waited for: when it began to listen is its own business.
            let client = try server.client
            let clicking = Task {
                while !Task.isCancelled {
                    _ = try await client.click(ShortCode("guide"), country: Country("DE"), agent: "curl/8")
                }
            }
            let result = try await lines
            clicking.cancel()
            #expect(result.status == 0)
            let line =
                /\{"type":"click","shortCode":"guide","country":"DE","deviceType":"desktop","browser":"curl","timestamp":"[^"]+Z","room":"user:[0-9a-f]{24}","position":"1:\d+"\}/
            let printed = result.output.split(separator: "\n")
            #expect(printed.count == 2)
            for text in printed { #expect(text.wholeMatch(of: line) != nil, "\(text)") }
        }
    }

    @Test func `every form of output says the same`() async throws {
        try await withServer { server, environment in
            func shorten(_ arguments: String...) async throws -> String {
                try await program.run(["shorten", "https://swift.org"] + arguments, environment: environment).output
            }
            #expect(try await shorten("--code", "one", "-o", "quiet") == "one\n")
            #expect(try await shorten("--code", "two", "--fields", "shortCode,totalClicks") == "two\t0\n")
            #expect(
                try await shorten("--code", "three", "-o", "json", "--fields", "shortCode,isActive")
                    == #"{"shortCode":"three","isActive":true}"# + "\n")
            #expect(
                try await shorten("--code", "four", "-o", "csv", "--fields", "shortCode,originalUrl")
                    == "shortCode,originalUrl\nfour,https://swift.org\n")
            let failure = try await program.run(
                "shorten", "https://swift.org", "--code", "one", "-o", "json", environment: environment)
            #expect(failure.status == 1)
            #expect(failure.output == "")
            #expect(failure.errors.hasPrefix(#"{"error":{"code":"ALIAS_TAKEN","message":""#))
        }
    }

    @Test func `a ticket opens a socket once, a session is a token`() async throws {
        try await withServer { server, environment in
            let ticket = try await program.run("ticket", "new", environment: environment)
            #expect(ticket.status == 0)
            #expect(ticket.output.wholeMatch(of: /[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\n/) != nil)
            let session = try await program.run("ticket", "new", "--session", environment: environment)
            #expect(session.output.wholeMatch(of: /[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\n/) != nil)
            let open = try await program.run("ticket", "new", "--open", environment: environment)
            #expect(open.output.hasPrefix("\(server.url)/#ticket="))
            // A token from a file or from standard input is as good as one from the environment.
            let token = session.output
            let alone = ["QUIKKO_URL": server.url]
            let file = program.home.appending(path: "token")
            try Data(token.utf8).write(to: file)
            #expect(
                try await program.run("shorten", "https://swift.org", "--token-file", file.path, environment: alone)
                    .status == 0)
            #expect(
                try await program.run("shorten", "https://swift.org", "--token-stdin", environment: alone, input: token)
                    .status == 0)
        }
    }

    /// What goes wrong before any server is asked, the exit status, and a word of the advice.
    static let refusals: [(arguments: [String], status: Int32, advice: String)] = [
        (["shorten", "https://swift.org", "--nonsense"], 64, "--help"), (["shorten"], 64, "--help"),
        (["dance"], 64, "--help"),
        (["shorten", "https://swift.org", "--code", "a"], 64, "3 to 30"), (["click", "a/b"], 64, "address"),
        (["click", "abc", "--country", "Germany"], 64, "two letters"), (["subscribe", "--timeout", "soon"], 64, "10s"),
        (["serve", "--port", "99999"], 64, "65535"), (["serve", "--data-dir", ""], 64, "--data-dir"),
        (["shorten", "https://swift.org", "--fields", "nonsense"], 64, "shortCode"),
        (["click", "abc", "--agent", "a\nb"], 64, "--agent"), (["serve", "--run", "--", "true"], 64, "--temp"),
        (["serve", "--temp", "--run"], 64, "CMD"), (["serve", "--seed", "1"], 64, "--temp"),
        (["shorten", "https://swift.org", "--url", "nonsense"], 65, "http://"),
        (["shorten", "https://swift.org", "--url", "http://127.0.0.1:1"], 77, "QUIKKO_TOKEN"),
        (["click", "abc", "--url", "http://127.0.0.1:1"], 69, "quikko serve"),
        (["click", "abc", "--country", "DE", "--url", "http://127.0.0.1:1"], 77, "--country"),
        (["subscribe", "--url", "http://127.0.0.1:1"], 77, "QUIKKO_TOKEN"),
        (["shorten", "https://swift.org", "--token-file", "/nonexistent"], 66, "/nonexistent"),
    ]

    @Test(arguments: refusals.indices)
    func `a wrong call ends with the right status and says what to do`(index: Int) async throws {
        let (arguments, status, advice) = Self.refusals[index]
        let result = try await program.run(arguments)
        #expect(result.status == status, "\(arguments)")
        #expect(result.output == "")
        #expect(result.errors.contains(advice), "\(result.errors)")
    }

    @Test func `what a server refuses ends with the right status`() async throws {
        // The types are spelt out: all `try`s are inside macros, which the closure's inference does not see.
        try await withServer { (server: Program.Server, environment: [String: String]) async throws in
            func status(_ arguments: String..., token: String? = nil) async throws -> Int32 {
                var environment = environment
                if let token { environment["QUIKKO_TOKEN"] = token }
                return try await program.run(arguments, environment: environment).status
            }
            #expect(try await status("click", "nobodys") == 1)
            #expect(try await status("shorten", "ftp://swift.org") == 65)
            #expect(try await status("shorten", "ftp://swift.org", "https://swift.org") == 1)
            #expect(try await status("shorten", "https://swift.org", token: "qk_a_b") == 77)
            #expect(try await status("subscribe", "nobodys", "--timeout", "1m") == 1)
            #expect(try await status("subscribe", "--count", "1", "--timeout", "3s") == 75)
            #expect(try await status("subscribe", "--timeout", "3s") == 0)
            #expect(try await status("ticket", "new", "--user", "x") == 65)
        }
    }

    @Test func `help names two working examples for every command`() async throws {
        for command in [["serve"], ["shorten"], ["click"], ["ticket"], ["ticket", "new"], ["subscribe"], ["status"]] {
            let help = try await program.run(command + ["--help"])
            #expect(help.status == 0)
            #expect(help.output.matches(of: #/\n +quikko /#).count >= 2, "\(command)")
        }
    }

    @Test func `a reader that goes away ends the program quietly`() async throws {
        try await withServer { server, environment in
            _ = try await program.run("shorten", "https://swift.org", "--code", "guide", environment: environment)
            // The pipe's end is `head`'s; the program's own status comes by a file.
            let script = SpawnedProcess(
                URL(filePath: "/bin/sh"),
                [
                    "-c", "{ \"$0\" click guide --count 1000000; echo $? > \"$1\"; } | head -2 > /dev/null",
                    Program.executable.path, "\(program.home.path)/status",
                ], environment: environment.merging(["HOME": program.home.path, "PATH": "/usr/bin:/bin"]) { $1 })
            try script.run()
            #expect(await script.end() == 0)
            let status = try String(contentsOf: program.home.appending(path: "status"), encoding: .utf8)
            #expect(status == "0\n")
        }
    }
}

struct TicketCommandTests {
    @Test func `a credential is read without a server and judged with one`() async throws {
        let program = try Program()
        let server = try await program.serve()
        let environment = ["QUIKKO_URL": server.url]
        let ticket = try await program.run("ticket", "new", "--roles", "member", environment: environment).output
        let read = try await program.run("ticket", "inspect", "-o", "json", input: ticket)
        #expect(
            read.status == 0 && read.output.contains(#""roles":["member"]"#)
                && read.output.contains(#""expired":false"#))
        for _ in 0..<2 {
            let good = try await program.run("ticket", "verify", environment: environment, input: ticket)
            #expect(good.status == 0, "asking uses nothing up: \(good.errors)")
        }
        let bad = try await program.run(
            "ticket", "verify", "-o", "json", environment: environment, input: String(ticket.dropLast(3)) + "xx\n")
        #expect(bad.status == 77 && bad.output.contains(#""valid":false"#))
        let session = try await program.run("ticket", "new", "--session", environment: environment).output
        #expect(try await program.run("ticket", "verify", environment: environment, input: session).status == 0)
        #expect(try await program.run("ticket", "inspect", input: "hello\n").status == 65)
        #expect(try await program.run("ticket", "inspect", input: "").status == 65)
        server.signal(SIGTERM)
        #expect(await server.end() == 0)
    }

    @Test func `a revoked session is not good any more, and whoever listens with it hears so`() async throws {
        let program = try Program()
        let server = try await program.serve()
        let environment = ["QUIKKO_URL": server.url]
        let session = try await program.run("ticket", "new", "--session", environment: environment).output
        let token = session.trimmingCharacters(in: .newlines)
        let listener = try program.start(
            ["subscribe"], environment: environment.merging(["QUIKKO_TOKEN": token]) { $1 }, watchesErrors: true)
        while try await server.client.server().connections == 0 {}
        let revoked = try await program.run(
            "ticket", "revoke", "-o", "json", environment: environment, input: session)
        #expect(revoked.status == 0, "\(revoked.errors)")
        #expect(revoked.output.contains(#""revoked":"token""#) && revoked.output.hasSuffix("\"closed\":1}\n"))
        // It tries again, is refused, and says so.
        #expect(await listener.end() == 77)
        #expect(try await program.run("ticket", "verify", environment: environment, input: session).status == 77)
        #expect(try await program.run("ticket", "revoke", environment: environment, input: "hello\n").status == 65)
        let both = try await program.run("ticket", "revoke", "--user", "x", "--credential-file", "y")
        #expect(both.status == 64)
        let all = try await program.run("ticket", "revoke", "--user", "usr_1", "-o", "quiet", environment: environment)
        #expect(all.output == "0\n", "\(all.errors)")
        server.signal(SIGTERM)
        #expect(await server.end() == 0)
    }
}

struct NotificationCommandTests {
    @Test func `a notification is kept, and subscribe hears it and what its links do`() async throws {
        let program = try Program()
        let server = try await program.serve()
        let environment = ["QUIKKO_URL": server.url]
        let listener = try program.start(
            ["subscribe", "--protocol", "quickdapp", "--count", "2", "--fields", "type,data"], environment: environment)
        // Kept before anybody listens, too: it says how many heard it.
        var last = ""
        for _ in 0..<500 where !last.hasSuffix("\t1\n") {
            last = try await program.run(
                "publish", "notification", "1", "--message", "hello", "--fields", "id,delivered",
                environment: environment
            ).output
        }
        #expect(last.wholeMatch(of: /\d+\t1\n/) != nil)
        _ = try await program.run("shorten", "https://swift.org", "--code", "guide", environment: environment)
        var lines: [String] = []
        for await line in listener.lines { lines.append(line) }
        #expect(await listener.end() == 0)
        #expect(lines.count == 2)
        #expect(lines.first?.contains(#""data":{"type":"message","message":"hello"}"#) == true)
        #expect(lines.last?.contains(#""type":"link_created""#) == true)
        for (arguments, status) in [
            (["0", "{}"], 64), (["7"], 64), (["7", "{}", "--message", "x"], 64), (["7", "[]"], 65),
            (["7", "nonsense"], 65),
        ] as [([String], Int32)] {
            let result = try await program.run(["publish", "notification"] + arguments, environment: environment)
            #expect(result.status == status, "\(arguments) \(result.errors)")
        }
        let wrong = try await program.run(
            "subscribe", "--protocol", "quickdapp", "--roles", "x", environment: environment)
        #expect(wrong.status == 64)
        server.signal(SIGTERM)
        #expect(await server.end() == 0)
    }
}
