import ArgumentParser
import Foundation
import Kit

/// What a load test is held against: a server of its own, one that is running, or any WebSocket feed.
struct LoadTargetOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A running server instead of a private one: http://… for quikko, ws://… for any WebSocket feed.",
            discussion: "Its links and the load stay there. $QUIKKO_URL is not used: nothing is loaded by accident.",
            valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("A file with an API key or token.", valueName: "file"))
    var tokenFile: String?

    @Flag(help: "Read the API key or token from standard input.")
    var tokenStdin = false

    @Flag(help: "Let it load another machine than this one.")
    var allowRemote = false

    @Option(
        name: .customLong("protocol"),
        help: ArgumentHelp("What the clients speak to quikko.", valueName: "quikko|socketio"),
        transform: LoadTest.Wire.named)
    var wire = LoadTest.Wire.quikko

    @Option(
        help: ArgumentHelp(
            "How an event of that feed is made: 'METHOD URL', or 'SEND TEXT' over a WebSocket.",
            discussion: "{n} stands for its number, {time} for when it was due, {payload} for filling.",
            valueName: "request"))
    var publish: String?

    @Option(help: ArgumentHelp("Body of that request.", valueName: "text"))
    var body: String?

    @Option(
        help: ArgumentHelp("How much {payload} is. Default: 1KiB.", valueName: "size"),
        transform: { try SizeText.read($0) })
    var payload: Int?

    @Option(help: ArgumentHelp("A message each subscriber sends first; again for more.", valueName: "text"))
    var hello: [String] = []

    @Option(help: ArgumentHelp("Where a message has its number, such as $.payload.n.", valueName: "path"))
    var number: String?

    @Option(help: ArgumentHelp("Where it has {time}; without, times go by the number.", valueName: "path"))
    var time: String?

    @Option(help: ArgumentHelp("A header line for upgrades and requests, 'Name: value'.", valueName: "line"))
    var header: [String] = []

    var isForeign: Bool { url.map { $0.hasPrefix("ws:") || $0.hasPrefix("wss:") } ?? false }

    /// What does not go together.
    func check() throws {
        guard tokenFile == nil || !tokenStdin else {
            throw ValidationError("--token-file and --token-stdin exclude one another")
        }
        guard url != nil || tokenFile == nil && !tokenStdin else {
            throw ValidationError("a private server makes its own key; --token-file and --token-stdin go with --url")
        }
        guard !isForeign || wire == .quikko else {
            throw ValidationError("--protocol says what a quikko is spoken to in; a ws:// feed has its own")
        }
        guard payload == nil || [publish, body].contains(where: { $0?.contains("{payload}") == true }) else {
            throw ValidationError("--payload says how much {payload} is, and there is none in --publish or --body")
        }
        let forFeeds =
            [publish, body, number, time].contains { $0 != nil } || payload != nil || !hello.isEmpty || !header.isEmpty
        guard isForeign else {
            guard !forFeeds else {
                throw ValidationError(
                    "--publish, --number and the like go with --url ws://…: quikko needs none of them")
            }
            return
        }
        guard url?.hasPrefix("ws:") == true else {
            throw ValidationError("loadtest speaks no TLS; give it a ws:// address")
        }
        guard publish != nil, number != nil else {
            throw ValidationError("a WebSocket feed needs --publish and --number: how events are made, and told apart")
        }
    }

    /// - Parameter directory: For a private server's data.
    func target(directory: URL?) throws -> LoadTest.Target {
        guard let url else {
            // There is a directory whenever there is no address.
            return .own(directory: directory!, arguments: [])
        }
        guard isForeign, let publish, let number else {
            var options = TargetOptions()
            (options.url, options.tokenFile, options.tokenStdin) = (url, tokenFile, tokenStdin)
            do {
                return .running(try options.client())
            } catch let error as KitError where error.code == .invalid {
                throw ValidationError(error.message)
            }
        }
        do throws(KitError) {
            return .feed(
                try ForeignFeed(
                    url: url, publish: publish, body: body, payload: payload ?? 1_024, hello: hello, number: number,
                    time: time, headers: header))
        } catch {
            throw ValidationError(error.message)
        }
    }

    /// The command line without what may be a credential: header values, queries and texts to send.
    static var redactedArguments: [String] {
        var isSecret = false
        return ["quikko"]
            + CommandLine.arguments.dropFirst().map { argument in
                defer { isSecret = ["--header", "--hello", "--body", "--publish"].contains(argument) }
                if isSecret { return "…" }
                for flag in ["--header=", "--hello=", "--body=", "--publish="] where argument.hasPrefix(flag) {
                    return flag + "…"
                }
                guard argument.contains("://"), let query = argument.firstIndex(of: "?") else { return argument }
                return argument[..<query] + "?…"
            }
    }
}

extension LoadTest.Wire {
    static func named(_ name: String) throws -> LoadTest.Wire {
        guard let wire = LoadTest.Wire(rawValue: name) else {
            throw ValidationError("--protocol is one of \(allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return wire
    }
}
